#include "moviegen/audio/dac_vae.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "moviegen/audio/dac_vae_bands.h"
#include "moviegen/audio/dac_vae_start.h"
#include "moviegen/audio/dac_vae_stream.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/nn/ops.h"
#include "moviegen/weights/model_folder.h"

namespace mg::audio {
namespace {

DacVaeConfig tiny() {
  return {.patch = 4, .strides = {2, 3}, .encoder_width = 8, .decoder_width = 32, .latent_channels = 6, .tanh = false, .envelope = true};
}
DacVaeConfig tiny_paper() { return {.strides = {2, 3}, .encoder_width = 8, .decoder_width = 32, .latent_channels = 6}; }

int64_t parameters_of(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& p : module.parameters()) count += p.numel();
  return count;
}
double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(DacVae, AnyLengthRoundTrips) {
  torch::NoGradGuard no_grad;
  for (const auto& config : {tiny(), tiny_paper()}) {
    DacVae model(config);
    int64_t hop = config.hop();
    for (int64_t samples = 1; samples <= 3 * hop + 1; ++samples) {
      auto latent = model->latents(torch::randn({2, 1, samples}));
      ASSERT_EQ(latent.sizes().vec(), (std::vector<int64_t>{2, 6, (samples + hop - 1) / hop}));
      ASSERT_EQ(model->decode(latent, samples).sizes().vec(), (std::vector<int64_t>{2, 1, samples}));
    }
    EXPECT_THROW(model->latents(torch::zeros({1, 2, 100})), UsageError);
    EXPECT_THROW(model->latents(torch::zeros({1, 1, 0})), UsageError);
    EXPECT_THROW(model->decode(torch::zeros({1, 6, 1}), hop + 1), UsageError);
    EXPECT_THROW(model->decode(torch::zeros({1, 5, 1}), hop), UsageError);
  }
}

TEST(DacVae, ReflectsBackAndForthAtTheEnd) {
  auto fill = [](std::vector<float> values, int64_t hop) {
    auto padded = pad_to_hop(torch::tensor(values).view({1, 1, -1}), hop).contiguous();
    return std::vector<float>(padded.data_ptr<float>(), padded.data_ptr<float>() + padded.numel());
  };
  EXPECT_EQ(fill({1, 2, 3, 4, 5}, 4), (std::vector<float>{1, 2, 3, 4, 5, 4, 3, 2}));
  EXPECT_EQ(fill({1, 2, 3}, 8), (std::vector<float>{1, 2, 3, 2, 1, 2, 3, 2}));
  EXPECT_EQ(fill({7}, 3), (std::vector<float>{7, 7, 7}));
  EXPECT_EQ(fill({1, 2, 3, 4}, 2), (std::vector<float>{1, 2, 3, 4}));
}

TEST(DacVae, HasThePublicKeys) {
  DacVae model(tiny_paper());
  auto state = weights::state_of(*model);
  auto shape = [&](const std::string& key) { return state.count(key) ? state.at(key).sizes().vec() : std::vector<int64_t>{}; };
  using S = std::vector<int64_t>;
  EXPECT_EQ(shape("encoder.block.0.weight_v"), (S{8, 1, 7}));
  EXPECT_EQ(shape("encoder.block.0.weight_g"), (S{8, 1, 1}));
  EXPECT_EQ(shape("encoder.block.0.bias"), (S{8}));
  EXPECT_EQ(shape("encoder.block.1.block.0.block.0.alpha"), (S{1, 8, 1}));
  EXPECT_EQ(shape("encoder.block.1.block.2.block.1.weight_v"), (S{8, 8, 7}));
  EXPECT_EQ(shape("encoder.block.1.block.2.block.3.weight_v"), (S{8, 8, 1}));
  EXPECT_EQ(shape("encoder.block.1.block.3.alpha"), (S{1, 8, 1}));
  EXPECT_EQ(shape("encoder.block.2.block.4.weight_v"), (S{32, 16, 6}));
  EXPECT_EQ(shape("encoder.block.3.alpha"), (S{1, 32, 1}));
  EXPECT_EQ(shape("encoder.block.4.weight_v"), (S{32, 32, 3}));
  EXPECT_EQ(shape("quantizer.in_proj.weight_v"), (S{12, 32, 1}));
  EXPECT_EQ(shape("quantizer.out_proj.weight_v"), (S{32, 6, 1}));
  EXPECT_EQ(shape("decoder.model.0.weight_v"), (S{32, 32, 7}));
  EXPECT_EQ(shape("decoder.model.1.block.0.alpha"), (S{1, 32, 1}));
  EXPECT_EQ(shape("decoder.model.1.block.1.weight_v"), (S{32, 16, 6}));  // transposed: in, out, kernel
  EXPECT_EQ(shape("decoder.model.1.block.1.weight_g"), (S{32, 1, 1}));
  EXPECT_EQ(shape("decoder.model.2.block.4.block.3.bias"), (S{8}));
  EXPECT_EQ(shape("decoder.model.3.alpha"), (S{1, 8, 1}));
  EXPECT_EQ(shape("decoder.model.4.weight_v"), (S{1, 8, 7}));
  EXPECT_EQ(state.size(), 2u * (2 * (3 * 8 + 1 + 3) + 3 + 1 + 3) + 2 * 3);  // two sides of two strides, a stem, a snake and a last one; projections
}

TEST(DacVae, CountsMatchTheModule) {
  for (const auto& config : {tiny(), tiny_paper(), dac_vae_preset("mini")}) {
    DacVae model(config);
    EXPECT_EQ(encoder_cost(config).parameters + decoder_cost(config).parameters, parameters_of(*model));
  }
}

TEST(DacVae, PresetsHaveTheirSizes) {
  auto paper = dac_vae_preset("movie-gen"), mini = dac_vae_preset("mini");
  EXPECT_NEAR(static_cast<double>(encoder_cost(paper).parameters + decoder_cost(paper).parameters), 93.0e6, 0.05e6);  // facts 10.2
  EXPECT_EQ(paper.hop(), 1920);
  EXPECT_EQ(mini.hop(), 1920);
  EXPECT_LT(encoder_cost(mini).parameters + decoder_cost(mini).parameters, 10.7e6);
  EXPECT_LT(encoder_cost(mini).flops + decoder_cost(mini).flops, 4e9);
  EXPECT_THROW(dac_vae_preset("huge"), UsageError);
}

// A change of one latent's worth moves nothing outside the stated context, and something within two latents of its edge.
TEST(DacVae, ContextIsWhatReaches) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (const auto& config : {tiny(), tiny_paper()}) {
    DacVae model(config);
    int64_t hop = config.hop(), steps = 61, middle = 30;
    auto touched = [&](const Tensor& moved) {
      auto where = moved.abs().amax({0, 1}).gt(1e-7).nonzero();
      return std::pair{where.min().item<int64_t>(), where.max().item<int64_t>()};
    };
    auto sound = torch::randn({1, 1, steps * hop}), other = sound.clone();
    other.narrow(2, middle * hop, hop).add_(0.5);
    auto [first, last] = touched(model->latents(other) - model->latents(sound));
    EXPECT_GE(first, middle - encoder_context(config));
    EXPECT_LE(last, middle + encoder_context(config));
    EXPECT_LE(std::min(first - middle + encoder_context(config), middle + encoder_context(config) - last), 2);
    auto latent = torch::randn({1, 6, steps}), beside = latent.clone();
    beside.select(2, middle).add_(20);
    auto [from, to] = touched(model->decode(beside, steps * hop) - model->decode(latent, steps * hop));
    EXPECT_GE(from, (middle - decoder_context(config)) * hop);
    EXPECT_LT(to, (middle + decoder_context(config) + 1) * hop);
    EXPECT_LT(from, (middle - decoder_context(config) + 2) * hop);
  }
}

