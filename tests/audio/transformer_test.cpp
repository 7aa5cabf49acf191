#include "moviegen/audio/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"

namespace mg::audio {
namespace {

namespace fs = std::filesystem;

TransformerConfig tiny() {
  TransformerConfig c;
  c.num_layers = 2, c.width = 32, c.feed_forward_width = 48, c.num_heads = 2, c.latent_channels = 6, c.video_width = 10, c.text_width = 8;
  return c;
}

Conditions conditions(int64_t batch, int64_t steps) {
  Conditions c;
  c.mask_BS = torch::ones({batch, steps});
  c.mask_BS.narrow(1, 0, std::min<int64_t>(2, steps - 1)).zero_();
  c.given_BCS = torch::randn({batch, 6, steps}) * (1 - c.mask_BS.unsqueeze(1));
  c.video_BSV = torch::randn({batch, steps, 10});
  c.text_BLE = torch::randn({batch, 5, 8});
  c.text_mask_BL = torch::ones({batch, 5}, at::kBool);
  return c;
}

// Weights that start at zero hide everything behind them; give them values.
void wake(Transformer& model) {
  torch::NoGradGuard no_grad;
  for (auto& p : model->parameters())
    if (p.abs().max().item<double>() == 0) p.normal_(0, 0.1);
}

struct SoundTransformerTest : testing::Test {
  SoundTransformerTest() {
    torch::manual_seed(5);
    model = Transformer(tiny());
    wake(model);
  }
  Tensor run(const Conditions& c) {
    torch::NoGradGuard no_grad;
    return model(x, t, model->condition(c));
  }
  Transformer model{nullptr};
  Tensor x = torch::randn({3, 6, 11}), t = torch::tensor({0.1f, 0.5f, 0.9f});
};

TEST_F(SoundTransformerTest, KeepsShapeAtAnyLengthAndListensToEveryCondition) {
  auto c = conditions(3, 11);
  auto plain = run(c);
  EXPECT_EQ(plain.sizes(), x.sizes());
  auto differs = [&](const char* what, auto change) {
    auto changed = c;
    change(changed);
    EXPECT_FALSE(at::allclose(run(changed), plain, 1e-3, 1e-4)) << what;
  };
  differs("given", [](Conditions& o) { o.given_BCS = o.given_BCS * 2; });
  differs("mask", [](Conditions& o) { o.mask_BS = 1 - o.mask_BS; });
  differs("video", [](Conditions& o) { o.video_BSV = o.video_BSV.flip({1}); });
  differs("no video", [](Conditions& o) { o.video_BSV = Tensor(); });
  differs("text", [](Conditions& o) { o.text_BLE = o.text_BLE.flip({1, 2}); });
  for (int64_t steps : {1, 40}) EXPECT_EQ(model(torch::randn({1, 6, steps}), t.narrow(0, 0, 1), model->condition(conditions(1, steps))).size(2), steps);
}

TEST_F(SoundTransformerTest, AMissingPictureIsTheSameAsNoneInTheBatch) {
  auto c = conditions(3, 11), none = c;
  c.has_video_B = torch::tensor({1.0f, 0.0f, 1.0f});
  none.video_BSV = Tensor();
  auto mixed = run(c), all = run(conditions(3, 11));
  EXPECT_TRUE(at::allclose(mixed[1], run(none)[1], 1e-4, 1e-5));
  c.has_video_B = Tensor();
  EXPECT_TRUE(at::allclose(mixed[0], run(c)[0], 1e-4, 1e-5));
}

TEST_F(SoundTransformerTest, PaddingOfTheTextAndNeighboursInTheBatchDoNotMatter) {
  auto c = conditions(3, 11), padded = c;
  padded.text_BLE = at::cat({c.text_BLE, torch::randn({3, 7, 8})}, 1);
  padded.text_mask_BL = at::cat({c.text_mask_BL, torch::zeros({3, 7}, at::kBool)}, 1);
  auto plain = run(c);
  EXPECT_TRUE(at::allclose(plain, run(padded), 1e-4, 1e-5));
  torch::NoGradGuard no_grad;
  Conditions one{c.given_BCS.narrow(0, 1, 1), c.mask_BS.narrow(0, 1, 1), c.video_BSV.narrow(0, 1, 1), {}, c.text_BLE.narrow(0, 1, 1), c.text_mask_BL.narrow(0, 1, 1)};
  EXPECT_TRUE(at::allclose(plain[1], model(x.narrow(0, 1, 1), t.narrow(0, 1, 1), model->condition(one))[0], 1e-4, 1e-5));
}

TEST_F(SoundTransformerTest, RefusesWhatDoesNotFit) {
  auto c = conditions(3, 11);
  EXPECT_THROW(model(torch::randn({3, 6, 12}), t, model->condition(c)), UsageError);
  EXPECT_THROW(model(torch::randn({3, 5, 11}), t, model->condition(c)), UsageError);
  auto wrong = c;
  wrong.video_BSV = torch::randn({3, 10, 10});  // frames, not steps
  EXPECT_THROW(model->condition(wrong), UsageError);
  wrong = c, wrong.text_BLE = Tensor();
  EXPECT_THROW(model->condition(wrong), UsageError);
  for (auto change : {+[](TransformerConfig& o) { o.num_heads = 3; }, +[](TransformerConfig& o) { o.feed_forward = "relu"; },
                      +[](TransformerConfig& o) { o.video_gate = 1; }, +[](TransformerConfig& o) { o.num_layers = 1 << 30; }}) {
    auto config = tiny();
    change(config);
    EXPECT_THROW(Transformer{config}, UsageError);
  }
}

TEST_F(SoundTransformerTest, EveryParameterGetsAGradient) {
  auto c = conditions(3, 11);
  c.has_video_B = torch::tensor({1.0f, 0.0f, 1.0f});
  model(x, t, model->condition(c)).square().sum().backward();
  for (const auto& p : model->named_parameters()) {
    ASSERT_TRUE(p.value().grad().defined()) << p.key();
    EXPECT_GT(p.value().grad().abs().max().item<float>(), 0.0f) << p.key();
  }
}

TEST(SoundTransformer, StartsAtTheBestLinearGuess) {
  torch::manual_seed(4);
  Transformer model(tiny());
  torch::NoGradGuard no_grad;
  auto memory = model->condition(conditions(64, 24));
  auto data = torch::randn({64, 6, 24}), noise = torch::randn({64, 6, 24}), velocity = data - noise;
  for (double time : {0.0, 0.2, 0.5, 1.0}) {
    auto x = time * data + (1 - time) * noise;
    auto guess = model(x, torch::full({64}, time), memory);
    double slope = ((velocity * x).sum() / x.square().sum()).item<double>();  // least squares over 9216 values
    EXPECT_TRUE(at::allclose(guess, x * slope, 0, 0.15)) << time;
  }
}

TEST(SoundTransformer, KeysArePinned) {
  Transformer model(tiny());
  std::vector<std::string> keys;
  for (const auto& p : model->named_parameters())
    if (p.key().find("layers.1") == std::string::npos) keys.push_back(p.key());
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, (std::vector<std::string>{
                      "latent_in.bias", "latent_in.weight", "layers.0.attention.k.weight", "layers.0.attention.k_norm.weight",
                      "layers.0.attention.out.weight", "layers.0.attention.q.weight", "layers.0.attention.q_norm.weight",
                      "layers.0.attention.v.weight", "layers.0.attention_norm.weight", "layers.0.cross_attention.k.weight",
                      "layers.0.cross_attention.k_norm.weight", "layers.0.cross_attention.out.weight", "layers.0.cross_attention.q.weight",
                      "layers.0.cross_attention.q_norm.weight", "layers.0.cross_attention.v.weight", "layers.0.cross_norm.weight",
                      "layers.0.feed_forward.w_in.weight", "layers.0.feed_forward.w_out.weight", "layers.0.feed_forward_norm.weight",
                      "layers.0.modulation_table", "modulation.bias", "modulation.weight", "out.bias", "out.weight", "out_norm.weight",
                      "out_table", "text_in.weight", "text_norm.weight", "time_embed.in.bias", "time_embed.in.weight", "time_embed.out.bias",
                      "time_embed.out.weight", "video_gate", "video_in.weight", "video_norm.weight", "video_null"}));
}

TEST(SoundTransformer, CountMatchesTheModuleAndMiniIsSmall) {
  for (const char* feed_forward : {"gelu", "swiglu"})
    for (bool norm : {false, true}) {
      auto config = tiny();
      config.feed_forward = feed_forward, config.query_key_norm = norm;
      Transformer model(config);
      int64_t count = 0;
      for (const auto& p : model->parameters()) count += p.numel();
      EXPECT_EQ(parameter_count(config), count);
    }
  EXPECT_LE(parameter_count(TransformerConfig{}), 12'000'000);
}

TEST(SoundTransformer, SavedModelsComeBackAndForgedOnesDoNot) {
  auto folder = (fs::path(testing::TempDir()) / "sound_transformer").string();
  fs::remove_all(folder);
  fs::create_directories(folder);
  Transformer model(tiny());
  wake(model);
  save_transformer(folder, model, "f32");
  auto loaded = load_transformer(folder);
  auto c = conditions(1, 7);
  auto x = torch::randn({1, 6, 7}), t = torch::full({1}, 0.4);
  EXPECT_TRUE(model(x, t, model->condition(c)).equal(loaded(x, t, loaded->condition(c))));
  auto path = folder + "/sound_transformer/config.json";
  auto forged = Json::parse(read_text(path));
  forged["num_layers"] = 1000, forged["width"] = 65536;
  write_text(path, forged.dump());
  EXPECT_THROW(load_transformer(folder), DataError);
  fs::remove_all(folder);
}

TEST(Rotary, ProductsDependOnTheDistanceAlone) {
  torch::manual_seed(1);
  auto q = torch::randn({1, 1, 2, 8}), k = torch::randn({1, 1, 2, 8});
  auto turns = rotary_turns(30, 8);
  auto product = [&](int64_t i, int64_t j) { return (rotate(q, turns.narrow(1, i, 1)) * rotate(k, turns.narrow(1, j, 1))).sum().item<double>(); };
  EXPECT_NEAR(product(3, 10), product(19, 26), 1e-4);
  EXPECT_NEAR(product(5, 5), (q * k).sum().item<double>(), 1e-5);
  EXPECT_GT(std::abs(product(3, 10) - product(3, 11)), 1e-3);
  // Five-line reference: the complex number (x_i, x_{i+K/2}) times e^{j·position·rate}.
  auto turned = rotate(q, turns.narrow(1, 7, 1));
  for (int64_t i = 0; i < 4; ++i) {
    double angle = 7 * std::pow(10000.0, -2.0 * static_cast<double>(i) / 8), a = q[0][0][1][i].item<double>(), b = q[0][0][1][i + 4].item<double>();
    EXPECT_NEAR(turned[0][0][1][i].item<double>(), a * std::cos(angle) - b * std::sin(angle), 1e-5);
    EXPECT_NEAR(turned[0][0][1][i + 4].item<double>(), a * std::sin(angle) + b * std::cos(angle), 1e-5);
  }
}

}  // namespace
}  // namespace mg::audio
