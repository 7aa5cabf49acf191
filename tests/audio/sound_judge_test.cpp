#include "moviegen/audio/sound_judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/weights/state.h"

namespace mg::audio {
namespace {

namespace fs = std::filesystem;
constexpr double kClose = 1e-4;

SoundJudgeConfig small_config() {
  SoundJudgeConfig config;
  config.mels = 32, config.widths = {8, 16, 24}, config.hidden = 48, config.features = 16;
  config.classes = {"low", "middle", "high"}, config.moods = {"calm", "epic"};
  return config;
}

Tensor tone(double hz, int64_t samples, double level = 0.3) {
  return at::sin(at::arange(samples, at::kDouble) * (2 * M_PI * hz / 48000)).to(at::kFloat) * level;
}

Tensor speckle(int64_t samples, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn({samples}) * 0.1;
}

TEST(SoundJudge, CountsItsParametersAndKeepsItsNames) {
  SoundJudgeConfig config;
  for (int i = 0; i < 80; ++i) config.classes.push_back("class " + std::to_string(i));
  config.moods = {"calm", "epic"};
  SoundJudge judge(config);
  int64_t count = 0;
  for (const auto& p : judge->parameters()) count += p.numel();
  EXPECT_EQ(count, parameter_count(config));
  EXPECT_LE(count, 1'500'000);
  std::vector<std::string> keys;
  for (const auto& [key, value] : weights::state_of(*SoundJudge(small_config()))) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{
                      "class_head.bias", "class_head.weight", "frame.bias", "frame.weight", "levels.0.step_bias", "levels.0.step_weight",
                      "levels.1.conv1_weight", "levels.1.conv2_bias", "levels.1.conv2_weight", "levels.1.norm1_bias", "levels.1.norm1_weight",
                      "levels.1.norm2_bias", "levels.1.norm2_weight", "levels.1.step_bias", "levels.1.step_weight", "levels.2.conv1_weight",
                      "levels.2.conv2_bias", "levels.2.conv2_weight", "levels.2.norm1_bias", "levels.2.norm1_weight", "levels.2.norm2_bias",
                      "levels.2.norm2_weight", "levels.2.step_bias", "levels.2.step_weight", "mood_head.bias", "mood_head.weight", "music_head.bias",
                      "music_head.weight", "pool.bias", "pool.weight", "quality_head.bias", "quality_head.weight"}));
}

TEST(SoundJudge, TakesAnyLength) {
  torch::manual_seed(1);
  SoundJudge judge(small_config());
  for (int64_t samples : {1, 500, 1024, 24000, 48001, 480000, 1100000}) {
    auto verdict = judge_sound(judge, speckle(samples, 2));
    ASSERT_EQ(verdict.classes.size(), 3u) << samples;
    EXPECT_EQ(verdict.moods.size(), 2u);
    EXPECT_EQ(verdict.features.sizes().vec(), std::vector<int64_t>{16});
    EXPECT_TRUE(verdict.features.isfinite().all().item<bool>()) << samples;
    EXPECT_NEAR(verdict.moods[0] + verdict.moods[1], 1, 1e-5);
    for (double p : verdict.classes) EXPECT_TRUE(p >= 0 && p <= 1);
    EXPECT_TRUE(verdict.quality >= 1 && verdict.quality <= 10);
  }
}

TEST(SoundJudge, LevelSaysNothingAndSilenceIsJudgedToo) {
  torch::manual_seed(1);
  SoundJudge judge(small_config());
  auto sound = speckle(48000, 3) + tone(440, 48000);
  auto one = judge_sound(judge, sound), soft = judge_sound(judge, sound * 0.02);
  EXPECT_LT((one.features - soft.features).abs().max().item<double>(), kClose);
  EXPECT_GT((one.features - judge_sound(judge, tone(2000, 48000)).features).abs().max().item<double>(), 100 * kClose);
  EXPECT_TRUE(std::isfinite(judge_sound(judge, at::zeros({48000})).quality));
}

TEST(SoundJudge, ChannelsAreMixed) {
  torch::manual_seed(1);
  SoundJudge judge(small_config());
  auto left = tone(300, 48000), right = tone(900, 48000);
  auto stereo = judge_sound(judge, at::stack({left, right})), mono = judge_sound(judge, (left + right) / 2);
  EXPECT_LT((stereo.features - mono.features).abs().max().item<double>(), kClose);
}

