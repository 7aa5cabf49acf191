#include "moviegen/train/learning_rate.h"

#include <algorithm>
#include <cmath>

namespace mg::train {

double learning_rate_at(const TrainerConfig& config, int64_t step) {
  auto at = static_cast<double>(step), steps = static_cast<double>(config.steps), warmup = static_cast<double>(config.warmup_steps);
  double factor = step < config.warmup_steps ? (at + 1) / warmup : 1;
  double fall_begins = steps * (1 - config.decay_fraction);
  if (config.decay_fraction > 0 && at > fall_begins)
    factor *= 1 - (1 - config.final_lr_fraction) * std::sqrt((at - fall_begins) / (steps - fall_begins));
  return config.learning_rate * factor;
}

double ema_decay_at(const TrainerConfig& config, int64_t step) {
  auto at = static_cast<double>(step);
  return std::min(config.ema_decay, (1 + at) / (10 + at));
}

}  // namespace mg::train
