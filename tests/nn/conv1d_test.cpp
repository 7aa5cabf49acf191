#include "moviegen/nn/conv1d.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/snake.h"

namespace mg::nn {
namespace {

constexpr double kF32 = 1e-4, kBf16 = 2e-2;  // relative to the largest value: f32 sums in another order; 8 bits of mantissa

class Precision {
 public:
  explicit Precision(Compute compute_) : before_(compute()) { set_compute(compute_); }
  ~Precision() { set_compute(before_); }

 private:
  Compute before_;
};

double difference(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kFloat) - b.to(at::kFloat)).abs().max() / (b.to(at::kFloat).abs().max() + 1e-6)).item<double>();
}
Tensor leaf(at::IntArrayRef sizes, double factor = 1) { return (torch::randn(sizes) * factor).requires_grad_(); }

Tensor naive_conv(const Tensor& x_BCS, const Tensor& weight, const Tensor& bias, int64_t stride, int64_t pad, int64_t dilation) {
  return at::conv1d(x_BCS, weight, bias, at::IntArrayRef(stride), at::IntArrayRef(pad), at::IntArrayRef(dilation));
}

// Compares value and every gradient of two functions of the same leaves.
template <class F, class G>
void expect_alike(F ours, G theirs, const std::vector<Tensor>& leaves, double tolerance) {
  auto a = ours(), b = theirs();
  ASSERT_EQ(a.sizes().vec(), b.sizes().vec());
  EXPECT_LT(difference(a, b), tolerance);
  auto weights = torch::randn_like(b);
  auto ga = torch::autograd::grad({(a.to(at::kFloat) * weights).sum()}, leaves), gb = torch::autograd::grad({(b * weights).sum()}, leaves);
  for (size_t i = 0; i < leaves.size(); ++i) EXPECT_LT(difference(ga[i], gb[i]), tolerance) << "gradient of leaf " << i;
}

class Conv1d : public testing::TestWithParam<Compute> {
 protected:
  void SetUp() override {
    if (GetParam() == Compute::kBf16 && !has_native_bf16()) GTEST_SKIP() << "no native bf16 products here";
    torch::manual_seed(1);
  }
  double tolerance() const { return GetParam() == Compute::kBf16 ? kBf16 : kF32; }
};

TEST_P(Conv1d, MatchesAten) {
  Precision precision(GetParam());
  for (int64_t kernel : {1, 3, 7})
    for (int64_t dilation : {1, 3, 9}) {
      int64_t pad = dilation * (kernel - 1) / 2;
      auto x = leaf({2, 37, 16}), w = leaf({24, 16, kernel}, 0.2), b = leaf({24});
      expect_alike([&] { return conv1d(x.to(narrow_type(x)), w, b, {.dilation = dilation, .pad_left = pad, .pad_right = pad}); },
                   [&] { return naive_conv(x.transpose(1, 2), w, b, 1, pad, dilation).transpose(1, 2); }, {x, w, b}, tolerance());
    }
}

TEST_P(Conv1d, StridesAndUnevenPadsMatchAten) {
  Precision precision(GetParam());
  for (int64_t stride : {2, 5, 12}) {
    int64_t left = (stride + 1) / 2, right = stride - left;
    auto x = leaf({3, 4 * stride, 8}), w = leaf({20, 8, 2 * stride}, 0.2), b = leaf({20});
    expect_alike([&] { return conv1d(x.to(narrow_type(x)), w, b, {.stride = stride, .pad_left = left, .pad_right = right}); },
                 [&] { return naive_conv(at::constant_pad_nd(x.transpose(1, 2), {left, right}), w, b, stride, 0, 1).transpose(1, 2); }, {x, w, b}, tolerance());
  }
}

TEST_P(Conv1d, TransposedMatchesAten) {
  Precision precision(GetParam());
  for (int64_t stride : {2, 5, 12}) {
    int64_t left = (stride + 1) / 2, right = stride - left;
    auto x = leaf({3, 6, 16}), w = leaf({16, 12, 2 * stride}, 0.2), b = leaf({12});
    auto naive = [&] { return at::conv_transpose1d(x.transpose(1, 2), w, b, at::IntArrayRef(stride)).narrow(2, left, 6 * stride).transpose(1, 2); };
    expect_alike([&] { return conv1d(x.to(narrow_type(x)), w, b, {.stride = stride, .pad_left = left, .pad_right = right, .transposed = true}); },
                 naive, {x, w, b}, tolerance());
  }
}

TEST_P(Conv1d, SnakeMatchesItsFormula) {
  Precision precision(GetParam());
  auto x = leaf({2, 19, 24}, 3), alpha = (torch::rand({1, 24, 1}) * 2 + 0.05).requires_grad_();
  auto naive = [&] { return x + (alpha.view({1, 1, 24}) * x).sin().square() / (alpha.view({1, 1, 24}) + 1e-9); };
  for (auto width : {Width::kWide, Width::kNarrow})
    expect_alike([&] { return snake(x, alpha, width); }, naive, {x, alpha}, width == Width::kWide ? kF32 : tolerance());
  expect_alike([&] { return snake(x.to(narrow_type(x)), alpha, Width::kNarrow); }, naive, {x, alpha}, 2 * tolerance());
}

std::string name_of(const testing::TestParamInfo<Compute>& info) {
  return info.param == Compute::kBf16 ? "bf16" : info.param == Compute::kAten ? "aten" : "f32";
}
INSTANTIATE_TEST_SUITE_P(All, Conv1d, testing::Values(Compute::kF32, Compute::kBf16, Compute::kAten), name_of);

TEST(Conv1d, RefusesWhatDoesNotFit) {
  auto x = torch::zeros({1, 4, 8}), w = torch::zeros({8, 8, 7}), b = torch::zeros({8});
  EXPECT_THROW(conv1d(x, w, b, {}), InternalError);  // shorter than the kernel
  EXPECT_THROW(conv1d(torch::zeros({1, 4, 6}), w, b, {.pad_left = 3, .pad_right = 3}), InternalError);
  EXPECT_THROW(conv1d(x, w, b, {.dilation = 3, .transposed = true}), InternalError);
}

TEST(Snake, IsAccurateFarFromZero) {
  torch::NoGradGuard no_grad;
  auto x = torch::linspace(-300, 300, 4001).view({1, -1, 1}), alpha = torch::full({1, 1, 1}, 1.7);
  auto exact = x.to(at::kDouble) + (alpha.to(at::kDouble).view({1, 1, 1}) * x.to(at::kDouble)).sin().square() / 1.7;
  EXPECT_LT((snake(x, alpha, Width::kWide).to(at::kDouble) - exact).abs().max().item<double>(), 2e-4);  // half an ulp of αx is 3e-5
  EXPECT_TRUE(snake(torch::full({1, 1, 1}, NAN), alpha, Width::kWide).isnan().all().item<bool>());
}

}  // namespace
}  // namespace mg::nn
