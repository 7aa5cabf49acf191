#include "moviegen/eval/film_bench.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/core/random.h"
#include "moviegen/eval/film_page.h"

namespace mg::eval {
namespace {

TEST(FilmTruth, FollowsTheLabels) {
  video::VideoJudgeConfig config;
  config.subjects = {"cat", "dog", "fox"}, config.places = {"beach"}, config.motions = {"run"};
  auto labels = Json::parse(R"({"place": "forest", "subjects": [{"subject": "fox", "motion": "run"}, {"subject": "cat", "motion": "sit"}, {"subject": 3}]})");
  auto truths = truths_of(labels, video::attributes_of(config));
  EXPECT_EQ(truths[0], (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(truths[2], std::vector<int64_t>{0});
  EXPECT_TRUE(truths[4].empty());  // a place that the list lacks
  EXPECT_TRUE(truths_of(Json::object(), video::attributes_of(config))[0].empty());
}

TEST(FilmTruth, IsRightIfTheLikeliestAreTheTrueOnes) {
  std::vector<double> likely{0.1, 0.9, 0.6};
  auto right = [&](std::vector<int64_t> truths) { return is_right(likely, truths); };
  EXPECT_TRUE(right({1}) && right({1, 2}) && right({2, 1}) && right({0, 1, 2}));
  EXPECT_FALSE(right({2}) || right({0, 1}) || right({}));
  EXPECT_FALSE(is_right({}, std::vector<int64_t>{0}));
}

// Films of one grey, bright or dark, that brighten faster and faster.
class GreyWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    Generator generator(seed, "grey");
    bool is_bright = generator.chance(0.5);
    world::Clip clip;
    clip.width = options.width, clip.height = options.height, clip.frames = options.frames, clip.fps = options.fps;
    clip.labels = {{"place", is_bright ? "snow" : "cave"}, {"subjects", Json::array({Json::object(), Json::object()})}};
    if (seed % 3 == 0) clip.labels["subjects"].erase(0);
    clip.captions.normal = is_bright ? "snow" : "a cave";
    for (int t = 0; t < options.frames; ++t)
      clip.rgb.insert(clip.rgb.end(), static_cast<size_t>(3 * options.width * options.height), static_cast<uint8_t>((is_bright ? 200 : 20) + t * t));
    return clip;
  }
  world::Clip render_scene(const nlohmann::json& scene, uint64_t seed, const world::RenderOptions& options) const override {
    auto clip = render(seed, options);
    clip.captions.normal = scene["place"].get<std::string>();
    return clip;
  }
};

// Of two places, told by brightness.
video::VideoJudge grey_judge() {
  video::VideoJudgeConfig config{.size = 16, .frames = 4, .patch = 4, .stills = 2, .picture_widths = {8}, .widths = {8}, .features = 4};
  config.places = {"cave", "snow"};
  video::VideoJudge judge(config);
  at::NoGradGuard no_grad;
  for (auto& p : judge->parameters()) p.zero_();
  judge->picture_levels->ptr(0)->as<video::PictureLevel>()->step_weight.select(0, 0).fill_(1.0 / 48);
  judge->pool->weight[0][0] = 4, judge->head->weight[0][0] = -4, judge->head->weight[1][0] = 4, judge->head->bias[0] = 2;
  return judge;
}

TEST(FilmBench, JudgesWhatWasAskedFor) {
  auto world = std::make_shared<GreyWorld>();
  auto judge = grey_judge();
  FilmBenchOptions options{.films = 24, .shape = {.width = 16, .height = 16, .frames = 4}};
  auto grey = [](double value) { return torch::full({3, 4, 16, 16}, value); };
  auto obedient = run_film_bench(*world, {}, [&](const FilmItem& item) { return grey(item.prompt == "snow" ? 0.6 : -0.8); }, judge, options);
  ASSERT_EQ(obedient.attributes.size(), 1u);
  EXPECT_EQ(obedient.attributes[0].name, "place");
  EXPECT_EQ(obedient.attributes[0].made.value, 1);
  EXPECT_EQ(obedient.attributes[0].made.count, 24);
  EXPECT_EQ(obedient.attributes[0].rendered.value, 1);
  EXPECT_LT(obedient.attributes[0].other.value, 0.9);  // films of other captions
  EXPECT_EQ(obedient.still_share, 1);                  // rendered ones brighten
  EXPECT_EQ(obedient.flicker_ratio, 0);
  EXPECT_GE(obedient.frechet, 0);
  auto deaf = run_film_bench(*world, {}, [&](const FilmItem&) { return grey(0.6); }, judge, options);
  EXPECT_LT(deaf.attributes[0].made.value, 0.9);
  EXPECT_GT(deaf.frechet, obedient.frechet);
  auto json = to_json(obedient);
  EXPECT_EQ(json["attributes"]["place"]["made"]["value"], 1.0);
  EXPECT_THROW(run_film_bench(*world, {}, {}, judge, {.films = 1}), UsageError);
}

TEST(FilmBench, MakesSeveralFilmsOfEachPrompt) {
  GreyWorld world;
  auto judge = grey_judge();
  FilmBenchOptions options{.films = 5, .repeats = 3, .shape = {.width = 16, .height = 16, .frames = 4}};
  std::set<std::pair<int64_t, int64_t>> made;
  int64_t seen = 0;
  auto bench = run_film_bench(world, {}, [&](const FilmItem& item) { return made.insert({item.index, item.repeat}), item.pixels; }, judge, options,
                              [&](const JudgedFilm& judged) { seen += judged.made.values == judged.rendered.values; });
  EXPECT_EQ(made.size(), 15u);
  EXPECT_EQ(seen, 15);
  EXPECT_EQ(bench.attributes[0].made.count, 15);
  EXPECT_EQ(bench.attributes[0].rendered.count, 5);
  EXPECT_EQ(bench.retrieval_of, 5);
  EXPECT_GT(bench.retrieval.value, 0.2);  // of five prompts about two places
  EXPECT_LT(bench.retrieval.value, 1);
  EXPECT_TRUE(bench.ends.empty());
}

TEST(FilmBench, LooksAtBothEndsOfLongFilms) {
  GreyWorld world;
  auto judge = grey_judge();
  FilmBenchOptions options{.films = 6, .shape = {.width = 16, .height = 16, .frames = 8, .fps = 2}};
  auto fades = [](const FilmItem& item) {  // ends as the other place
    auto film = torch::full({3, 8, 16, 16}, item.prompt == "snow" ? 0.6 : -0.8);
    film.narrow(1, 6, 2).fill_(item.prompt == "snow" ? -0.8 : 0.6);
    return film;
  };
  auto bench = run_film_bench(world, {}, fades, judge, options);
  ASSERT_EQ(bench.ends.size(), 1u);
  EXPECT_EQ(bench.ends[0].name, "place");
  EXPECT_EQ(bench.ends[0].first.value, 1);
  EXPECT_EQ(bench.ends[0].last.value, 0);
  EXPECT_TRUE(to_json(bench)["ends"]["place"].contains("last"));
}

TEST(FilmBench, TakesScenesOrClipsWithSoManySubjects) {
  GreyWorld world;
  auto judge = grey_judge();
  FilmBenchOptions options{.films = 4, .shape = {.width = 16, .height = 16, .frames = 4}};
  options.scenes = {{{"place", "moon"}}, {{"place", "sea"}}};
  std::string prompts;
  run_film_bench(world, {}, {}, judge, options, [&](const JudgedFilm& judged) { prompts += judged.item.prompt + " "; });
  EXPECT_EQ(prompts, "moon sea moon sea ");
  options.scenes = {{{"place", "moon"}, {"prompt", "far away"}}};
  run_film_bench(world, {}, {}, judge, options, [&](const JudgedFilm& judged) { EXPECT_EQ(judged.item.prompt, "far away"); });
  options.scenes.clear();
  for (int64_t subjects : {1, 2}) {
    options.subjects = subjects;
    run_film_bench(world, {}, {}, judge, options, [&](const JudgedFilm& judged) { EXPECT_EQ(std::ssize(judged.item.labels["subjects"]), subjects); });
  }
  options.subjects = 3;
  EXPECT_THROW(run_film_bench(world, {}, {}, judge, options), UsageError);
}

TEST(FilmPage, ShowsWhatTheJudgeSawAndEscapesText) {
  GreyWorld world;
  auto judge = grey_judge();
  std::vector<FilmCard> cards;
  run_film_bench(world, {}, [](const FilmItem&) { return torch::full({3, 4, 16, 16}, 0.6); }, judge, {.films = 3, .shape = {.width = 16, .height = 16, .frames = 4}},
                 [&](const JudgedFilm& judged) { cards.push_back(card_of(judged, judge->config)); });
  ASSERT_EQ(cards.size(), 3u);
  ASSERT_EQ(cards[0].seen.size(), 1u);
  auto [attribute, meant, made, rendered] = cards[0].seen[0];
  EXPECT_EQ(attribute, "place");
  EXPECT_EQ(made, "snow");
  EXPECT_EQ(rendered, meant);
  cards[0].prompt = "<b>&\"", cards[0].made = "a.mp4", cards[0].rendered = "b.png";
  auto page = film_page("title", "figures", cards);
  EXPECT_NE(page.find("&lt;b&gt;&amp;&quot;"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_NE(page.find("<video src=\"a.mp4\""), std::string::npos);
  EXPECT_NE(page.find("<img src=\"b.png\""), std::string::npos);
}

}  // namespace
}  // namespace mg::eval
