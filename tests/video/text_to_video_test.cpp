#include "moviegen/video/text_to_video.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"

namespace mg::video {
namespace {

struct TextToVideoTest : testing::Test {
  TextToVideoTest() {
    torch::manual_seed(3);
    TransformerConfig config;
    config.num_layers = 2, config.width = 32, config.num_heads = 2, config.feed_forward_width = 32;
    config.text = {16, 16, 16};
    model = Transformer(config);
    at::NoGradGuard no_grad;
    for (auto& p : model->parameters()) p.add_(torch::randn_like(p) * 0.05);  // the final projection starts at zero
    model->eval();
  }
  text::Encoded prompts(int64_t count, int64_t length, double value) const {
    auto tokens = [&] { return torch::full({count, length, 16}, value) * torch::linspace(-1, 1, 16); };
    auto mask = torch::ones({count, length}, at::kBool);
    return {tokens(), mask, tokens(), mask, tokens(), mask};
  }
  Tensor sample(const std::vector<uint64_t>& seeds, double guidance, double null_value = 0.1, flow::GuidanceInterval interval = {}, double churn = 0) {
    auto count = static_cast<int64_t>(seeds.size());
    return sample_latents(model, prompts(count, 5, 1.0), prompts(count, 2, null_value), seeds, {2, 4, 6}, {.num_inference_steps = 4, .guidance_scale = guidance, .schedule = "linear", .guidance_interval = interval, .churn = churn});
  }
  Transformer model{nullptr};
};

TEST_F(TextToVideoTest, NoiseDependsOnTheSeedAloneNotOnTheBatch) {
  auto together = sample({7, 9}, 3.0), alone = sample({9}, 3.0);
  ASSERT_EQ(together.sizes(), (std::vector<int64_t>{2, 16, 2, 4, 6}));
  EXPECT_LT((together[1] - alone[0]).abs().max().item<float>(), 1e-4f);
  EXPECT_GT((together[0] - together[1]).abs().max().item<float>(), 0.1f);
}

TEST_F(TextToVideoTest, ChurnDrawsFromTheSeedAloneToo) {
  auto together = sample({7, 9}, 3.0, 0.1, {}, 1.0), alone = sample({9}, 3.0, 0.1, {}, 1.0);
  EXPECT_LT((together[1] - alone[0]).abs().max().item<float>(), 1e-4f);
  EXPECT_GT((alone - sample({9}, 3.0)).abs().max().item<float>(), 0.1f);
}

TEST_F(TextToVideoTest, GuidanceOneNeedsNoNullPrompt) {
  EXPECT_TRUE(sample({1}, 1.0, 0.1).equal(sample({1}, 1.0, 5.0)));
  EXPECT_FALSE(sample({1}, 3.0, 0.1).equal(sample({1}, 3.0, 5.0)));
}

TEST_F(TextToVideoTest, GuidanceActsInItsIntervalAlone) {
  EXPECT_TRUE(sample({1}, 3.0, 0.1, {0, 1}).equal(sample({1}, 3.0)));
  auto without = sample({1}, 1.0);
  EXPECT_TRUE(sample({1}, 3.0, 0.1, {0.99, 1}).equal(without));  // the last step starts at 0.75
  EXPECT_FALSE(sample({1}, 3.0, 0.1, {0, 0.3}).equal(without));
  EXPECT_FALSE(sample({1}, 3.0, 0.1, {0, 0.3}).equal(sample({1}, 3.0)));
}

TEST_F(TextToVideoTest, RefusesAnotherNumberOfSeeds) {
  EXPECT_THROW(sample_latents(model, prompts(2, 3, 1), prompts(2, 3, 0), {1}, {1, 4, 4}, {}), UsageError);
}

}  // namespace
}  // namespace mg::video
