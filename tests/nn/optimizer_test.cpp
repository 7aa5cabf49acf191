// The fused optimizer against libtorch's own.
#include "moviegen/nn/optimizer.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

namespace mg::nn {
namespace {

TEST(AdamW, MatchesLibtorchAndTracksEma) {
  torch::manual_seed(4);
  auto start = torch::randn({300, 200});
  auto ours = start.clone().requires_grad_(), theirs = start.clone().requires_grad_();
  AdamW optimizer({ours}, {.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0.1});
  torch::optim::AdamW reference({theirs}, torch::optim::AdamWOptions(1e-2).betas({0.9, 0.95}).eps(1e-8).weight_decay(0.1));
  std::vector<Tensor> ema{start.clone()};
  auto expected_ema = start.clone();
  for (int i = 0; i < 5; ++i) {
    auto grad = torch::randn_like(start);
    ours.mutable_grad() = grad.clone() * 2;
    theirs.mutable_grad() = grad.clone();
    EXPECT_NEAR(optimizer.gradient_norm(), (grad * 2).norm().item<double>(), 1e-2);
    auto version = ours._version();
    optimizer.step(1e-2, 0.5, ema, 0.9);
    reference.step();
    EXPECT_GT(ours._version(), version);
    EXPECT_EQ(ours.grad().abs().max().item<float>(), 0.0f);
    expected_ema = expected_ema * 0.9 + theirs.detach() * 0.1;
  }
  EXPECT_LT((ours - theirs).abs().max().item<float>(), 2e-6f);
  EXPECT_LT((ema[0] - expected_ema).abs().max().item<float>(), 2e-6f);
}

TEST(AdamW, LeavesVectorsUndecayed) {
  auto bias = torch::ones({4}).requires_grad_();
  bias.mutable_grad() = torch::zeros({4});
  AdamW optimizer({bias}, {.weight_decay = 0.5});
  optimizer.step(0.1, 1.0);
  EXPECT_EQ(bias.detach().min().item<float>(), 1.0f);
}

}  // namespace
}  // namespace mg::nn