TEST(DacVae, StreamsEqualTheWhole) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  for (const auto& config : {tiny(), tiny_paper()}) {
    DacVae model(config);
    for (int64_t samples : {int64_t{1}, config.hop() - 1, 40 * config.hop() + 5, 73 * config.hop()}) {
      auto sound = torch::randn({1, 1, samples});
      auto latent = model->latents(sound);
      DacEncoderStream encoder(model, 5);
      std::vector<Tensor> parts;
      for (int64_t at = 0, piece = 1; at < samples; at += piece, piece = piece * 3 % 211 + 1)
        parts.push_back(encoder.push(sound.narrow(2, at, std::min(piece, samples - at))));
      parts.push_back(encoder.finish());
      auto streamed = at::cat(parts, 2);
      ASSERT_EQ(streamed.sizes(), latent.sizes());
      EXPECT_LT(largest_difference(streamed, latent), 1e-5);

      DacDecoderStream decoder(model, 7);
      parts.clear();
      for (int64_t at = 0, piece = 1; at < latent.size(2); at += piece, piece = piece * 3 % 17 + 1)
        parts.push_back(decoder.push(latent.narrow(2, at, std::min(piece, latent.size(2) - at))));
      parts.push_back(decoder.finish());
      auto whole = model->decode(latent, latent.size(2) * config.hop());
      ASSERT_EQ(at::cat(parts, 2).sizes(), whole.sizes());
      EXPECT_LT(largest_difference(at::cat(parts, 2), whole), 1e-5);
    }
    EXPECT_THROW(DacDecoderStream(model, 7).finish(), UsageError);
    EXPECT_THROW(DacDecoderStream(model, 0), UsageError);
  }
}

