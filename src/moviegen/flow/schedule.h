// Time schedules of the solver: increasing flow times from 0 to 1 (facts sheet 5.1).
#pragma once
#include <string>
#include <vector>

namespace mg::flow {

// steps + 1 equally spaced times.
std::vector<double> linear_schedule(int steps);
// The first half of `steps` walks an `emulated_steps`-step linear schedule, the rest covers what is left with
// quadratically growing steps, joined without a kink. 50 steps stand in for 250 (facts 5.1).
std::vector<double> linear_quadratic_schedule(int steps, int emulated_steps = 250);
// "linear" or "linear-quadratic"; throws UsageError.
std::vector<double> make_schedule(const std::string& name, int steps, int emulated_steps);

}  // namespace mg::flow
