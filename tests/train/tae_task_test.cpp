#include "moviegen/train/tasks/tae_task.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/nn/optimizer.h"

namespace mg::train {
namespace {

// A square on a coloured ground, moving at a speed of its own.
class SquareWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    Generator g(seed, "square");
    world::Clip clip;
    clip.width = options.width, clip.height = options.height, clip.frames = options.frames;
    int side = options.width / 3, speed = 1 + g.below(3), top = g.below(options.height - side), start = g.below(options.width - side);
    int ground = g.below(120), ink = 130 + g.below(120);
    for (int t = 0; t < clip.frames; ++t)
      for (int y = 0; y < clip.height; ++y)
        for (int x = 0; x < clip.width; ++x) {
          int left = (start + t * speed) % (options.width - side);
          bool inside = x >= left && x < left + side && y >= top && y < top + side;
          for (int c = 0; c < 3; ++c) clip.rgb.push_back(static_cast<uint8_t>(inside ? ink - 40 * c : ground + 20 * c));
        }
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& options) const override { return render(seed, options); }
};

TaeSettings small_settings() {
  return read_tae_settings(Json::parse(R"({
    "model": {"encoder_widths": [16, 16, 24, 32], "encoder_blocks": [0, 1, 1, 1], "decoder_widths": [32, 24, 16, 16], "decoder_blocks": [1, 1, 1, 1]},
    "batches": {"clip_side": 32, "clip_frames": 16, "crop_side": 16, "crop_frames": 8, "crops": 4, "images": 4, "pool_clips": 3, "pool_steps": 2},
    "discriminator_width": 16, "validation_clips": 2, "validation_images": 2, "sample_clips": 2, "statistics_clips": 4})"),
                           "test");
}

std::unique_ptr<TaeTask> make(const TaeSettings& settings) { return std::make_unique<TaeTask>(settings, std::make_shared<SquareWorld>(), 7); }

StepReport run(TaeTask& task, int64_t step) {
  Generator generator(7, "step " + std::to_string(step));
  return task.step(step, generator);
}

TEST(TaeBatches, AreAFunctionOfSeedAndStep) {
  auto settings = small_settings();
  auto world = std::make_shared<SquareWorld>();
  TaeBatches one(settings, world, 1), other(settings, world, 1), another_seed(settings, world, 2);
  std::vector<at::Tensor> in_order;
  for (int64_t step = 0; step < 9; ++step) in_order.push_back(one.take(step));
  for (int64_t step : {5, 2, 8, 3}) EXPECT_TRUE(at::equal(other.take(step), in_order[static_cast<size_t>(step)])) << step;
  EXPECT_FALSE(at::equal(in_order[0], in_order[1]));
  EXPECT_FALSE(at::equal(another_seed.take(0), in_order[0]));
}

TEST(TaeBatches, MixImagesCropsAndFullClips) {
  auto settings = small_settings();
  TaeBatches batches(settings, std::make_shared<SquareWorld>(), 1);
  std::map<std::vector<int64_t>, int> kinds;
  for (int64_t step = 0; step < 16; ++step) {
    auto batch = batches.take(step);
    EXPECT_LE(batch.abs().max().item<double>(), 1);
    ++kinds[batch.sizes().vec()];
  }
  EXPECT_EQ((kinds[{4, 3, 1, 32, 32}]), 4);  // one batch of images to three of video
  EXPECT_EQ((kinds[{1, 3, 16, 32, 32}]), 2);
  EXPECT_EQ((kinds[{4, 3, 8, 16, 16}]), 10);
}

TEST(TaeBatches, CutTakesTheRightPixels) {
  world::RenderOptions options;
  options.width = 24, options.height = 16, options.frames = 4;
  auto clip = SquareWorld().render(3, options);
  auto part = cut(clip, {1, 2, 3, 2, 8});
  for (int64_t c = 0; c < 3; ++c)
    EXPECT_NEAR(part[c][1][4][5].item<float>(), static_cast<float>(clip.rgb[static_cast<size_t>(((2 * 16 + 6) * 24 + 8) * 3 + c)]) / 127.5f - 1, 1e-5);
  EXPECT_THROW(cut(clip, {3, 0, 0, 2, 8}), InternalError);
}

TEST(TaeTask, SameSeedAndStepGiveTheSameLoss) {
  auto settings = small_settings();
  auto one = make(settings), other = make(settings);
  for (int64_t step : {0, 3, 4})
    EXPECT_EQ(run(*one, step).scalars.at("loss"), run(*other, step).scalars.at("loss")) << step;
  EXPECT_NE(run(*one, 0).scalars.at("loss"), run(*one, 1).scalars.at("loss"));
}

TEST(TaeTask, LearnsAndTheDiscriminatorJoinsLate) {
  auto settings = small_settings();
  settings.discriminator_start = 30;
  auto task = make(settings);
  auto groups = task->groups();
  ASSERT_EQ(groups.size(), 2u);
  std::vector<nn::AdamW> optimizers;
  for (const auto& group : groups) optimizers.emplace_back(group.module->parameters(), nn::AdamWOptions{.weight_decay = 0});
  double before = task->validate().at("psnr/video");
  for (int64_t step = 0; step < 40; ++step) {
    auto report = run(*task, step);
    EXPECT_TRUE(std::isfinite(report.scalars.at("loss")));
    EXPECT_EQ(report.scalars.count("discriminator/loss"), step >= 30 ? 1u : 0u);
    bool discriminator_has_gradient = groups[1].module->parameters()[0].grad().defined() &&
                                      groups[1].module->parameters()[0].grad().abs().max().item<double>() > 0;
    EXPECT_EQ(discriminator_has_gradient, step >= 30);
    for (auto& optimizer : optimizers) optimizer.step(2e-3, 1 / std::max(1.0, optimizer.gradient_norm()));
  }
  auto after = task->validate();
  EXPECT_GT(after.at("psnr/video"), before + 2);
  EXPECT_GT(after.at("ssim/image"), 0);
}

TEST(TaeTask, ExportsNormalisedLatentsAndSamples) {
  auto folder = (std::filesystem::temp_directory_path() / "moviegen-tae-task").string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto settings = small_settings();
  auto task = make(settings);
  task->export_model(folder + "/model");
  auto model = tae::load_autoencoder(folder + "/model");
  EXPECT_EQ(config_to_json(model->config), config_to_json(settings.model));
  EXPECT_GT(model->latent_std.min().item<double>(), 0);
  EXPECT_FALSE(at::equal(model->latent_std, torch::ones_like(model->latent_std)));
  task->sample(folder);
  EXPECT_GT(std::filesystem::file_size(folder + "/reconstruction.png"), 1000u);
  EXPECT_GT(std::filesystem::file_size(folder + "/reconstruction.mp4"), 500u);
  std::filesystem::remove_all(folder);
}

TEST(TaeSettings, AreStrict) {
  EXPECT_THROW(read_tae_settings(Json::parse(R"({"preset": "huge"})"), "test"), UsageError);
  EXPECT_THROW(read_tae_settings(Json::parse(R"({"batches": {"crop_side": 60}})"), "test"), UsageError);
  EXPECT_THROW(read_tae_settings(Json::parse(R"({"batches": {"crops": 8, "clips": 1}})"), "test"), UsageError);
  EXPECT_EQ(read_tae_settings(Json::parse(R"({"preset": "paper"})"), "test").model.encoder_widths[0], 128);
}

}  // namespace
}  // namespace mg::train
