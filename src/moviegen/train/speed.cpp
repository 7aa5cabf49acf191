#include "moviegen/train/speed.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "moviegen/nn/matmul.h"

namespace mg::train {

double raw_product_rate(double seconds) {
  constexpr int64_t kSize = 768;  // large enough to be bound by arithmetic, and some 10 ms on a small machine
  using Clock = std::chrono::steady_clock;
  auto elapsed = [](Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); };
  at::NoGradGuard no_grad;
  auto a = nn::operand(at::ones({kSize, kSize})), b = nn::operand(at::ones({kSize, kSize}));
  nn::product(a, false, b, true);  // makes the primitive
  double best = 0;
  for (auto start = Clock::now(); elapsed(start) < seconds;) {
    auto begin = Clock::now();
    nn::product(a, false, b, true);
    best = std::max(best, 2.0 * kSize * kSize * kSize / elapsed(begin));
  }
  return best;
}

int64_t held_bytes() {
  File file(std::fopen("/proc/self/statm", "re"));
  long long size = 0, resident = 0, mapped = 0;
  if (!file || std::fscanf(file.get(), "%lld %lld %lld", &size, &resident, &mapped) != 3) return 0;
  return (resident - mapped) * ::sysconf(_SC_PAGESIZE);
}

void SpeedWindow::add(const StepReport& report, double seconds) {
  seconds_ += seconds;
  wait_s_ += report.data_wait_s;
  flops_ += report.flops;
  samples_ += report.samples;
  ++steps_;
}

Scalars SpeedWindow::figures() const {
  Scalars speed;
  if (steps_ > 0 && seconds_ > 0) {
    speed["s_per_step"] = seconds_ / static_cast<double>(steps_);
    speed["samples_per_s"] = static_cast<double>(samples_) / seconds_;
    speed["data_wait"] = wait_s_ / seconds_;
    if (flops_ > 0) {
      speed["gflop_per_s"] = flops_ / seconds_ * 1e-9;
      if (raw_rate_ > 0) speed["utilisation"] = flops_ / seconds_ / raw_rate_;
    }
  }
  return speed;
}

}  // namespace mg::train
