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
  for (int64_t frames = 1; frames <= 40; ++frames) {
    auto latent = model->encode(torch::rand({1, 3, frames, 16, 24}) * 2 - 1);
    EXPECT_EQ(latent.sizes().vec(), (std::vector<int64_t>{1, 16, (frames + 7) / 8, 2, 3}));
    EXPECT_EQ(model->decode(latent, frames).sizes().vec(), (std::vector<int64_t>{1, 3, frames, 16, 24}));
  }
  EXPECT_THROW(model->encode(torch::zeros({1, 3, 1, 30, 32})), UsageError);
  EXPECT_THROW(model->decode(torch::zeros({1, 16, 1, 4, 4}), 9), UsageError);
}

TEST(Autoencoder, StillVideoAndImageHaveTheSameLatent) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(7);
  Autoencoder model(tiny());
  auto image = torch::rand({1, 3, 1, 32, 32}) * 2 - 1;
  auto video = model->encode(image.expand({1, 3, 24, 32, 32}));
  EXPECT_TRUE(at::allclose(video, model->encode(image).expand_as(video), 1e-3, 1e-4));
}

// Further blocks start as the identity.
TEST(Autoencoder, GrowsWithoutChangingWhatItDoes) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(9);
  Autoencoder small(tiny());
  auto config = tiny();
  config.encoder_blocks = {1, 1, 2, 1}, config.decoder_blocks = {1, 3, 1, 2};
  Autoencoder large(config);
  load_grown(large, small, "small");
  auto clip = torch::rand({1, 3, 9, 16, 16}) * 2 - 1;
  auto latent = small->encode(clip);
  EXPECT_TRUE(at::allclose(large->encode(clip), latent, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(large->decode(latent, 9), small->decode(latent, 9), 1e-4, 1e-5));
  EXPECT_THROW(load_grown(small, large, "large"), DataError);
  config.decoder_widths[0] = 40;
  Autoencoder wide(config);
  EXPECT_THROW(load_grown(wide, small, "small"), DataError);
}

// Further latent channels follow the given ones, carry something of their own and are not looked at until the decoder learns to.
TEST(Autoencoder, WidensItsLatentWithoutChangingWhatItDoes) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(10);
  Autoencoder small(tiny());
  small->latent_mean.fill_(0.3), small->latent_std.fill_(2), small->preview_matrix.normal_();
  auto config = tiny();
  config.latent_channels = 24, config.shortcut_channels = 16;
  Autoencoder wide(config);
  load_grown(wide, small, "small");
  for (int64_t frames : {1, 9}) {
    auto clip = torch::rand({1, 3, frames, 16, 16}) * 2 - 1;
    auto given = small->encode(clip), latent = wide->encode(clip);
    EXPECT_TRUE(at::allclose(latent.narrow(1, 0, 16), given, 1e-4, 1e-5));
    EXPECT_GT(latent.narrow(1, 16, 8).std().item<double>(), 1e-3);
    EXPECT_TRUE(at::allclose(wide->encoder(clip).second.narrow(1, 0, 16), small->encoder(clip).second, 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(wide->decode(latent, frames), small->decode(given, frames), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(wide->preview(latent), small->preview(given), 1e-4, 1e-5));
  }
  config.shortcut_channels = 0;
  Autoencoder other(config);
  EXPECT_THROW(load_grown(other, small, "small"), DataError);
  config.shortcut_channels = 25;
  EXPECT_THROW(Autoencoder{config}, UsageError);
}

// The two frames of each doubling are told apart as soon as the weights differ, also of a lone latent frame.
TEST(Autoencoder, LoneLatentFrameHoldsMotion) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(8);
  Autoencoder model(tiny());
  auto latent = torch::randn({1, 16, 1, 4, 4});
  auto fresh = model->decode(latent, 8);
  EXPECT_TRUE(at::allclose(fresh.select(2, 0), fresh.select(2, 7), 1e-3, 1e-4));  // starts as repetition
  EXPECT_TRUE(at::allclose(model->decode(latent, 1), fresh.narrow(2, 0, 1), 1e-3, 1e-4));
  for (auto& p : model->decoder->parameters()) p.add_(torch::randn_like(p) * 0.1);
  auto moved = model->decode(latent, 8);
  for (int64_t t = 1; t < 8; ++t) EXPECT_GT((moved.select(2, t) - moved.select(2, t - 1)).abs().max().item<double>(), 1e-3);
  EXPECT_TRUE(at::equal(model->decode(latent, 5), moved.narrow(2, 0, 5)));
}

TEST(Autoencoder, EveryParameterGetsAGradient) {
  torch::manual_seed(9);
  auto config = tiny();
  config.attention = true;
  Autoencoder model(config);
  auto [mean, log_variance] = model->encoder(torch::rand({2, 3, 16, 32, 32}) * 2 - 1);
  (model->decoder(mean).square().mean() + log_variance.square().mean()).backward();
  for (const auto& p : model->named_parameters()) {
    ASSERT_TRUE(p.value().grad().defined()) << p.key();
    bool starts_at_zero = p.key().find("time_out") != std::string::npos || p.key().find("time_qkv") != std::string::npos ||
                          p.key().find("time_norm") != std::string::npos;  // the zero output hides what is before it
    EXPECT_TRUE(starts_at_zero || p.value().grad().abs().max().item<double>() > 0) << p.key();
    EXPECT_TRUE(p.value().grad().isfinite().all().item<bool>()) << p.key();
  }
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

TEST(Autoencoder, MiniStaysWithinItsBudget) {  // encode + decode of 32×128×128; docs/decisions/0011 says why it is more than 60 GFLOP
  auto mini = tae_preset("mini");
  EXPECT_LT(encode_flops(mini, 32, 128, 128), 26e9);  // training encodes many clips
  EXPECT_LT(encode_flops(mini, 32, 128, 128) + decode_flops(mini, 32, 128, 128), 85e9);
  EXPECT_LT(decode_flops(mini, 1, 128, 128), decode_flops(mini, 8, 128, 128) / 2);  // a still costs less than its 8 frames
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

// Eight frames make one latent frame: motion within it must come out of the channels.
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
    for (int64_t t = 0; t < 8; ++t) frames.push_back(ramp.roll(shift + t / 2).view({1, 1, 32}).expand({3, 32, 32}));
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
