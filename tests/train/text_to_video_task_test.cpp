#include "moviegen/train/tasks/text_to_video_task.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "../generate/tiny_model.h"
#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/video/text_to_video.h"
#include "moviegen/weights/model_folder.h"

namespace mg::train {
namespace {

const auto* const kCleanup = testing::AddGlobalTestEnvironment(new generate::TinyModelCleanup);

// Pictures and films of 64×64 of the sample pack, a transformer of two layers.
Json small_settings() {
  auto settings = Json::parse(R"({
    "transformer": {"num_layers": 2, "width": 32, "num_heads": 2, "feed_forward_width": 48},
    "frames": [1, 16], "width": [64, 64], "height": [64, 64], "batch": [4, 2], "items": [8, 4], "weight": [0.5, 0.5],
    "validation_items": 4, "sample_count": 2, "sample_frames": 9, "sample_steps": 2})");
  settings["autoencoder"] = settings["text_encoders"] = generate::tiny_model();
  settings["world"] = {{"folder", MG_SOURCE_DIR "/tests/data/world_sample"}};
  settings["sample_prompts"] = MG_SOURCE_DIR "/tests/prompts/core.txt";
  return settings;
}

std::unique_ptr<Task> make(const Json& settings, const std::string& run_folder) { return make_text_to_video_task({settings, "test", run_folder, 7}); }

StepReport run(Task& task, int64_t step) {
  Generator generator(7, "step " + std::to_string(step));
  return task.step(step, generator);
}

TEST(TextToVideoTask, StepsAreAFunctionOfSeedAndStepAndUseEveryBucket) {
  generate::Scratch scratch;
  auto one = make(small_settings(), scratch / "run"), other = make(small_settings(), scratch / "run");  // the second reads the first's cache
  std::map<std::string, int> buckets;
  for (int64_t step = 0; step < 8; ++step) {
    auto report = run(*one, step);
    EXPECT_GT(report.flops, 0);
    for (const char* name : {"loss/64x64x1", "loss/64x64x16"}) buckets[name] += report.scalars.contains(name);
    if (step == 6) {
      EXPECT_EQ(run(*other, 6).scalars["loss"], report.scalars["loss"]);  // the other took no step before
    }
  }
  EXPECT_GT(buckets["loss/64x64x1"], 0);
  EXPECT_GT(buckets["loss/64x64x16"], 0);
}

TEST(TextToVideoTask, DrawsClipsOfOtherRunsToo) {
  generate::Scratch scratch;
  auto alone = small_settings();
  alone["items"] = {1, 1}, alone["null_prompt"] = 0.0;
  auto joined = alone;
  make(small_settings(), scratch / "other");
  joined["further_caches"] = {scratch / "other/cache"};
  auto one = make(alone, scratch / "run"), two = make(joined, scratch / "run");
  EXPECT_EQ(one->validate(), two->validate()) << "measured on the run's own world";
  int differ = 0;
  for (int64_t step = 0; step < 8; ++step) differ += run(*one, step).scalars["loss"] != run(*two, step).scalars["loss"];
  EXPECT_GT(differ, 3);
  joined["further_caches"] = {scratch / "nothing"};
  EXPECT_THROW(make(joined, scratch / "run"), NotFound);
}

TEST(TextToVideoTask, LearnsAndJudgesOnFixedNoise) {
  generate::Scratch scratch;
  auto task = make(small_settings(), scratch / "run");
  double before = task->validate().at("loss");
  EXPECT_EQ(task->validate().at("loss"), before);
  EXPECT_NEAR(task->validate().at("prompt_gain/64x64x1"), 0, 1e-6) << "a fresh network does not read its prompt";
  auto groups = task->groups();
  ASSERT_EQ(groups.size(), 2u);  // transformer and text encoders
  std::vector<at::Tensor> parameters;
  for (const auto& group : groups)
    for (const auto& p : group.module->parameters()) parameters.push_back(p);
  nn::AdamW optimizer(parameters, {.weight_decay = 0});
  bool text_moved = false;
  for (int64_t step = 0; step < 40; ++step) {
    run(*task, step);
    for (const auto& p : groups[1].module->parameters()) text_moved = text_moved || (p.grad().defined() && p.grad().abs().max().item<double>() > 0);
    optimizer.step(3e-3, 1.0);
  }
  EXPECT_LT(task->validate().at("loss"), before * 0.97);
  EXPECT_TRUE(text_moved);
}

TEST(TextToVideoTask, WeightsTheLossOfSubjects) {
  generate::Scratch scratch;
  auto settings = small_settings();
  settings["frames"] = {1}, settings["width"] = settings["height"] = {64}, settings["batch"] = {4}, settings["items"] = {8}, settings["weight"] = {1};
  auto plain = run(*make(settings, scratch / "run"), 0).scalars["loss"];
  auto weighted = [&](double weight) {
    settings["subject_weight"] = weight;
    return run(*make(settings, scratch / "run"), 0).scalars["loss"];
  };
  // A fresh network predicts zero, so both are means of squared velocities: of all places, and more and more of subjects alone.
  double twice = weighted(2), most = weighted(100);
  EXPECT_NE(twice, plain);
  EXPECT_GT((most - plain) * (twice - plain), 0);
  EXPECT_GT(std::abs(most - plain), std::abs(twice - plain));
  EXPECT_THROW(weighted(0), UsageError);
}

TEST(TextToVideoTask, SamplesAndExportsAModel) {
  generate::Scratch scratch;
  auto settings = small_settings();
  settings["train_text"] = false;
  auto task = make(settings, scratch / "run");
  EXPECT_EQ(task->groups().size(), 1u);
  std::filesystem::create_directories(scratch / "samples");
  task->sample(scratch / "samples");
  for (const char* name : {"grid.png", "grid.mp4", "prompts.txt"}) EXPECT_TRUE(std::filesystem::exists(scratch / "samples" + std::string("/") + name)) << name;
  std::filesystem::create_directories(scratch / "model");
  task->export_model(scratch / "model");
  auto transformer = video::load_transformer(scratch / "model");
  EXPECT_EQ(transformer->config.width, 32);
  EXPECT_EQ(transformer->config.text.ul2, 16);  // what the encoders give, not what the recipe says

  settings["transformer"]["width"] = 48;
  EXPECT_THROW(make(settings, scratch / "run")->import_model(scratch / "model"), DataError);
  settings["transformer"]["width"] = 32;
  settings["transformer"]["preconditioned"] = true;
  EXPECT_THROW(make(settings, scratch / "run")->import_model(scratch / "model"), DataError);
  settings["transformer"]["preconditioned"] = false;
  auto other = make_text_to_video_task({settings, "test", scratch / "run", 8});
  auto exported = [&](Task& one, const std::string& folder) {
    std::filesystem::create_directories(folder);
    one.export_model(folder);
    return read_text(folder + "/transformer/diffusion_pytorch_model.safetensors");
  };
  auto weights = exported(*task, scratch / "model");
  EXPECT_NE(exported(*other, scratch / "fresh"), weights);
  other->import_model(scratch / "model");
  EXPECT_EQ(exported(*other, scratch / "again"), weights);
}

TEST(TextToVideoTask, RefusesBucketsThatDoNotFit) {
  generate::Scratch scratch;
  for (const char* change : {R"({"batch": [4]})", R"({"width": [60, 64]})", R"({"items": [0, 4]})", R"({"caption_mix": [1]})", R"({"unknown": 1})"}) {
    auto settings = small_settings();
    settings.update(Json::parse(change));
    EXPECT_THROW(make(settings, scratch / "run"), UsageError) << change;
  }
}

}  // namespace
}  // namespace mg::train
