#include "moviegen/eval/film_bench.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/random.h"

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
    clip.labels = {{"place", is_bright ? "snow" : "cave"}};
    clip.captions.normal = is_bright ? "snow" : "a cave";
    for (int t = 0; t < options.frames; ++t)
      clip.rgb.insert(clip.rgb.end(), static_cast<size_t>(3 * options.width * options.height), static_cast<uint8_t>((is_bright ? 200 : 20) + t * t));
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& options) const override { return render(seed, options); }
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

}  // namespace
}  // namespace mg::eval
