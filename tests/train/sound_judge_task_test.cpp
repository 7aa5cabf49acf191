#include "moviegen/train/tasks/sound_judge_task.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/nn/optimizer.h"
#include "../eval/sound_world.h"

namespace mg::train {
namespace {

using eval::SoundWorld;

SoundJudgeSettings small_settings() {
  return read_sound_judge_settings(Json::parse(R"({
    "model": {"mels": 32, "widths": [8, 16, 24], "hidden": 48, "features": 16, "classes": ["low", "high"], "moods": ["calm", "epic"]},
    "batches": {"clip_frames": [32, 40], "batch": 8, "pool_clips": 16, "pool_steps": 4, "shortest_s": 1}, "validation_clips": 24})"),
                                   "test");
}

SoundJudgeBatches batches_of(const SoundJudgeSettings& s, uint64_t seed) {
  return {s.batches, s.world, s.model.classes, s.model.moods, std::make_shared<SoundWorld>(), seed};
}

TEST(SoundJudgeBatches, AreAFunctionOfSeedAndStep) {
  auto settings = small_settings();
  auto one = batches_of(settings, 1), other = batches_of(settings, 1), another_seed = batches_of(settings, 2);
  std::vector<JudgeBatch> in_order;
  for (int64_t step = 0; step < 9; ++step) in_order.push_back(one.take(step));
  for (int64_t step : {5, 2, 8, 3}) {
    auto batch = other.take(step);
    EXPECT_TRUE(at::equal(batch.waveform_BS, in_order[static_cast<size_t>(step)].waveform_BS)) << step;
    EXPECT_TRUE(at::equal(batch.heard_BC, in_order[static_cast<size_t>(step)].heard_BC)) << step;
  }
  auto foreign = another_seed.take(0);
  EXPECT_FALSE(foreign.waveform_BS.sizes() == in_order[0].waveform_BS.sizes() && at::equal(foreign.waveform_BS, in_order[0].waveform_BS));
}

TEST(SoundJudgeBatches, PiecesVaryInLengthAndLevel) {
  auto batches = batches_of(small_settings(), 1);
  std::set<int64_t> lengths;
  for (int64_t step = 0; step < 12; ++step) {
    auto batch = batches.take(step);
    lengths.insert(batch.waveform_BS.size(1));
    EXPECT_GE(batch.waveform_BS.size(1), 48000);
    EXPECT_LE(batch.waveform_BS.size(1), 120000);
    auto peaks = batch.waveform_BS.abs().amax(1);
    EXPECT_GT((peaks.max() / peaks.min()).item<double>(), 1.5);
  }
  EXPECT_GT(lengths.size(), 3u);
  EXPECT_TRUE(lengths.count(96000) && lengths.count(120000));  // whole clips of both lengths
}

JudgeClip clip_of(std::vector<eval::SoundEvent> events) { return {.sound = at::zeros({2, 96000}), .duration_s = 2, .events = std::move(events), .caption = {}}; }

TEST(HeardClasses, FollowThePiece) {
  auto bark = [](double t, double gain = 1) { return eval::SoundEvent{.sound_class = "bark", .kind = "call", .time_s = t, .gain = gain, .visible = true, .loop = false}; };
  auto of = [](const JudgeClip& clip, double start, double end) { return heard_classes(clip, {"bark", "rain"}, start, end); };
  auto clip = clip_of({bark(1.0), {.sound_class = "rain", .kind = "weather", .time_s = 0, .gain = 1, .visible = false, .loop = true}});
  EXPECT_EQ(of(clip, 0, 2), (std::vector<int>{1, 1}));
  EXPECT_EQ(of(clip, 0, 0.9), (std::vector<int>{0, 1}));    // not yet
  EXPECT_EQ(of(clip, 0, 1.1), (std::vector<int>{-1, 1}));   // cut off
  EXPECT_EQ(of(clip, 1.3, 2), (std::vector<int>{-1, 1}));   // may ring on
  EXPECT_EQ(of(clip, 3.1, 4), (std::vector<int>{0, 1}));    // over
  EXPECT_EQ(of(clip_of({bark(1.0, 0.01)}), 0, 2), (std::vector<int>{-1, 0}));  // too soft to tell
  EXPECT_EQ(of(clip_of({bark(1.0), bark(0.2, 0.01)}), 0, 2), (std::vector<int>{1, 0}));
  EXPECT_EQ(of(clip_of({bark(0.2, 0.01), bark(1.0)}), 0, 2), (std::vector<int>{1, 0}));
}

TEST(MoodOf, IsTheFirstOneNamed) {
  SoundCaption caption;
  caption.music = 1, caption.music_description = "calm piano music, epic at the end";
  EXPECT_EQ(mood_of(caption, {"epic", "calm"}), 1);
  EXPECT_EQ(mood_of(caption, {"sad"}), -1);
  caption.music = 0;
  EXPECT_EQ(mood_of(caption, {"calm"}), -1);
}

StepReport run(SoundJudgeTask& task, int64_t step) {
  Generator generator(7, "step " + std::to_string(step));
  return task.step(step, generator);
}

TEST(SoundJudgeTask, SameSeedAndStepGiveTheSameLoss) {
  auto settings = small_settings();
  SoundJudgeTask one(settings, std::make_shared<SoundWorld>(), 7), other(settings, std::make_shared<SoundWorld>(), 7);
  for (int64_t step : {0, 3, 5}) EXPECT_EQ(run(one, step).scalars.at("loss"), run(other, step).scalars.at("loss")) << step;
}

TEST(SoundJudgeTask, LearnsToTellTones) {
  torch::manual_seed(1);
  SoundJudgeTask task(small_settings(), std::make_shared<SoundWorld>(), 7);
  nn::AdamW optimizer(task.groups()[0].module->parameters(), {.weight_decay = 0});
  double before = task.validate().at("quality/error");
  for (int64_t step = 0; step < 120; ++step) {
    EXPECT_TRUE(std::isfinite(run(task, step).scalars.at("loss")));
    optimizer.step(4e-3, 1 / std::max(1.0, optimizer.gradient_norm() / 5));
  }
  auto after = task.validate();
  EXPECT_GT(after.at("map"), 0.95);
  EXPECT_GT(after.at("music/accuracy"), 0.9);
  EXPECT_GT(after.at("mood/accuracy"), 0.8);
  EXPECT_LT(after.at("quality/error"), before);
}

TEST(SoundJudgeTask, ExportsUnderItsPartAndReadsItBack) {
  auto folder = (std::filesystem::temp_directory_path() / ("moviegen-judge-task-" + std::to_string(::getpid()))).string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto settings = small_settings();
  settings.part = audio::kRankerPart;
  SoundJudgeTask task(settings, std::make_shared<SoundWorld>(), 7), other(settings, std::make_shared<SoundWorld>(), 8);
  task.export_model(folder);
  EXPECT_THROW(audio::load_sound_judge(folder, audio::kJudgePart), NotFound);
  EXPECT_EQ(audio::load_sound_judge(folder, audio::kRankerPart)->config.classes, settings.model.classes);
  EXPECT_NE(run(task, 0).scalars.at("loss"), run(other, 0).scalars.at("loss"));
  other.import_model(folder);
  EXPECT_EQ(task.validate(), other.validate());
  task.sample(folder);
  EXPECT_NE(read_text(folder + "/classes.tsv").find("high\t"), std::string::npos);
  settings.model.classes = {"low", "middle"};
  SoundJudgeTask foreign(settings, std::make_shared<SoundWorld>(), 7);
  EXPECT_THROW(foreign.import_model(folder), DataError);
  std::filesystem::remove_all(folder);
}

TEST(SoundJudgeSettings, AreStrictAndKnowTheWorldsClasses) {
  auto read = [](const char* text) { return read_sound_judge_settings(Json::parse(text), "test"); };
  EXPECT_GT(read("{}").model.classes.size(), 50u);
  EXPECT_THROW(read(R"({"part": "vae"})"), UsageError);
  EXPECT_THROW(read(R"({"batches": {"clip_frames": []}})"), UsageError);
  EXPECT_THROW(read(R"({"batches": {"clip_frames": [1]}})"), UsageError);
  EXPECT_THROW(read(R"({"batches": {"shortest_s": 0}})"), UsageError);
  EXPECT_THROW(read(R"({"model": {"sample_rate": 44100}})"), UsageError);
  EXPECT_THROW(read(R"({"model": {"widths": [12]}})"), UsageError);
  EXPECT_THROW(read(R"({"surprise": 1})"), UsageError);
}

}  // namespace
}  // namespace mg::train
