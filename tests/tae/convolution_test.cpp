#include "moviegen/tae/convolution.h"

#include <gtest/gtest.h>

#include "moviegen/nn/ops.h"
#include "moviegen/tae/activations.h"
#include "moviegen/tae/layers.h"

namespace mg::tae {
namespace {

constexpr double kF32 = 1e-4, kBf16 = 2e-2;  // relative to the largest value: f32 sums in another order; 8 bits of mantissa

class Precision {
 public:
  explicit Precision(nn::Compute compute) : before_(nn::compute()) { nn::set_compute(compute); }
  ~Precision() { nn::set_compute(before_); }

 private:
  nn::Compute before_;
};

double difference(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kFloat) - b.to(at::kFloat)).abs().max() / (b.to(at::kFloat).abs().max() + 1e-6)).item<double>();
}

Tensor leaf(at::IntArrayRef sizes, double factor = 1) { return (torch::randn(sizes) * factor).requires_grad_(); }

// The same by ATen's 3D convolution: frames k×k with zeros around, then time 3 with the edge frame repeated.
Tensor naive_frames(const Tensor& x_TBHWC, const Tensor& weight, const Tensor& bias, int64_t stride) {
  int64_t pad = weight.size(2) / 2;
  auto y = at::conv3d(x_TBHWC.permute({1, 4, 0, 2, 3}), weight.unsqueeze(2), bias, {1, stride, stride}, {0, pad, pad});
  return y.permute({2, 0, 3, 4, 1});
}
Tensor naive_time(const Tensor& x_TBHWC, const Tensor& weight, const Tensor& bias, int64_t stride) {
  auto x = at::replication_pad3d(x_TBHWC.permute({1, 4, 0, 2, 3}), {0, 0, 0, 0, 1, 1});
  return at::conv3d(x, weight.unsqueeze(3).unsqueeze(4), bias, {stride, 1, 1}).permute({2, 0, 3, 4, 1});
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

class Convolutions : public testing::TestWithParam<nn::Compute> {
 protected:
  void SetUp() override {
    if (GetParam() == nn::Compute::kBf16 && !nn::has_native_bf16()) GTEST_SKIP() << "no native bf16 products here";
    torch::manual_seed(1);
  }
  double tolerance() const { return GetParam() == nn::Compute::kBf16 ? kBf16 : kF32; }
};

TEST_P(Convolutions, FramesMatchTheNaiveForm) {
  Precision precision(GetParam());
  for (int64_t kernel : {1, 3})
    for (int64_t stride : {1, 2}) {
      auto x = leaf({3, 2, 8, 6, 16}), w = leaf({24, 16, kernel, kernel}, 0.2), b = leaf({24});
      expect_alike([&] { return convolve_frames(x, w, b, stride, Width::kWide); }, [&] { return naive_frames(x, w, b, stride); }, {x, w, b}, tolerance());
    }
}

TEST_P(Convolutions, TimeMatchesTheNaiveForm) {
  Precision precision(GetParam());
  for (int64_t frames : {1, 2, 5, 8})
    for (int64_t stride : {1, 2}) {
      auto x = leaf({frames, 2, 3, 4, 16}), w = leaf({32, 16, 3}, 0.2), b = leaf({32});
      expect_alike([&] { return convolve_time(x, w, b, stride, Width::kWide); }, [&] { return naive_time(x, w, b, stride); }, {x, w, b}, tolerance());
    }
}

TEST_P(Convolutions, PairIsOneAfterTheOther) {
  Precision precision(GetParam());
  for (int64_t frames : {1, 2, 7}) {
    auto x = leaf({frames, 2, 6, 5, 16}), fw = leaf({32, 16, 3, 3}, 0.1), fb = leaf({32}), tw = leaf({16, 32, 3}, 0.1), tb = leaf({16});
    expect_alike([&] { return convolve_pair(x, fw, fb, tw, tb, Width::kWide); },
                 [&] { return naive_time(naive_frames(x, fw, fb, 1), tw, tb, 1); }, {x, fw, fb, tw, tb}, tolerance());
  }
}

TEST_P(Convolutions, NormSiluMatchesTheNaiveForm) {
  Precision precision(GetParam());
  auto x = leaf({2, 3, 4, 5, 48}), w = leaf({48});
  auto naive = [&] { return at::silu(x * (x.square().mean(-1, true) + 1e-6).rsqrt() * w); };
  expect_alike([&] { return norm_silu(x, w); }, naive, {x, w}, tolerance());
}

TEST_P(Convolutions, ResidualAddsInTheWideType) {
  Precision precision(GetParam());
  auto x = leaf({2, 1, 4, 4, 16}), y = leaf({2, 1, 4, 4, 16});
  auto sum = [&] { return add_residual(x, y.to(narrow_type(y))); };
  EXPECT_EQ(sum().scalar_type(), at::kFloat);
  expect_alike(sum, [&] { return x + y; }, {x, y}, tolerance());
}

INSTANTIATE_TEST_SUITE_P(Precisions, Convolutions, testing::Values(nn::Compute::kF32, nn::Compute::kBf16, nn::Compute::kAten),
                         [](const auto& tested) { return tested.param == nn::Compute::kF32 ? "f32" : tested.param == nn::Compute::kBf16 ? "bf16" : "aten"; });

TEST(Layers, FoldingPixelsIsReversible) {
  auto x = torch::randn({2, 3, 5, 8, 12});
  EXPECT_TRUE(at::equal(unfold_pixels(fold_pixels(x, 4), 4), x));
}

TEST(Layers, ShortcutsFoldMeansAndUnfoldRepetitions) {
  auto x = torch::randn({3, 2, 4, 6, 8});
  auto folded = fold_step(x, true, true);
  EXPECT_EQ(folded.sizes().vec(), (std::vector<int64_t>{2, 2, 2, 3, 64}));
  // The four pixels of a block are neighbours, so that a mean of four is the block's.
  auto means = fit_channels(folded, 16);
  auto block = x.slice(2, 0, 2).slice(3, 0, 2).select(4, 3).mean({2, 3});  // [T,B] of channel 3, upper left block
  EXPECT_TRUE(at::allclose(means[0].select(1, 0).select(1, 0).select(1, 6), block[0], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(means[0].select(1, 0).select(1, 0).select(1, 7), block[1], 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(folded[1].select(3, 0), fold_step(x.narrow(0, 2, 1), true, true)[0].select(3, 0)));  // the odd frame twice
  auto up = unfold_step(fit_channels(x, 32), true, true);  // each channel four times, so every new pixel is the old one
  EXPECT_TRUE(at::equal(up, repeat_space(at::repeat_interleave(x, 2, 0))));
  EXPECT_EQ(fit_channels(x, 5).size(4), 5);
}

TEST(Layers, TimeUpsampleStartsAsRepetition) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  TimeUpsample up(16, 8);
  auto x = torch::randn({3, 2, 4, 4, 16});
  auto y = up(x, false);
  ASSERT_EQ(y.size(0), 6);
  for (int64_t t = 0; t < 3; ++t) EXPECT_TRUE(at::allclose(y[2 * t], y[2 * t + 1], 1e-5, 1e-6));
  // A still takes the first frame of the two.
  EXPECT_TRUE(at::allclose(up(x.narrow(0, 1, 1), true)[0], up(x.narrow(0, 1, 1), false)[0], 1e-4, 1e-5));
}

}  // namespace
}  // namespace mg::tae
