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
  EXPECT_THROW(solve("midpoint", growth, x, {0, 1}, {}, {.rate = 1, .noise = [&] { return x; }}), UsageError);
}

// Data of mean 2 and deviation 0.5, whose velocity is known: however much noise is drawn anew, that is what comes out.
TEST(Solver, ChurnChangesTheWayAndNotTheResult) {
  torch::manual_seed(5);
  constexpr double kMean = 2, kDeviation = 0.5;
  auto start = torch::randn({20000});
  auto velocity = [&](const Tensor& x, double t) {
    double gain = t * kDeviation * kDeviation / (t * t * kDeviation * kDeviation + (1 - t) * (1 - t));
    return (kMean + (x - t * kMean) * gain - x) / (1 - t);
  };
  auto solved = [&](double rate) { return solve_euler(velocity, start, linear_schedule(200), {}, {rate, [] { return torch::randn({20000}); }}); };
  std::vector<Tensor> ends;
  for (double rate : {0.0, 1.0, 4.0}) {
    auto end = ends.emplace_back(solved(rate));
    EXPECT_NEAR(end.mean().item<double>(), kMean, 0.02) << rate;
    EXPECT_NEAR(end.std().item<double>(), kDeviation, 0.03) << rate;
  }
  auto kept = [&](const Tensor& end) { return ((end - end.mean()) * (start - start.mean())).mean().item<double>() / (end.std() * start.std()).item<double>(); };
  EXPECT_GT(kept(ends[0]), 0.99);          // without churn the end is a function of the start
  EXPECT_LT(std::abs(kept(ends[2])), 0.1);  // with much of it the start is forgotten
}

TEST(Guidance, ScaleOneIsTheConditionalVelocity) {
  auto u = torch::randn({4}), c = torch::randn({4});
  EXPECT_TRUE(at::allclose(guide(u, c, 1.0), c));
  EXPECT_TRUE(at::allclose(guide(u, c, 7.5), u + 7.5 * (c - u)));
}

}  // namespace
}  // namespace mg::flow
