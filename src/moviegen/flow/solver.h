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
// Called after each step with (step done, steps, data as the step predicts it: x + (1 − t)·u); may throw Cancelled.
using OnStep = std::function<void(int step, int steps, const Tensor& data)>;

// Noise drawn anew on the way, which makes an equation of the path a stochastic one with the same result where the velocity is right; where
// it is not, as in a network of little training, later steps mend what earlier ones did wrong (docs/decisions/0014).
struct Churn {
  double rate = 0;                  // 0: none; 1: as much as DDPM's ancestral sampling (Ho et al. 2020); more is more
  std::function<Tensor()> noise{};  // unit Gaussian, of x's shape
};

Tensor solve_euler(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step = {}, const Churn& churn = {});
Tensor solve_midpoint(const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step = {});
// "euler" or "midpoint"; throws UsageError, also for churn with midpoint.
Tensor solve(const std::string& solver, const Velocity& velocity, Tensor x, const std::vector<double>& times, const OnStep& on_step = {},
             const Churn& churn = {});

// Flow times at which guidance acts, both ends included; elsewhere the conditional velocity is used, which is one pass instead of two
// (Kynkäänniemi et al., "Applying guidance in a limited interval", 2024).
struct GuidanceInterval {
  double start = 0, end = 1;
  bool contains(double t) const { return t >= start && t <= end; }
};

// Scale 1 is the conditional velocity itself.
Tensor guide(const Tensor& unconditional, const Tensor& conditional, double scale);

}  // namespace mg::flow