TEST(DacVae, FoldedWeightsAreTheSame) {
  torch::manual_seed(5);
  DacVae model(tiny());
  auto sound = torch::randn({1, 1, 500});
  auto with_gradients = model->latents(sound).detach();
  auto reference = model->encoder->block->ptr(0)->as<WeightNormConv>();
  auto direct = reference->weight_v * (reference->weight_g / reference->weight_v.flatten(1).norm(2, 1).view({-1, 1, 1}));
  EXPECT_LT(largest_difference(reference->weight(), direct), 1e-6);
  model->fold_weights();
  torch::NoGradGuard no_grad;
  EXPECT_TRUE(at::equal(model->latents(sound), with_gradients));
}

TEST(DacVae, EveryParameterGetsAGradient) {
  torch::manual_seed(6);
  for (const auto& config : {tiny(), tiny_paper()}) {
    DacVae model(config);
    auto [mean, log_variance] = model->encode(torch::randn({2, 1, 480}) * 0.3);
    auto made = model->synthesise(mean + (0.5 * log_variance).exp() * torch::randn_like(mean));
    (made.square().mean() + mean.square().mean() - log_variance.mean()).backward();
    for (const auto& p : model->named_parameters()) {
      ASSERT_TRUE(p.value().grad().defined()) << p.key();
      EXPECT_GT(p.value().grad().abs().max().item<double>(), 0) << p.key();
      EXPECT_TRUE(p.value().grad().isfinite().all().item<bool>()) << p.key();
    }
  }
}

TEST(DacVae, SavesAndLoadsWithStatistics) {
  torch::NoGradGuard no_grad;
  auto folder = (std::filesystem::temp_directory_path() / "moviegen-dac-test").string();
  std::filesystem::remove_all(folder);
  auto config = tiny();
  config.latent_mean = {1, -1, 0, 2, 0, 0}, config.latent_std = {2, 1, 1, 0.5, 1, 3};
  DacVae model(config);
  save_dac_vae(folder, model, "f32");
  auto loaded = load_dac_vae(folder);
  auto sound = torch::randn({1, 1, 333});
  EXPECT_TRUE(at::equal(loaded->latents(sound), model->latents(sound)));
  auto raw = model->encode(sound).mean, latent = model->latents(sound);
  EXPECT_LT(largest_difference(latent.select(1, 0) * 2 + 1, raw.select(1, 0)), 1e-5);
  EXPECT_LT(largest_difference(model->decode(latent, 333), model->synthesise(raw).narrow(2, 0, 333)), 1e-4);
  std::filesystem::remove_all(folder);
}

