// The fused optimizer against libtorch's own, and Muon's step against what it promises.
#include "moviegen/nn/optimizer.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include "moviegen/nn/orthogonal.h"

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

// An orthogonalized matrix maps the other side's unit vectors to vectors of about one.
TEST(Muon, EvensOutSingularValues) {
  torch::manual_seed(6);
  for (auto shape : {std::vector<int64_t>{48, 48}, {32, 200}, {200, 32}, {40, 8, 3, 3}}) {
    int64_t columns = c10::multiply_integers(shape) / shape[0], rank = std::min(shape[0], columns);
    auto basis = [](int64_t n) { return std::get<0>(at::linalg_qr(torch::randn({n, n}))); };
    auto spectrum = at::logspace(0, -1.5, rank, 10.0);
    auto x = (basis(shape[0]).narrow(1, 0, rank) * spectrum).mm(basis(columns).narrow(1, 0, rank).t()).reshape(shape);
    auto y = orthogonalized(x);
    ASSERT_EQ(y.sizes(), x.sizes());
    auto matrix = y.reshape({shape[0], -1}).to(at::kDouble);
    auto gram = matrix.size(0) <= matrix.size(1) ? matrix.mm(matrix.t()) : matrix.t().mm(matrix);
    auto squares = std::get<0>(at::linalg_eigh(gram));
    EXPECT_GT(squares.min().item<double>(), 0.45) << shape;
    EXPECT_LT(squares.max().item<double>(), 1.65) << shape;
    EXPECT_GT((x * y).sum().item<double>(), 0);  // still downhill
  }
}

TEST(Muon, StepsByTheRateAndAverages) {
  torch::manual_seed(8);
  auto start = torch::randn({64, 48}), gradient = torch::randn({64, 48});
  auto matrix = start.clone().requires_grad_(), vector = torch::ones({5}).requires_grad_();
  matrix.mutable_grad() = gradient.clone(), vector.mutable_grad() = torch::ones({5});
  AdamW optimizer({matrix, vector}, {.weight_decay = 0}, {true, false});
  std::vector<Tensor> ema{start.clone(), torch::ones({5})};
  optimizer.step(0.01, 1, ema, 0.5);
  auto step = (start - matrix.detach()) / 0.01;
  // All 48 singular values about one: root mean square 0.2·√64·√(48/(64·48)).
  EXPECT_NEAR(step.square().mean().sqrt().item<double>(), 0.2, 0.05);
  EXPECT_GT((step * gradient).sum().item<double>(), 0);
  EXPECT_EQ(matrix.grad().abs().max().item<float>(), 0);
  EXPECT_LT((ema[0] - (start + matrix.detach()) / 2).abs().max().item<float>(), 1e-6f);
  EXPECT_NEAR(vector.detach()[0].item<double>(), 1 - 0.01, 1e-5);
}

}  // namespace
}  // namespace mg::nn
