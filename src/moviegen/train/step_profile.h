// Where the time of training steps goes, for `moviegen train --profile`: phases and operations, their share and their speed.
#pragma once
#include <string>

#include "moviegen/nn/profile.h"
#include "moviegen/train/task.h"

namespace mg::train {

class StepProfile {
 public:
  // Adds a step that ran since the last one; → how many there are.
  int64_t add(const StepReport& report, double seconds);
  std::string table() const;

 private:
  nn::Profile profile_;
  double seconds_ = 0, wait_s_ = 0;
  int64_t steps_ = 0;
};

}  // namespace mg::train
