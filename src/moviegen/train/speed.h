// How fast a run is, and how near that is to what the machine can do.
#pragma once
#include <cstdint>

#include "moviegen/train/metrics.h"
#include "moviegen/train/task.h"

namespace mg::train {

// Floating point operations a second of one large product in the current precision: the best of what fits into `seconds`.
double raw_product_rate(double seconds = 0.3);
// Memory of this process in RAM, without files that are mapped into it: the kernel takes those back when others need the room.
int64_t held_bytes();

// Speed since the last metrics line. Not saved: it tells of this process only.
class SpeedWindow {
 public:
  explicit SpeedWindow(double raw_rate) : raw_rate_(raw_rate) {}
  void add(const StepReport& report, double seconds);
  // s_per_step, samples_per_s, data_wait (share) and, where the task counts its work, gflop_per_s and utilisation (share
  // of the raw rate).
  Scalars figures() const;
  void clear() { *this = SpeedWindow(raw_rate_); }

 private:
  double raw_rate_, seconds_ = 0, wait_s_ = 0, flops_ = 0;
  int64_t steps_ = 0, samples_ = 0;
};

}  // namespace mg::train
