#include "moviegen/flow/solver.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::flow {

Tensor solve_euler(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step, const Churn& churn) {
  int steps = static_cast<int>(times.size()) - 1;
  for (int i = 0; i < steps; ++i) {
    double t = times[i], next = times[i + 1];
    auto u = velocity(x, t);
    auto data = x + u * (1 - t);
    if (churn.rate > 0 && next < 1) {
      // Of the noise that x holds a share is kept; with rate 1 as much as q(x_next | x, data) keeps.
      auto noise = x - u * t;
      double kept = std::pow((1 - next) * t / ((1 - t) * next), churn.rate);
      x = data * next + (noise * kept + churn.noise() * std::sqrt(1 - kept * kept)) * (1 - next);
    } else {
      x = x + u * (next - t);
    }
    if (on_step) on_step(i + 1, steps, data);
  }
  return x;
}

Tensor solve_midpoint(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step) {
  int steps = static_cast<int>(times.size()) - 1;
  for (int i = 0; i < steps; ++i) {
    double dt = times[i + 1] - times[i];
    Tensor middle = x + velocity(x, times[i]) * (dt / 2), u = velocity(middle, times[i] + dt / 2);
    if (on_step) on_step(i + 1, steps, x + u * (1 - times[i]));
    x = x + u * dt;
  }
  return x;
}

Tensor solve(const std::string& solver, const Velocity& velocity, Tensor x, const std::vector<double>& times,
             const OnStep& on_step, const Churn& churn) {
  if (solver == "euler") return solve_euler(velocity, std::move(x), times, on_step, churn);
  if (solver == "midpoint" && churn.rate > 0) throw UsageError("churn: expected 0 with the solver midpoint, got {}", churn.rate);
  if (solver == "midpoint") return solve_midpoint(velocity, std::move(x), times, on_step);
  throw UsageError("solver: expected euler or midpoint, got '{}'", solver);
}

Tensor guide(const Tensor& unconditional, const Tensor& conditional, double scale) {
  return unconditional + (conditional - unconditional) * scale;
}

}  // namespace mg::flow
