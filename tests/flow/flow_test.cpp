#include <gtest/gtest.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/flow/path.h"
#include "moviegen/flow/schedule.h"
#include "moviegen/flow/solver.h"

namespace mg::flow {
namespace {

TEST(Path, EndsAtNoiseAndDataWithConstantVelocity) {
  auto data = torch::randn({2, 3}), noise = torch::randn({2, 3});
  EXPECT_TRUE(at::equal(interpolate(data, noise, torch::zeros({2})), noise));
  EXPECT_TRUE(at::allclose(interpolate(data, noise, torch::ones({2})), data, 1e-4, 1e-4));
  auto step = interpolate(data, noise, torch::full({2}, 0.7)) - interpolate(data, noise, torch::full({2}, 0.2));
  EXPECT_TRUE(at::allclose(step, target_velocity(data, noise) * 0.5, 1e-4, 1e-5));
}

TEST(Path, TimesAreLogitNormalAndNoiseIsUnit) {
  Generator generator(3);
  auto t = sample_times(20000, generator);
  auto logits = (t / (1 - t)).log();
  EXPECT_NEAR(logits.mean().item<double>(), 0, 0.03);
  EXPECT_NEAR(logits.std().item<double>(), 1, 0.03);
  auto noise = sample_noise({101, 99}, generator);
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.03);
  EXPECT_NEAR(noise.std().item<double>(), 1, 0.03);
}

TEST(Path, NoiseIsAFunctionOfTheSeed) {
  Generator a(5, "noise"), b(5, "noise"), c(6, "noise");
  auto first = sample_noise({4, 4}, a);
  EXPECT_TRUE(at::equal(first, sample_noise({4, 4}, b)));
  EXPECT_FALSE(at::equal(first, sample_noise({4, 4}, c)));
}

TEST(Path, WeightsSayHowMuchEachPlaceCounts) {
  auto target = torch::zeros({2, 3, 1, 1, 2}), predicted = torch::zeros({2, 3, 1, 1, 2});
  predicted.select(4, 0).fill_(2);  // the left place is off by 4, the right one by nothing
  auto weights = torch::ones({2, 1, 1, 1, 2});
  EXPECT_TRUE(at::allclose(loss_per_item(predicted, target, weights), loss_per_item(predicted, target)));
  weights[1][0][0][0][0] = 3;
  EXPECT_TRUE(at::allclose(loss_per_item(predicted, target, weights), torch::tensor({2.0f, 3.0f})));
}

TEST(Schedule, LinearQuadraticHasThePaperShape) {
  auto t = linear_quadratic_schedule(50, 250);
  ASSERT_EQ(t.size(), 51u);
  for (int i = 0; i <= 25; ++i) EXPECT_NEAR(t[i], i / 250.0, 1e-12);
  EXPECT_NEAR(t[26], 0.1 + 0.004 + 0.00128, 1e-12);  // facts sheet 5.1
  EXPECT_EQ(t.back(), 1.0);
  for (size_t i = 1; i < t.size(); ++i) EXPECT_GT(t[i], t[i - 1]);
}

TEST(Schedule, ShortAndWrongOnes) {
  for (int steps : {1, 2, 3, 7}) {
    auto t = make_schedule("linear-quadratic", steps, 250);
    EXPECT_EQ(t.front(), 0.0);
    EXPECT_EQ(t.back(), 1.0);
    EXPECT_EQ(t.size(), static_cast<size_t>(steps) + 1);
  }
  EXPECT_THROW(make_schedule("cosine", 5, 250), UsageError);
  EXPECT_THROW(make_schedule("linear", 0, 250), UsageError);
}

TEST(Solver, SolvesConstantVelocityExactlyAndMidpointIsSecondOrder) {
  auto x = torch::randn({3}, at::kDouble), v = torch::randn({3}, at::kDouble);
  auto constant = [&](const Tensor&, double) { return v; };
  EXPECT_TRUE(at::allclose(solve_euler(constant, x, linear_quadratic_schedule(10)), x + v));
  auto growth = [](const Tensor& y, double) { return y; };  // x(1) = e·x(0)
  auto error = [&](const char* solver, int steps) {
    return (solve(solver, growth, x, linear_schedule(steps)) - x * std::exp(1.0)).abs().max().item<double>();
  };
  EXPECT_NEAR(error("midpoint", 20) / error("midpoint", 40), 4, 0.3);
  EXPECT_NEAR(error("euler", 20) / error("euler", 40), 2, 0.15);
  EXPECT_THROW(solve("heun", growth, x, {0, 1}), UsageError);
}

TEST(Guidance, ScaleOneIsTheConditionalVelocity) {
  auto u = torch::randn({4}), c = torch::randn({4});
  EXPECT_TRUE(at::allclose(guide(u, c, 1.0), c));
  EXPECT_TRUE(at::allclose(guide(u, c, 7.5), u + 7.5 * (c - u)));
}

}  // namespace
}  // namespace mg::flow
