#include "moviegen/tae/autoencoder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/weights/model_folder.h"

namespace mg::tae {
namespace {

TaeConfig tiny() {
  TaeConfig c;
  c.encoder_widths = {16, 16, 24, 32}, c.decoder_widths = {32, 24, 16, 16};
  c.encoder_blocks = {0, 1, 1, 1}, c.decoder_blocks = {1, 1, 1, 1};
  return c;
}

TEST(Autoencoder, AnyFrameCountRoundTrips) {
  torch::NoGradGuard no_grad;
  Autoencoder model(tiny());
  for (int64_t frames : {1, 5, 8, 16, 33}) {
    auto latent = model->encode(torch::rand({1, 3, frames, 32, 48}) * 2 - 1);
    EXPECT_EQ(latent.sizes().vec(), (std::vector<int64_t>{1, 16, (frames + 7) / 8, 4, 6}));
    EXPECT_EQ(model->decode(latent, frames).sizes().vec(), (std::vector<int64_t>{1, 3, frames, 32, 48}));
  }
  EXPECT_THROW(model->encode(torch::zeros({1, 3, 1, 30, 32})), UsageError);
  EXPECT_THROW(model->decode(torch::zeros({1, 16, 1, 4, 4}), 9), UsageError);
}

TEST(Autoencoder, StillVideoAndImageHaveTheSameLatent) {
  torch::NoGradGuard no_grad;
  Autoencoder model(tiny());
  auto image = torch::rand({1, 3, 1, 32, 32}) * 2 - 1;
  auto video = model->encode(image.expand({1, 3, 24, 32, 32}));
  EXPECT_TRUE(at::allclose(video, model->encode(image).expand_as(video), 1e-3, 1e-4));
  // The shortcut for one latent frame is what the long way gives.
  auto latent = torch::randn({1, 16, 1, 4, 4});
  EXPECT_TRUE(at::allclose(model->decode(latent.expand({1, 16, 2, 4, 4}), 3), model->decode(latent, 3), 1e-3, 1e-4));
}

TEST(Autoencoder, CountsMatchTheModule) {
  for (auto config : {tiny(), tae_preset("mini")}) {
    Autoencoder model(config);
    int64_t count = 0;
    for (const auto& p : model->parameters()) count += p.numel();
    EXPECT_EQ(parameter_count(config), count);
  }
  auto with_attention = tiny();
  with_attention.attention = true;
  Autoencoder model(with_attention);
  int64_t count = 0;
  for (const auto& p : model->parameters()) count += p.numel();
  EXPECT_EQ(parameter_count(with_attention), count);
}

TEST(Autoencoder, MiniStaysWithinItsBudget) {  // system design: encode + decode of 32×128×128 in about 60 GFLOP
  auto mini = tae_preset("mini");
  EXPECT_LT(encode_flops(mini, 32, 128, 128) + decode_flops(mini, 32, 128, 128), 75e9);
  EXPECT_EQ(mini.spatial_factor(), 8);
  EXPECT_EQ(mini.temporal_factor(), 8);
}

TEST(Autoencoder, SavesAndLoads) {
  torch::NoGradGuard no_grad;
  auto folder = (std::filesystem::temp_directory_path() / "moviegen-tae-test").string();
  std::filesystem::remove_all(folder);
  Autoencoder model(tiny());
  save_autoencoder(folder, model, "f32");
  auto loaded = load_autoencoder(folder);
  auto pixels = torch::rand({1, 3, 9, 16, 16});
  EXPECT_TRUE(at::equal(loaded->encode(pixels), model->encode(pixels)));
  std::filesystem::remove_all(folder);
}

// Sixteen frames: a single latent frame decodes to a still, so shorter clips could not show motion.
TEST(Autoencoder, LearnsToReconstruct) {
  torch::manual_seed(1);
  auto config = tiny();
  Autoencoder model(config);
  nn::AdamW optimizer(model->parameters(), {.weight_decay = 0});
  auto ramp = torch::linspace(-1, 1, 32);
  double first = 0, last = 0;
  for (int step = 0; step < 120; ++step) {
    auto shift = torch::randint(0, 32, {1}).item<int64_t>();
    std::vector<Tensor> frames;
    for (int64_t t = 0; t < 16; ++t) frames.push_back(ramp.roll(shift + t / 4).view({1, 1, 32}).expand({3, 32, 32}));
    auto clip = at::stack(frames, 1).unsqueeze(0);
    auto loss = (model->decoder(model->encoder(clip).first) - clip).abs().mean();
    loss.backward();
    optimizer.step(2e-3, 1.0);
    (step < 5 ? first : last) = loss.item<double>();
  }
  EXPECT_LT(last, first / 2);
}

TEST(LatentStatistics, NormalisesAndFitsThePreview) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  Autoencoder model(tiny());
  LatentStatistics statistics(16);
  auto pixels = torch::rand({2, 3, 16, 64, 64}) * 2 - 1;
  statistics.add(model->encoder(pixels).first, pixels);
  statistics.store(*model);
  auto latent = model->encode(pixels);
  EXPECT_NEAR(latent.mean().item<double>(), 0, 1e-3);
  EXPECT_NEAR(latent.std().item<double>(), 1, 2e-2);
  auto preview = model->preview(latent);
  EXPECT_EQ(preview.sizes().vec(), (std::vector<int64_t>{2, 3, 2, 8, 8}));
  EXPECT_TRUE(preview.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace mg::tae