// With room for every band the fresh codec gives back what it hears, but for the ends and what is left to chance; with room for
// the lowest third it gives back a low tone.
TEST(DacVae, StartsAsALappedTransform) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(7);
  auto ratio_db = [](DacVae& model, const Tensor& sound) {
    int64_t length = sound.size(2), margin = 4 * model->config.hop();
    auto made = model->synthesise(model->encode(sound).mean).narrow(2, margin, length - 2 * margin);
    auto wanted = sound.narrow(2, margin, length - 2 * margin);
    return 10 * std::log10(wanted.square().sum().item<double>() / (made - wanted).square().sum().item<double>());
  };
  for (auto config : {tiny(), tiny_paper()}) {
    config.envelope = false, config.latent_channels = config.hop();
    DacVae model(config);
    start_as_lapped_transform(*model);
    auto noise = torch::randn({1, 1, 60 * config.hop()}) * 0.01;
    EXPECT_GT(ratio_db(model, noise), 3);
    for (auto& module : model->modules())
      if (auto* conv = module->as<WeightNormConv>()) conv->weight_g.mul_(conv->weight_g.ge(0.999));  // the path alone
    EXPECT_GT(ratio_db(model, noise), 40);
    config.latent_channels = config.hop() / 3;
    DacVae narrow(config);
    start_as_lapped_transform(*narrow);
    auto tone = (torch::arange(60 * config.hop()).view({1, 1, -1}) * 0.15).sin() * 0.01;
    EXPECT_GT(ratio_db(narrow, tone), 3);
  }
}

// A fresh codec with envelopes gives noise back as noise of the same level, moment by moment and band by band.
TEST(DacVae, StartsWithTheEnvelopeOfNoise) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(8);
  DacVaeConfig config{.patch = 16, .strides = {4, 5}, .encoder_width = 16, .decoder_width = 64, .latent_channels = 32, .tanh = false, .envelope = true};
  DacVae model(config);
  start_as_lapped_transform(*model);
  int64_t hop = config.hop(), steps = 60;
  auto level = torch::full({steps * hop}, 0.03);
  level.narrow(0, steps / 2 * hop, steps / 2 * hop).fill_(0.3);
  auto sound = (level * torch::randn({steps * hop})).view({1, 1, -1});
  auto made = model->synthesise(model->encode(sound).mean);
  auto basis = mdct_basis(config.patch);
  for (int64_t half = 0; half < 2; ++half) {
    auto power = [&](const Tensor& x) { return to_bands(x.flatten(1).narrow(1, (half * steps / 2 + 2) * hop, (steps / 2 - 4) * hop), basis).square().mean(1).squeeze(0); };
    auto error_db = 10 * (power(made) / power(sound)).log10();
    EXPECT_LT(error_db.narrow(0, 2, 14).abs().max().item<double>(), 3) << half;
  }
}

TEST(DacVaeConfig, RefusesForgedSizes) {
  auto refuses = [](const std::string& json) {
    EXPECT_THROW(config_from<DacVaeConfig>(Json::parse(json), "forged").check(), Error) << json;
  };
  refuses(R"({"patch": 0})");
  refuses(R"({"strides": []})");
  refuses(R"({"strides": [1]})");
  refuses(R"({"strides": [64, 64, 64, 64, 64, 64]})");
  refuses(R"({"strides": [2, 2, 2, 2, 2, 2, 2, 2], "encoder_width": 4096, "decoder_width": 8192})");
  refuses(R"({"decoder_width": 100})");
  refuses(R"({"encoder_width": -1})");
  refuses(R"({"latent_channels": 1000000})");
  refuses(R"({"latent_mean": [0.0]})");
  refuses(R"({"latent_channels": 1, "latent_mean": [0.0], "latent_std": [0.0]})");
  refuses(R"({"latent_channels": 1, "latent_mean": [0.0]})");
  refuses(R"({"envelope": true})");
  refuses(R"({"hop": 3})");
  dac_vae_preset("movie-gen").check();
  dac_vae_preset("mini").check();
}

}  // namespace
}  // namespace mg::audio
