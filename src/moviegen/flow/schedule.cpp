#include "moviegen/flow/schedule.h"

#include "moviegen/core/error.h"

namespace mg::flow {

std::vector<double> linear_schedule(int steps) {
  std::vector<double> times(steps + 1);
  for (int i = 0; i <= steps; ++i) times[i] = static_cast<double>(i) / steps;
  return times;
}

std::vector<double> linear_quadratic_schedule(int steps, int emulated_steps) {
  // With fewer emulated steps than real ones the "linear" part would overshoot; then linear is what is meant.
  if (steps < 2 || emulated_steps <= steps) return linear_schedule(steps);
  int linear = steps / 2, quadratic = steps - linear;
  double slope = 1.0 / emulated_steps, joint = linear * slope;
  double curve = (1.0 - joint - quadratic * slope) / (static_cast<double>(quadratic) * quadratic);
  std::vector<double> times;
  for (int i = 0; i <= linear; ++i) times.push_back(i * slope);
  for (int k = 1; k <= quadratic; ++k) times.push_back(joint + k * slope + curve * k * k);
  times.back() = 1.0;
  return times;
}

std::vector<double> make_schedule(const std::string& name, int steps, int emulated_steps) {
  if (steps < 1) throw UsageError("steps: expected at least 1, got {}", steps);
  if (name == "linear") return linear_schedule(steps);
  if (name == "linear-quadratic") return linear_quadratic_schedule(steps, emulated_steps);
  throw UsageError("schedule: expected linear or linear-quadratic, got '{}'", name);
}

}  // namespace mg::flow
