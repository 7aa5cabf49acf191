#include "moviegen/train/tasks/tae_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "moviegen/nn/optimizer.h"
#include "moviegen/train/tasks/tae_discriminator.h"
#include "moviegen/train/tasks/tae_measure.h"

namespace mg::train {
namespace {

using at::Tensor;

TEST(TaeLoss, ZeroWhereReconstructionIsTheTarget) {
  torch::manual_seed(1);
  for (int64_t frames : {1, 8}) {
    auto x = torch::rand({2, 3, frames, 32, 24}) * 2 - 1;
    EXPECT_EQ(charbonnier_loss(x - x).item<double>(), 0);
    EXPECT_EQ(gradient_loss(x - x).item<double>(), 0);
    EXPECT_NEAR(structure_loss(x, x).item<double>(), 0, 1e-4);
    auto worse = x + 0.1 * torch::randn_like(x);
    EXPECT_GT(charbonnier_loss(worse - x).item<double>(), 0.02);
    EXPECT_GT(gradient_loss(worse - x).item<double>(), 0.05);
    EXPECT_GT(structure_loss(worse, x).item<double>(), 0.005);
  }
}

// A constant shift has no gradient; a blur costs structure more than the same error as a shift.
TEST(TaeLoss, EachTermSeesItsOwnFault) {
  torch::manual_seed(2);
  auto x = torch::rand({1, 3, 2, 32, 32}) * 2 - 1;
  EXPECT_NEAR(gradient_loss(x + 0.2 - x).item<double>(), 0, 1e-6);
  auto blurred = at::avg_pool2d(x.view({6, 1, 32, 32}), {3, 3}, {1, 1}, {1, 1}).view_as(x);
  double shift = (blurred - x).abs().mean().item<double>();
  EXPECT_GT(structure_loss(blurred, x).item<double>(), 3 * structure_loss(x + shift, x).item<double>());
}

// What moves is a tenth of the picture and far off; the rest is nearly right. The gradient must come from the former.
TEST(TaeLoss, LargeErrorsPullHarderThanManySmallOnes) {
  auto error = torch::full({1, 1, 1, 10, 10}, 0.01);
  error.select(3, 0).fill_(0.5);
  auto leaf = error.clone().requires_grad_();
  charbonnier_loss(leaf).backward();
  auto pull = leaf.grad().abs();
  EXPECT_GT(pull.select(3, 0).sum().item<double>(), pull.narrow(3, 1, 9).sum().item<double>());
}

TEST(TaeLoss, KlIsZeroForTheUnitNormal) {
  EXPECT_EQ(kl_loss(torch::zeros({2, 4}), torch::zeros({2, 4})).item<double>(), 0);
  EXPECT_NEAR(kl_loss(torch::ones({2, 4}), torch::zeros({2, 4})).item<double>(), 0.5, 1e-6);
}

// Facts 1.5, by loops.
double naive_outlier_penalty(const Tensor& x, double r) {
  auto a = x.accessor<float, 5>();
  int64_t B = x.size(0), C = x.size(1), T = x.size(2), H = x.size(3), W = x.size(4);
  double total = 0;
  for (int64_t b = 0; b < B; ++b)
    for (int64_t t = 0; t < T; ++t) {
      std::vector<double> mean(static_cast<size_t>(C), 0), variance(static_cast<size_t>(C), 0);
      auto n = static_cast<double>(H * W);
      for (int64_t c = 0; c < C; ++c) {
        auto i = static_cast<size_t>(c);
        for (int64_t p = 0; p < H * W; ++p) mean[i] += a[b][c][t][p / W][p % W] / n;
        for (int64_t p = 0; p < H * W; ++p) variance[i] += std::pow(a[b][c][t][p / W][p % W] - mean[i], 2) / n;
      }
      double spread = 0;
      for (double v : variance) spread += v;
      for (int64_t p = 0; p < H * W; ++p) {
        double distance = 0;
        for (int64_t c = 0; c < C; ++c) distance += std::pow(a[b][c][t][p / W][p % W] - mean[static_cast<size_t>(c)], 2);
        total += std::max(std::sqrt(distance) - r * std::sqrt(spread), 0.0) / n;
      }
    }
  return total / static_cast<double>(B * T);
}

TEST(TaeLoss, OutlierPenaltyIsTheFormula) {
  torch::manual_seed(3);
  auto x = torch::randn({2, 4, 3, 8, 8});
  x.select(0, 1).select(1, 2).select(1, 5).select(1, 5).fill_(30);  // one dot
  for (double r : {0.5, 1.0, 3.0}) EXPECT_NEAR(outlier_penalty(x, r).item<double>(), naive_outlier_penalty(x, r), 1e-4);
  EXPECT_GT(outlier_penalty(x, 3).item<double>(), 0.01);
  EXPECT_EQ(outlier_penalty(torch::rand({1, 4, 1, 8, 8}), 3).item<double>(), 0);  // no dots, no penalty
}

TEST(TaeLoss, OutlierPenaltyPullsTheDotIn) {
  torch::manual_seed(4);
  auto x = torch::randn({1, 4, 1, 8, 8});
  x.select(3, 2).select(3, 2).fill_(20);
  x.requires_grad_();
  double before = outlier_penalty(x).item<double>();
  for (int i = 0; i < 500; ++i) {
    auto g = torch::autograd::grad({outlier_penalty(x)}, {x})[0];
    x = (x - 20 * g).detach().requires_grad_();
  }
  EXPECT_LT(outlier_penalty(x).item<double>(), before / 4);
}

TEST(TaeDiscriminator, LearnsToSeparateInAFewSteps) {
  torch::manual_seed(5);
  PatchDiscriminator discriminator(16);
  nn::AdamW optimizer(discriminator->parameters(), {.weight_decay = 0});
  auto batch = [](bool sharp) {
    auto x = torch::rand({4, 3, 4, 32, 32}) * 2 - 1;
    return sharp ? x : at::avg_pool3d(x, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
  };
  double first = 0, last = 0;
  for (int step = 0; step < 40; ++step) {
    auto loss = discriminator_loss(discriminator(batch(true)), discriminator(batch(false)));
    loss.backward();
    optimizer.step(2e-3, 1);
    (step == 0 ? first : last) = loss.item<double>();
  }
  EXPECT_GT(first, 1.5);
  EXPECT_LT(last, 0.5);
  torch::NoGradGuard no_grad;
  EXPECT_GT(discriminator(batch(true)).mean().item<double>(), discriminator(batch(false)).mean().item<double>() + 1);
  EXPECT_EQ(discriminator(torch::rand({2, 3, 1, 32, 48})).sizes().vec(), (std::vector<int64_t>{1, 2, 4, 6, 1}));
}

TEST(TaeMeasure, KnownErrorsGiveKnownFigures) {
  torch::manual_seed(6);
  auto x = torch::rand({3, 4, 24, 24}) - 0.5;
  EXPECT_EQ(psnr(x, x), 100);
  EXPECT_NEAR(ssim(x, x), 1, 1e-4);
  EXPECT_NEAR(psnr(x + 0.2, x), 20, 0.1);  // a tenth of the range off everywhere
  EXPECT_LT(ssim(torch::rand({3, 4, 24, 24}) - 0.5, x), 0.3);
}

TEST(TaeMeasure, MotionCountsOnlyWhatMoves) {
  auto x = torch::zeros({3, 4, 32, 32});
  EXPECT_FALSE(motion_psnr(x, x).has_value());
  for (int64_t t = 0; t < 4; ++t) x.select(1, t).narrow(1, 4, 6).narrow(2, 4 * t, 6).fill_(0.8);
  auto off = x.clone();
  off.narrow(2, 20, 12).add_(0.5);  // an error where nothing moves
  EXPECT_EQ(motion_psnr(off, x).value(), 100);
  EXPECT_LT(psnr(off, x), 30);
  EXPECT_LT(motion_psnr(x * 0.5, x).value(), psnr(x * 0.5, x));
}

TEST(TaeMeasure, IntervalShrinksWithTheRoot) {
  auto one = summarise({3, 5}), many = summarise({3, 5, 3, 5, 3, 5, 3, 5});
  EXPECT_DOUBLE_EQ(one.mean, 4);
  EXPECT_GT(one.half_interval, many.half_interval);
  EXPECT_EQ(summarise({}).count, 0);
}

TEST(TaeLoss, ErrorsCountMoreWhereThePictureMoves) {
  auto target = torch::full({1, 3, 4, 8, 8}, -1.0f);
  for (int64_t t = 0; t < 4; ++t) target.index_put_({0, 1, t, 4, 2 + t}, 1.0f);  // a point that goes to the right
  auto error = with_motion_gain(torch::ones({1, 3, 4, 8, 8}), target, 2);
  EXPECT_EQ(error[0][0][1][4][3].item<float>(), 3);  // there
  EXPECT_EQ(error[0][2][1][5][1].item<float>(), 3);  // beside where it was a frame before
  EXPECT_EQ(error[0][0][1][4][6].item<float>(), 1);  // out of its way
  EXPECT_EQ(error[0][0][0][0][0].item<float>(), 1);
  EXPECT_TRUE(at::equal(with_motion_gain(target, target, 0), target));
  auto still = torch::ones({1, 3, 1, 8, 8});
  EXPECT_TRUE(at::equal(with_motion_gain(still, still, 2), still));
}

}  // namespace
}  // namespace mg::train
