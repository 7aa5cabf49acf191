// The hot operations against plain f64 expressions, forward and backward, in every precision.
#include "moviegen/nn/ops.h"

#include <gtest/gtest.h>

#include "moviegen/nn/layers.h"
#include "moviegen/nn/runtime.h"

namespace mg::nn {
namespace {

constexpr double kF32Tolerance = 2e-5;
constexpr double kBf16Tolerance = 2e-2;

double relative_error(const Tensor& got, const Tensor& want) {
  auto w = want.to(at::kDouble);
  return ((got.to(at::kDouble) - w).norm() / (w.norm() + 1e-12)).item<double>();
}

// Runs `op` on f32 inputs and on their f64 copies (which take ATen) and compares the result and every gradient.
template <class Op>
void compare(const std::vector<Tensor>& inputs, Op op, double tolerance) {
  auto run = [&](at::ScalarType type) {
    std::vector<Tensor> leaves;
    for (const auto& x : inputs) leaves.push_back(x.detach().to(type).clone().set_requires_grad(true));
    auto y = op(leaves);
    torch::manual_seed(7);
    y.backward(torch::randn(y.sizes()).to(type));
    std::vector<Tensor> all;
    all.push_back(y.detach());
    for (auto& leaf : leaves) all.push_back(leaf.grad());
    return all;
  };
  auto fast = run(at::kFloat), exact = run(at::kDouble);
  for (size_t i = 0; i < fast.size(); ++i) {
    ASSERT_TRUE(fast[i].defined()) << "tensor " << i;
    EXPECT_LT(relative_error(fast[i], exact[i]), tolerance) << (i ? "gradient of input " + std::to_string(i - 1) : "result");
  }
}

class Ops : public ::testing::TestWithParam<Compute> {
 protected:
  void SetUp() override {
    torch::manual_seed(1);
    if (GetParam() == Compute::kBf16 && !has_native_bf16()) GTEST_SKIP() << "no native bf16 here";
    set_compute(GetParam());
  }
  void TearDown() override { set_compute(Compute::kF32); }
  double tolerance() const { return GetParam() == Compute::kBf16 ? kBf16Tolerance : kF32Tolerance; }
};

TEST_P(Ops, LinearMatchesNaive) {
  for (auto [rows, in, out] : {std::array<int64_t, 3>{1, 1, 1}, {7, 5, 3}, {33, 64, 130}})
    compare({torch::randn({rows, in}), torch::randn({out, in}), torch::randn({out})},
            [](auto& x) { return nn::linear(x[0], x[1], x[2]); }, tolerance());
  compare({torch::randn({2, 3, 16}), torch::randn({8, 16})}, [](auto& x) { return nn::linear(x[0], x[1]); }, tolerance());
}

TEST_P(Ops, LayersThatShareTheirInputMatchNaive) {
  auto run = [](auto& x) {
    auto y = nn::linears(x[0], {x[1], x[2], x[3]});
    return at::cat({y[0], y[1].sin(), y[2].square()}, -1);
  };
  compare({torch::randn({2, 7, 16}), torch::randn({8, 16}) / 4, torch::randn({3, 16}) / 4, torch::randn({5, 16}) / 4}, run, tolerance());
  // Frozen weights and an output nobody uses.
  auto x = torch::randn({4, 16}).requires_grad_(), a = torch::randn({8, 16}).requires_grad_(), b = torch::randn({8, 16});
  nn::linears(x, {a, b})[1].sum().backward();
  EXPECT_LT(relative_error(x.grad(), b.sum(0).expand({4, 16})), tolerance());
  EXPECT_TRUE(!a.grad().defined() || a.grad().abs().max().item<float>() == 0);
}

TEST_P(Ops, AttentionMatchesNaive) {
  for (auto [S, L, K] : {std::array<int64_t, 3>{1, 1, 1}, {5, 3, 8}, {130, 37, 64}, {97, 200, 40}})
    compare({torch::randn({2, S, 3, K}), torch::randn({2, L, 3, K}), torch::randn({2, L, 3, K})},
            [](auto& x) { return attention(x[0], x[1], x[2]); }, tolerance());
}

TEST_P(Ops, AttentionWithMaskBiasAndFusedQkv) {
  auto mask = torch::ones({2, 11}, at::kBool);
  mask.index_put_({0, at::indexing::Slice(4, 11)}, false);
  mask.index_put_({1, at::indexing::Slice()}, false);  // nothing to attend to: the result is zero, not NaN
  compare({torch::randn({2, 11, 3 * 2 * 8}), torch::randn({2, 11, 11})},
          [&](auto& x) {
            auto parts = x[0].view({2, 11, 3, 2, 8}).unbind(2);
            return attention(parts[0], parts[1], parts[2], mask, x[1], 1.0);
          },
          tolerance());
}

TEST_P(Ops, NormsGatesAndFeedForwardMatchNaive) {
  auto x = torch::randn({3, 5, 37}), d = torch::randn({3, 37});
  compare({x, torch::randn({37})}, [](auto& v) { return rms_norm(v[0], v[1]); }, kF32Tolerance);
  compare({x, torch::randn({37}), d, torch::randn({3, 37})}, [](auto& v) { return rms_norm_modulate(v[0], v[1], v[2], v[3]); }, kF32Tolerance);
  compare({x, torch::randn({3, 5, 37}), d}, [](auto& v) { return gated_residual(v[0], v[1], v[2]); }, kF32Tolerance);
  compare({torch::randn({4, 2, 38}) * 4}, [](auto& v) { return swiglu(v[0]); }, kF32Tolerance);
  for (int64_t frames : {1, 3})
    compare({torch::randn({2, frames, 4, 5, 70}), torch::randn({27, 70})}, [](auto& v) { return depthwise_conv(v[0], v[1]); }, kF32Tolerance);
}

TEST_P(Ops, InferenceKeepsNothingAndAgrees) {
  auto x = torch::randn({9, 16}).requires_grad_(), w = torch::randn({4, 16}).requires_grad_();
  auto tracked = nn::linear(x, w);
  c10::InferenceMode guard;
  EXPECT_TRUE(at::equal(nn::linear(x, w), tracked));
}

INSTANTIATE_TEST_SUITE_P(Precisions, Ops, ::testing::Values(Compute::kF32, Compute::kBf16, Compute::kAten));

TEST(Ops, GradientsAgreeWithFiniteDifferences) {
  torch::manual_seed(3);
  auto q = torch::randn({1, 4, 1, 3}, at::kDouble).requires_grad_(), k = torch::randn({1, 5, 1, 3}, at::kDouble), v = torch::randn({1, 5, 1, 3}, at::kDouble);
  auto value = [&](const Tensor& x) { return attention(x, k, v).square().sum(); };
  value(q).backward();
  constexpr double kStep = 1e-6;
  for (int64_t i = 0; i < q.numel(); ++i) {
    auto nudge = torch::zeros_like(q).flatten();
    nudge[i] = kStep;
    at::NoGradGuard no_grad;
    double slope = (value(q + nudge.view_as(q)) - value(q - nudge.view_as(q))).item<double>() / (2 * kStep);
    EXPECT_NEAR(slope, q.grad().flatten()[i].item<double>(), 1e-5);
  }
}

TEST(Ops, ResultDoesNotDependOnThreads) {
  torch::manual_seed(5);
  auto q = torch::randn({2, 70, 3, 16});
  auto x = torch::randn({2, 6, 48}), w = torch::ones({48});
  set_threads(1);
  auto one = attention(q, q, q), norm_one = rms_norm(x, w);
  set_threads(2);
  EXPECT_TRUE(at::equal(one, attention(q, q, q)));
  EXPECT_TRUE(at::equal(norm_one, rms_norm(x, w)));
}

TEST(Layers, PatchifyRoundTrips) {
  auto x = torch::randn({2, 3, 4, 6, 8});
  EXPECT_TRUE(at::equal(unpatchify(patchify(x, 2), 3, {4, 3, 4}, 2), x));
}

TEST(Layers, SwiGluConvolutionStartsAsIdentity) {
  torch::manual_seed(2);
  SwiGlu with(8, 12, true);
  SwiGlu without(8, 12, false);
  without->w_in->weight = with->w_in->weight;
  without->w_out->weight = with->w_out->weight;
  auto x = torch::randn({2, 12, 8});
  EXPECT_LT(relative_error(with->forward(x, {1, 3, 4}), without->forward(x)), 1e-6);
}

}  // namespace
}  // namespace mg::nn
