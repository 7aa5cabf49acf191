// Solvers of dx/dt = u(x, t) from noise (t = 0) to data (t = 1), and classifier-free guidance. They know nothing of
// networks. Facts sheet 5: first-order Euler, guidance u = u(null) + s·(u(text) − u(null)).
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace mg::flow {

using at::Tensor;
// Velocity of x at flow time t.
using Velocity = std::function<Tensor(const Tensor& x, double t)>;
// Called after each step with (step done, steps, x); may throw Cancelled.
using OnStep = std::function<void(int step, int steps, const Tensor& x)>;

Tensor solve_euler(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step = {});
Tensor solve_midpoint(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step = {});
// "euler" or "midpoint"; throws UsageError.
Tensor solve(const std::string& solver, const Velocity& velocity, Tensor x, const std::vector<double>& times,
             const OnStep& on_step = {});

// Flow times at which guidance acts, both ends included; elsewhere the conditional velocity is used, which is one pass instead of two
// (Kynkäänniemi et al., "Applying guidance in a limited interval", 2024).
struct GuidanceInterval {
  double start = 0, end = 1;
  bool contains(double t) const { return t >= start && t <= end; }
};

// Scale 1 is the conditional velocity itself.
Tensor guide(const Tensor& unconditional, const Tensor& conditional, double scale);

}  // namespace mg::flow