TEST(SoundJudge, LongSoundsAreJudgedPieceByPiece) {
  torch::manual_seed(1);
  SoundJudge judge(small_config());
  auto a = speckle(480000, 4), b = tone(500, 480000);
  auto whole = judge_sound(judge, at::cat({a, b})), first = judge_sound(judge, a), second = judge_sound(judge, b);
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(whole.classes[c], std::max(first.classes[c], second.classes[c]), kClose);
  EXPECT_NEAR(whole.quality, (first.quality + second.quality) / 2, kClose);
  EXPECT_LT((whole.features - (first.features + second.features) / 2).abs().max().item<double>(), kClose);
}

TEST(SoundJudge, LogMelPeaksWhereTheToneIs) {
  SoundJudge judge(small_config());
  int64_t before = -1;
  for (double hz : {200.0, 800.0, 3000.0, 12000.0}) {
    auto mel = judge->log_mel(tone(hz, 48000).unsqueeze(0));
    EXPECT_EQ(mel.size(2), 32);
    EXPECT_EQ(mel.size(3), 101);
    auto band = mel.mean(3)[0][0].argmax().item<int64_t>();
    EXPECT_GT(band, before) << hz;
    before = band;
  }
}

TEST(SoundJudge, LearnsTonesInAFewSteps) {
  torch::manual_seed(5);
  SoundJudge judge(small_config());
  nn::AdamW optimizer(judge->parameters(), {.weight_decay = 0});
  std::vector<Tensor> sounds;
  for (double hz : {200.0, 1200.0, 6000.0}) sounds.push_back(tone(hz, 24000) + speckle(24000, 6) * 0.2);
  auto x = at::stack(sounds), truth = at::eye(3), grade = at::tensor({2.0f, 5.0f, 9.0f});
  for (int step = 0; step < 60; ++step) {
    auto out = judge(x);
    (at::binary_cross_entropy_with_logits(out.classes_BC, truth) + at::smooth_l1_loss(out.quality_B, grade)).backward();
    optimizer.step(5e-3, 1);
  }
  for (size_t i = 0; i < 3; ++i) {
    auto verdict = judge_sound(judge, sounds[i] * 0.3);
    EXPECT_GT(verdict.classes[i], 0.8);
    EXPECT_NEAR(verdict.quality, grade[static_cast<int64_t>(i)].item<double>(), 1.5);
  }
}

class SoundJudgeFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder = (fs::temp_directory_path() / ("moviegen-judge-" + std::to_string(::getpid()))).string();
    fs::remove_all(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  void rewrite(const std::string& key, const Json& value) {
    auto path = folder + "/sound_judge/config.json";
    auto config = Json::parse(read_text(path));
    config[key] = value;
    write_text(path, config.dump());
  }
  std::string folder;
};

TEST_F(SoundJudgeFolder, ComesBackAsItWasUnderEitherName) {
  torch::manual_seed(1);
  SoundJudge judge(small_config());
  auto sound = speckle(48000, 7);
  for (const char* part : {kJudgePart, kRankerPart}) {
    save_sound_judge(folder, part, judge, "f32");
    auto back = load_sound_judge(folder, part);
    EXPECT_EQ(config_to_json(back->config), config_to_json(judge->config));
    EXPECT_EQ(quality(back, sound), quality(judge, sound));
  }
}

TEST_F(SoundJudgeFolder, ForgedConfigsAreRefused) {
  EXPECT_THROW(load_sound_judge(folder, kJudgePart), NotFound);
  SoundJudge judge(small_config());
  const std::pair<const char*, Json> forged[] = {
      {"mels", 1'000'000'000}, {"mels", 33},       {"window", -2},   {"hop", 0},           {"widths", Json::array()}, {"widths", {8, 12}},
      {"classes", Json::array()}, {"classes", {"a", "a"}}, {"features", 1e12}, {"features", int64_t{1} << 40}, {"surprise", 1}, {"_class_name", "MovieGenTae"}};
  for (const auto& [key, value] : forged) {
    save_sound_judge(folder, kJudgePart, judge, "f32");
    rewrite(key, value);
    EXPECT_THROW(load_sound_judge(folder, kJudgePart), Error) << key << " " << value;
  }
  save_sound_judge(folder, kJudgePart, judge, "f32");
  rewrite("classes", {"low", "high"});  // the weights have three
  EXPECT_THROW(load_sound_judge(folder, kJudgePart), DataError);
}

TEST(SoundJudge, RefusesWhatIsNoSound) {
  SoundJudge judge(small_config());
  EXPECT_THROW(judge_sound(judge, at::zeros({0})), UsageError);
  EXPECT_THROW(judge_sound(judge, at::zeros({1, 2, 3})), UsageError);
  auto broken = at::zeros({48000});
  broken[7] = std::nanf("");
  EXPECT_THROW(judge_sound(judge, broken), DataError);
}

}  // namespace
}  // namespace mg::audio
