// Intervals, average precision and the Fréchet distance, against what is known in closed form.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/eval/bootstrap.h"
#include "moviegen/eval/frechet.h"
#include "moviegen/eval/precision.h"

namespace mg::eval {
namespace {

std::vector<double> coin_tosses(int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(i % 2);
  return values;
}

TEST(Bootstrap, IsDeterministicAndFollowsItsSeed) {
  auto values = coin_tosses(101);
  auto one = bootstrap_mean(values, 1), same = bootstrap_mean(values, 1), other = bootstrap_mean(values, 2);
  EXPECT_EQ(one.low, same.low);
  EXPECT_EQ(one.high, same.high);
  EXPECT_TRUE(one.low != other.low || one.high != other.high);
  EXPECT_EQ(one.count, 101);
}

// Of n tosses of a fair coin, 1.96·0.5/√n on each side.
TEST(Bootstrap, IntervalIsTheNormalOneForManyClips) {
  for (int n : {100, 400}) {
    auto interval = bootstrap_mean(coin_tosses(n));
    double half = 1.96 * 0.5 / std::sqrt(n);
    EXPECT_DOUBLE_EQ(interval.value, 0.5);
    EXPECT_NEAR(interval.low, 0.5 - half, 0.25 * half);
    EXPECT_NEAR(interval.high, 0.5 + half, 0.25 * half);
  }
}

TEST(Bootstrap, NothingMeasuredIsNotANumber) {
  auto none = bootstrap_mean({});
  EXPECT_TRUE(std::isnan(none.value) && std::isnan(none.low));
  EXPECT_TRUE(to_json(none)["value"].is_null());
  EXPECT_EQ(bootstrap(1, [](std::span<const size_t>) { return 3.0; }).high, 3);
  // A ratio without denominator in some draws leaves the others.
  auto partial = bootstrap(2, [](std::span<const size_t> drawn) { return drawn[0] == drawn[1] ? std::nan("") : 7.0; });
  EXPECT_EQ(partial.low, 7);
}

TEST(AveragePrecision, HandCases) {
  auto of = [](std::vector<double> scores, std::vector<char> truths) { return average_precision(scores, truths); };
  EXPECT_DOUBLE_EQ(of({0.9, 0.8, 0.1}, {1, 1, 0}), 1);
  EXPECT_DOUBLE_EQ(of({0.1, 0.9, 0.5}, {1, 0, 0}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(of({0.9, 0.8, 0.7, 0.6}, {1, 0, 1, 0}), (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(of({0.5, 0.5, 0.5, 0.5}, {0, 0, 0, 1}), 0.25);  // a constant score knows nothing
  EXPECT_TRUE(std::isnan(of({0.5, 0.6}, {0, 0})));
  EXPECT_TRUE(std::isnan(of({}, {})));
  EXPECT_THROW(of({0.5}, {1, 0}), InternalError);
  EXPECT_THROW(of({0.5, std::nan("")}, {1, 0}), DataError);
}

Gaussian diagonal(std::vector<double> mean, std::vector<double> variance) {
  return {at::tensor(mean, at::kDouble), at::diag(at::tensor(variance, at::kDouble))};
}

// Of independent coordinates: Σ (m₁ − m₂)² + (s₁ − s₂)².
TEST(Frechet, DiagonalGaussiansInClosedForm) {
  auto a = diagonal({0, 1, 2}, {1, 4, 9}), b = diagonal({1, 1, 0}, {4, 4, 1});
  EXPECT_NEAR(frechet_distance(a, b), 1 + 4 + 1 + 0 + 4, 1e-9);
  EXPECT_NEAR(frechet_distance(a, a), 0, 1e-9);
  EXPECT_NEAR(frechet_distance(a, b), frechet_distance(b, a), 1e-9);
}

TEST(Frechet, RotationOfBothChangesNothing) {
  torch::manual_seed(1);
  auto a = diagonal({0, 1, 2}, {1, 4, 9}), b = diagonal({1, 1, 0}, {4, 4, 1});
  auto q = std::get<0>(at::linalg_qr(torch::randn({3, 3}, at::kDouble)));
  auto turned = [&](const Gaussian& g) { return Gaussian{q.mv(g.mean), q.mm(g.covariance).mm(q.t())}; };
  EXPECT_NEAR(frechet_distance(turned(a), turned(b)), frechet_distance(a, b), 1e-9);
}

TEST(Frechet, FitsSamplesAndSurvivesTooFewOfThem) {
  torch::manual_seed(2);
  auto x = torch::randn({20000, 4}), y = torch::randn({20000, 4}) * 2 + 1;
  EXPECT_NEAR(frechet_distance(fit_gaussian(x), fit_gaussian(y)), 4 * (1 + 1), 0.2);
  auto few = fit_gaussian(torch::randn({3, 16}));  // of rank two
  EXPECT_TRUE(std::isfinite(frechet_distance(few, fit_gaussian(torch::randn({3, 16})))));
  EXPECT_NEAR(frechet_distance(few, few), 0, 1e-6);
}

TEST(Frechet, RefusesWhatItCannotMeasure) {
  EXPECT_THROW(fit_gaussian(torch::randn({1, 4})), UsageError);
  EXPECT_THROW(fit_gaussian(torch::randn({4})), UsageError);
  EXPECT_THROW(fit_gaussian(at::full({4, 2}, std::nan(""))), DataError);
  EXPECT_THROW(frechet_distance(diagonal({0}, {1}), diagonal({0, 0}, {1, 1})), UsageError);
}

}  // namespace
}  // namespace mg::eval
