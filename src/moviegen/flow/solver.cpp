#include "moviegen/flow/solver.h"

#include "moviegen/core/error.h"

namespace mg::flow {

Tensor solve_euler(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step) {
  int steps = static_cast<int>(times.size()) - 1;
  for (int i = 0; i < steps; ++i) {
    x = x + velocity(x, times[i]) * (times[i + 1] - times[i]);
    if (on_step) on_step(i + 1, steps, x);
  }
  return x;
}

Tensor solve_midpoint(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step) {
  int steps = static_cast<int>(times.size()) - 1;
  for (int i = 0; i < steps; ++i) {
    double dt = times[i + 1] - times[i];
    Tensor middle = x + velocity(x, times[i]) * (dt / 2);
    x = x + velocity(middle, times[i] + dt / 2) * dt;
    if (on_step) on_step(i + 1, steps, x);
  }
  return x;
}

Tensor solve(const std::string& solver, const Velocity& velocity, Tensor x, const std::vector<double>& times,
             const OnStep& on_step) {
  if (solver == "euler") return solve_euler(velocity, std::move(x), times, on_step);
  if (solver == "midpoint") return solve_midpoint(velocity, std::move(x), times, on_step);
  throw UsageError("solver: expected euler or midpoint, got '{}'", solver);
}

Tensor guide(const Tensor& unconditional, const Tensor& conditional, double scale) {
  return unconditional + (conditional - unconditional) * scale;
}

}  // namespace mg::flow
