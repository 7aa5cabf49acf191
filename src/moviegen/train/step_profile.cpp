#include "moviegen/train/step_profile.h"

#include <fmt/format.h>

#include <map>

#include "moviegen/nn/ops.h"
#include "moviegen/train/speed.h"

namespace mg::train {
namespace {

constexpr double kLeastShare = 0.002;  // operations below are added up

// Rate of large f32 products, whatever the run computes in: what speeds are compared to (docs/performance_log.md).
double raw_f32_rate() {
  auto compute = nn::compute();
  nn::set_compute(nn::Compute::kF32);
  double rate = raw_product_rate();
  nn::set_compute(compute);
  return rate;
}

}  // namespace

int64_t StepProfile::add(const StepReport& report, double seconds) {
  seconds_ += seconds;
  wait_s_ += report.data_wait_s;
  return ++steps_;
}

std::string StepProfile::table() const {
  double steps = static_cast<double>(steps_), raw = raw_f32_rate();
  struct Sum {
    double seconds = 0, flops = 0;
  };
  std::map<std::string, Sum> phases;
  Sum all, small;
  auto rows = profile_.rows();
  for (const auto& row : rows) phases[row.phase].seconds += row.seconds, phases[row.phase].flops += row.flops, all.flops += row.flops;
  phases["forward"].seconds -= wait_s_;
  phases["data wait"].seconds = wait_s_;
  for (const auto& [name, phase] : phases) all.seconds += phase.seconds;
  phases["the rest"].seconds = seconds_ - all.seconds;

  std::string table = fmt::format("{} steps of {:.1f} ms; {:.0f} GFLOP/s are {:.2f} of the rate of large f32 products, {:.0f} GFLOP/s\n", steps_, seconds_ / steps * 1e3,
                                  all.flops / seconds_ * 1e-9, all.flops / seconds_ / raw, raw * 1e-9);
  auto line = [&](const std::string& phase, const std::string& operation, double calls, Sum sum) {
    table += fmt::format("{:<10} {:<34} {:>7} {:>9.2f} {:>6.1f} % {:>8} {:>6}\n", phase, operation, calls > 0 ? fmt::format("{:.1f}", calls / steps) : "", sum.seconds / steps * 1e3,
                         sum.seconds / seconds_ * 100, sum.flops > 0 ? fmt::format("{:.0f}", sum.flops / sum.seconds * 1e-9) : "",
                         sum.flops > 0 ? fmt::format("{:.2f}", sum.flops / sum.seconds / raw) : "");
  };
  table += fmt::format("{:<10} {:<34} {:>7} {:>9} {:>8} {:>8} {:>6}\n", "phase", "operation", "calls", "ms", "share", "GFLOP/s", "of raw");
  for (const auto& [name, phase] : phases) line(name, "", 0, phase);
  double calls = 0;
  for (const auto& row : rows) {
    double seconds = row.seconds - (row.phase == "forward" && row.operation == "between operations" ? wait_s_ : 0);
    if (seconds >= kLeastShare * seconds_)
      line(row.phase, row.operation, static_cast<double>(row.calls), {seconds, row.flops});
    else
      small.seconds += seconds, small.flops += row.flops, calls += static_cast<double>(row.calls);
  }
  line("all", "operations below 0.2 %", calls, small);
  table.pop_back();
  return table;
}

}  // namespace mg::train
