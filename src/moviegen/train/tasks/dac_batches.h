// Batches of the sound codec: mono crops of the world's sound. Batch `step` is a function of (seed, step) alone; a worker
// thread makes clips ahead, without pictures.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/train/tasks/dac_settings.h"

namespace mg::train {

class DacBatches {
 public:
  DacBatches(const DacSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed);
  // Sound [B,S] in [−1,1]. `wait_s` grows by the time waited for clips.
  at::Tensor take(int64_t step, double* wait_s = nullptr);
  // Held-out clip number `index`, mixed to mono: [S]. Made here and now.
  at::Tensor held_out(int64_t index) const;

 private:
  using Pool = std::shared_ptr<const std::vector<at::Tensor>>;  // stereo clips [2,S]
  Pool make_pool(int64_t index) const;
  at::Tensor clip(uint64_t seed) const;
  at::Tensor crop(const at::Tensor& clip_2S, Generator& generator) const;

  DacBatchSettings batches_;
  int64_t crop_samples_;
  data::WorldSettings settings_;
  uint64_t seed_;
  std::shared_ptr<const world::World> world_;
  int64_t pool_index_ = -1;
  Pool pool_;
  data::Prefetch<Pool> prefetch_;  // last: its thread uses the members above
};

}  // namespace mg::train
