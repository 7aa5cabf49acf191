#include "moviegen/tae/temporal_tiling.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"

namespace mg::tae {
namespace {

// A fresh network's time convolutions are near the identity, so borders leak little; the bound is on the root mean square
// of the difference relative to the signal. A trained network leaks more: `moviegen eval tae` measures it.
constexpr double kSeamTolerance = 0.1;
constexpr double kEqual = 1e-4;

TaeConfig tiny() {
  TaeConfig c;
  c.encoder_widths = {16, 16, 24, 32}, c.decoder_widths = {32, 24, 16, 16};
  c.encoder_blocks = {0, 1, 1, 1}, c.decoder_blocks = {1, 1, 1, 1};
  return c;
}

double relative_difference(const Tensor& a, const Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

TEST(TemporalTiling, AnyFrameCountRoundTrips) {
  torch::NoGradGuard no_grad;
  Autoencoder model(tiny());
  for (int64_t frames : {1, 5, 8, 32, 33, 40, 56, 71}) {
    auto latent = encode_tiled(model, torch::rand({1, 3, frames, 16, 24}) * 2 - 1);
    EXPECT_EQ(latent.sizes().vec(), (std::vector<int64_t>{1, 16, (frames + 7) / 8, 2, 3}));
    EXPECT_EQ(decode_tiled(model, latent, frames).sizes().vec(), (std::vector<int64_t>{1, 3, frames, 16, 24}));
  }
}

TEST(TemporalTiling, OneTileIsTheWhole) {
  torch::NoGradGuard no_grad;
  Autoencoder model(tiny());
  auto pixels = torch::rand({1, 3, 30, 16, 16}) * 2 - 1;
  auto latent = encode_tiled(model, pixels);
  EXPECT_TRUE(at::equal(latent, model->encode(pixels)));
  EXPECT_TRUE(at::equal(decode_tiled(model, latent, 30), model->decode(latent, 30)));
}

TEST(TemporalTiling, StillSceneEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  Autoencoder model(tiny());
  auto pixels = (torch::rand({1, 3, 1, 16, 16}) * 2 - 1).expand({1, 3, 72, 16, 16});
  auto latent = model->encode(pixels);
  EXPECT_LT(relative_difference(encode_tiled(model, pixels), latent), kEqual);
  EXPECT_LT(relative_difference(decode_tiled(model, latent, 72), model->decode(latent, 72)), kEqual);
}

TEST(TemporalTiling, MovingSceneNearlyEqualsTheWhole) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  Autoencoder model(tiny());
  std::vector<Tensor> frames;
  auto picture = torch::rand({3, 32, 32}) * 2 - 1;
  for (int64_t t = 0; t < 72; ++t) frames.push_back(picture.roll(t / 3, 2));
  auto pixels = at::stack(frames, 1).unsqueeze(0);
  auto latent = model->encode(pixels);
  EXPECT_LT(relative_difference(encode_tiled(model, pixels), latent), kSeamTolerance);
  EXPECT_LT(relative_difference(decode_tiled(model, latent, 72), model->decode(latent, 72)), kSeamTolerance);
}

TEST(TemporalTiling, RampGoesFromTheEarlierToTheLater) {
  auto a = torch::zeros({1, 3, 16, 2, 2}), b = torch::ones({1, 3, 16, 2, 2});
  auto ramp = blend_overlap(a, b);
  for (int64_t j = 0; j < 16; ++j) EXPECT_FLOAT_EQ(ramp[0][0][j][1][1].item<float>(), static_cast<float>(j) / 16);
}

TEST(TemporalTiling, PartsComeInOrderAndBounded) {
  torch::NoGradGuard no_grad;
  Autoencoder model(tiny());
  auto latent = torch::randn({1, 16, 11, 2, 2});
  int64_t total = 0, largest = 0;
  decode_tiles(model, latent, 85, [&](const Tensor& part) { total += part.size(2), largest = std::max(largest, part.size(2)); });
  EXPECT_EQ(total, 85);
  EXPECT_LE(largest, 32);
}

TEST(TemporalTiling, RefusesWhatCannotBe) {
  Autoencoder model(tiny());
  auto latent = torch::zeros({1, 16, 3, 2, 2});
  EXPECT_THROW(decode_tiled(model, latent, 25), UsageError);
  EXPECT_THROW(decode_tiled(model, latent, 16), UsageError);
  EXPECT_THROW(decode_tiled(model, latent, 24, {.decoder_latents = 3, .overlap_latents = 2}), UsageError);
  EXPECT_THROW(encode_tiled(model, torch::zeros({1, 3, 8, 16, 16}), {.encoder_frames = 12}), UsageError);
}

}  // namespace
}  // namespace mg::tae
