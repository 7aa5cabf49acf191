// Learning rate over a run: linear warm-up, constant, and a short fall as 1-√ at the end. The constant part can be
// prolonged: a run continued with more `steps` before its fall begins is the run that was planned longer.
#pragma once
#include <cstdint>

#include "moviegen/train/trainer.h"

namespace mg::train {

// Learning rate of step `step` (0-based).
double learning_rate_at(const TrainerConfig& config, int64_t step);
// EMA decay of step `step`: rises to its final value so that the random start is forgotten soon. 0 = averaging is off.
double ema_decay_at(const TrainerConfig& config, int64_t step);

}  // namespace mg::train
