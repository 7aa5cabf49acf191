#include "moviegen/video/video_judge.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/weights/state.h"

namespace mg::video {
namespace {

VideoJudgeConfig tiny() {
  VideoJudgeConfig config{.size = 16, .frames = 4, .patch = 4, .stills = 2, .picture_widths = {8, 16}, .widths = {8, 16}, .features = 8};
  config.subjects = {"cat", "dog", "fox"}, config.places = {"beach", "forest"};
  return config;
}

TEST(VideoJudge, CountsMatchTheModule) {
  auto wide = tiny();
  wide.widths = {8, 24, 16}, wide.picture_widths = {16, 8}, wide.size = 32;
  auto with_spots = wide;
  with_spots.spots = with_spots.film_spots = true;
  for (const auto& config : {tiny(), wide, with_spots}) {
    VideoJudge judge(config);
    int64_t count = 0;
    for (const auto& p : judge->parameters()) count += p.numel();
    EXPECT_EQ(parameter_count(config), count);
  }
}

TEST(VideoJudge, JudgesFilmsOfAnyShape) {
  torch::manual_seed(1);
  VideoJudge judge(tiny());
  for (auto shape : {std::vector<int64_t>{3, 1, 16, 16}, {3, 32, 48, 80}, {3, 5, 7, 9}}) {
    auto verdict = judge_film(judge, torch::rand(shape) * 2 - 1);
    ASSERT_EQ(verdict.values.size(), 10u);
    EXPECT_EQ(verdict.values[0].size(), 3u);
    ASSERT_EQ(verdict.values[4].size(), 2u);
    EXPECT_NEAR(verdict.values[4][0] + verdict.values[4][1], 1, 1e-6);  // one place
    EXPECT_EQ(verdict.features.sizes().vec(), std::vector<int64_t>{8});
  }
  EXPECT_THROW(judge_film(judge, torch::zeros({3, 16, 16})), UsageError);
  EXPECT_THROW(judge_film(judge, torch::zeros({1, 4, 16, 16})), UsageError);
}

TEST(VideoJudge, SaysOfAMirroredFilmTheOtherSide) {
  auto config = tiny();
  config.directions = {"left", "none", "right"}, config.cameras = {"pan left", "static"};
  // subjects 0 to 2, directions 3 to 5, places 6 and 7, cameras 8 and 9: a side without its other stays.
  EXPECT_EQ(mirrored_values(config), (std::vector<int64_t>{0, 1, 2, 5, 4, 3, 6, 7, 8, 9}));
  torch::manual_seed(3);
  VideoJudge judge(config);
  auto film = torch::rand({3, 6, 16, 16}) * 2 - 1;
  auto seen = judge_film(judge, film).values, mirrored = judge_film(judge, film.flip(3)).values;
  EXPECT_GT(std::abs(seen[3][0] - seen[3][2]), 1e-4);
  EXPECT_NEAR(seen[3][0], mirrored[3][2], 1e-5);
  EXPECT_NEAR(seen[3][1], mirrored[3][1], 1e-5);
  EXPECT_NEAR(seen[0][1], mirrored[0][1], 1e-5);
}

TEST(ForJudge, TakesFramesEvenlyAndMeansOfAreas) {
  auto config = tiny();
  auto film = torch::arange(8).view({1, 8, 1, 1}).expand({3, 8, 32, 32}).to(at::kFloat);
  auto seen = for_judge(film, config);
  ASSERT_EQ(seen.sizes().vec(), (std::vector<int64_t>{3, 4, 16, 16}));
  for (int64_t t = 0; t < 4; ++t) EXPECT_EQ(seen[0][t][0][0].item<float>(), static_cast<float>(2 * t + 1));
  auto halves = torch::zeros({3, 1, 32, 32});
  halves.slice(3, 0, 32, 2).fill_(1);
  EXPECT_TRUE(for_judge(halves, config).allclose(torch::full({3, 4, 16, 16}, 0.5)));
}

TEST(VideoJudge, EveryParameterGetsAGradient) {
  torch::manual_seed(2);
  auto config = tiny();
  config.spots = config.film_spots = true;
  VideoJudge judge(config);
  auto seen = judge(torch::randn({2, 3, 4, 16, 16}));
  seen.logits_BN.square().sum().backward();
  for (const auto& p : judge->named_parameters()) {
    double most = p.value().grad().abs().max().item<double>();
    EXPECT_GT(most, 0) << p.key();
    EXPECT_LT(most, 1e4) << p.key();
  }
}

TEST(VideoJudge, SavesAndLoads) {
  auto folder = (std::filesystem::temp_directory_path() / ("moviegen-video-judge-model-" + std::to_string(::getpid()))).string();
  std::filesystem::remove_all(folder);
  VideoJudge judge(tiny());
  save_video_judge(folder, judge, "f32");
  auto loaded = load_video_judge(folder);
  auto film = torch::rand({3, 4, 16, 16});
  EXPECT_EQ(judge_film(loaded, film).values, judge_film(judge, film).values);
  std::filesystem::remove_all(folder);
}

TEST(VideoJudge, GoesOnWithOtherWords) {
  torch::manual_seed(3);
  auto more = tiny();
  more.subjects = {"bear", "cat", "fox"}, more.extras = {"crown"}, more.spots = more.film_spots = true;
  VideoJudge saved(tiny()), judge(more);
  auto film = torch::rand({1, 3, 4, 16, 16});
  load_with_words(*judge, saved, "saved");
  auto was = saved(film).logits_BN[0], is = judge(film).logits_BN[0];
  // cat, fox, beach and forest mean what they meant.
  for (auto [before, after] : {std::pair{0, 1}, {2, 2}, {3, 3}, {4, 4}}) EXPECT_NEAR(was[before].item<float>(), is[after].item<float>(), 1e-5) << before;
  auto wider = tiny();
  wider.features = 16;
  VideoJudge other(wider);
  EXPECT_THROW(load_with_words(*other, saved, "saved"), DataError);
}

TEST(VideoJudgeConfig, RefusesForgedSizes) {
  auto refuses = [](const std::string& json) {
    auto tree = config_to_json(tiny());
    tree.merge_patch(Json::parse(json));
    EXPECT_THROW(VideoJudge(config_from<VideoJudgeConfig>(tree, "forged")), Error) << json;
  };
  refuses(R"({"size": 18})");
  refuses(R"({"frames": 3})");
  refuses(R"({"frames": 1000000})");
  refuses(R"({"patch": 0})");
  refuses(R"({"widths": []})");
  refuses(R"({"widths": [8, 1000000]})");
  refuses(R"({"widths": [9, 16]})");
  refuses(R"({"picture_widths": [9, 16]})");
  refuses(R"({"stills": 0})");
  refuses(R"({"features": -1})");
  refuses(R"({"subjects": [], "places": []})");
  refuses(R"({"subjects": ["cat", "cat"]})");
}

}  // namespace
}  // namespace mg::video
