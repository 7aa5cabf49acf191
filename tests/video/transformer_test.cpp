#include "moviegen/video/transformer.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"

namespace mg::video {
namespace {

TransformerConfig tiny() {
  TransformerConfig c;
  c.num_layers = 2, c.width = 32, c.feed_forward_width = 48, c.num_heads = 2, c.max_frames = 4, c.max_rows = 4, c.max_columns = 4;
  c.text = {.ul2 = 8, .metaclip = 12, .byt5 = 4};
  return c;
}

text::Encoded encoded(int64_t batch) {
  auto mask = [&](int64_t l) { return torch::ones({batch, l}, at::kBool); };
  return {torch::randn({batch, 5, 8}), mask(5), torch::randn({batch, 6, 12}), mask(6), torch::randn({batch, 1, 4}), mask(1)};
}

// Weights that start at zero hide everything behind them; give them values.
void wake(Transformer& model) {
  torch::NoGradGuard no_grad;
  for (auto& p : model->parameters())
    if (p.abs().max().item<double>() == 0) p.normal_(0, 0.1);
}

TEST(Transformer, KeepsShapeForImagesAndVideosAndStartsAtZero) {
  Transformer model(tiny());
  auto [tokens, mask] = model->conditioner(encoded(2));
  EXPECT_EQ(tokens.size(1), 12);
  for (int64_t frames : {1, 3}) {
    auto x = torch::randn({2, 16, frames, 4, 6});
    auto y = model(x, torch::full({2}, 0.3), tokens, mask);
    EXPECT_EQ(y.sizes(), x.sizes());
    EXPECT_EQ(y.abs().max().item<float>(), 0.0f);
  }
  EXPECT_THROW(model(torch::randn({2, 16, 1, 5, 6}), torch::zeros({2}), tokens, mask), UsageError);
  EXPECT_THROW(model(torch::randn({2, 16, 9, 4, 4}), torch::zeros({2}), tokens, mask), UsageError);
}

TEST(Transformer, PreconditionedStartsAtTheBestLinearGuess) {
  auto config = tiny();
  config.preconditioned = true;
  Transformer model(config);
  torch::manual_seed(4);
  auto [tokens, mask] = model->conditioner(encoded(64));
  auto data = torch::randn({64, 16, 1, 4, 4}), noise = torch::randn({64, 16, 1, 4, 4}), velocity = data - noise;
  for (double time : {0.0, 0.2, 0.5, 1.0}) {
    auto x = time * data + (1 - time) * noise;
    auto guess = model(x, torch::full({64}, time), tokens, mask).detach();
    auto slope = ((velocity * x).sum() / x.square().sum()).item<double>();  // least squares over 16,384 values
    EXPECT_TRUE(at::allclose(guess, x * slope, 0, 0.1)) << time;
  }
}

// The velocity of two items at two times, with their text.
Tensor early_and_late(Transformer& model, const Tensor& x) {
  torch::manual_seed(5);
  auto [tokens, mask] = model->conditioner(encoded(2));
  return model(x, torch::tensor({0.2f, 0.9f}), tokens, mask);
}

// Where positions are zero, which they are not in use, a deeper copy does the same.
TEST(Transformer, GrowsDeeperFromTheIdentity) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  Transformer small(tiny());
  wake(small);
  for (auto& p : small->named_parameters())
    if (p.key().starts_with("positions.")) p.value().zero_();
  auto config = tiny();
  config.num_layers = 5;
  Transformer deep(config);
  load_grown(deep, small, "small");
  auto x = torch::randn({2, 16, 2, 4, 4});
  EXPECT_TRUE(at::allclose(early_and_late(deep, x), early_and_late(small, x), 1e-3, 1e-4));
  EXPECT_THROW(load_grown(small, deep, "deep"), DataError);
  config.width = 64;
  Transformer wide(config);
  EXPECT_THROW(load_grown(wide, small, "small"), DataError);
}

// Further channels neither change what is made of the given ones nor are anything yet.
TEST(Transformer, GrowsToMoreLatentChannels) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  Transformer small(tiny());
  wake(small);
  auto config = tiny();
  config.latent_channels = 20;
  Transformer wide(config);
  load_grown(wide, small, "small");
  auto x = torch::randn({2, 20, 2, 4, 4}), made = early_and_late(wide, x);
  EXPECT_TRUE(at::allclose(made.narrow(1, 0, 16), early_and_late(small, x.narrow(1, 0, 16)), 1e-4, 1e-5));
  EXPECT_EQ(made.narrow(1, 16, 4).abs().max().item<float>(), 0.0f);
  EXPECT_THROW(load_grown(small, wide, "wide"), DataError);
  config.latent_channels = 16, config.patch_size = 4;
  Transformer coarse(config);
  EXPECT_THROW(load_grown(coarse, small, "small"), DataError);
}

TEST(Transformer, PaddingOfTheTextDoesNotMatter) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  Transformer model(tiny());
  wake(model);
  auto e = encoded(1);
  auto x = torch::randn({1, 16, 2, 4, 4}), t = torch::full({1}, 0.5);
  auto [tokens, mask] = model->conditioner(e);
  auto plain = model(x, t, tokens, mask);
  auto padded = model(x, t, at::cat({tokens, torch::randn({1, 7, 32})}, 1), at::cat({mask, torch::zeros({1, 7}, at::kBool)}, 1));
  EXPECT_TRUE(at::allclose(plain, padded, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(plain, model(x, t * 0.5, tokens, mask), 1e-3, 1e-4));
  EXPECT_FALSE(at::allclose(plain, model(x, t, tokens * 0, mask), 1e-3, 1e-4));
}

TEST(Transformer, ItemsOfABatchAreIndependent) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  Transformer model(tiny());
  wake(model);
  auto x = torch::randn({3, 16, 2, 4, 4}), t = torch::tensor({0.1f, 0.5f, 0.9f});
  auto [tokens, mask] = model->conditioner(encoded(3));
  auto all = model(x, t, tokens, mask);
  auto one = model(x.narrow(0, 1, 1), t.narrow(0, 1, 1), tokens.narrow(0, 1, 1), mask.narrow(0, 1, 1));
  EXPECT_TRUE(at::allclose(all.narrow(0, 1, 1), one, 1e-4, 1e-5));
}

TEST(Transformer, CountMatchesTheModuleAndThePaper) {
  for (bool extras : {false, true}) {
    auto config = tiny();
    config.feed_forward_conv = config.query_key_norm = extras;
    Transformer model(config);
    int64_t count = 0;
    for (const auto& p : model->parameters()) count += p.numel();
    EXPECT_EQ(parameter_count(config), count);
  }
}

TEST(Transformer, EveryParameterGetsAGradient) {
  torch::manual_seed(3);
  Transformer model(tiny());
  wake(model);
  auto [tokens, mask] = model->conditioner(encoded(2));
  model(torch::randn({2, 16, 2, 4, 4}), torch::rand({2}), tokens, mask).square().sum().backward();
  for (const auto& p : model->named_parameters()) {
    ASSERT_TRUE(p.value().grad().defined()) << p.key();
    EXPECT_GT(p.value().grad().abs().max().item<float>(), 0.0f) << p.key();
  }
}

}  // namespace
}  // namespace mg::video
