// Batches of the autoencoder: crops, full clips and images cut from rendered clips. Batch `step` is a function of
// (seed, step) alone; a worker thread renders ahead.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/train/tasks/tae_settings.h"

namespace mg::train {

class TaeBatches {
 public:
  TaeBatches(const TaeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed);
  // Pixels [B,3,T,H,W] in [−1,1]; an image batch has T = 1. `wait_s` grows by the time waited for rendering.
  at::Tensor take(int64_t step, double* wait_s = nullptr);
  // Held-out clips (or images, with frames 1) number `first` to first + count − 1, rendered here and now, one by one.
  std::vector<world::Clip> held_out(int64_t first, int64_t count, int64_t frames) const;

 private:
  using Pool = std::shared_ptr<const std::vector<world::Clip>>;
  Pool render_pool(int64_t index) const;
  at::Tensor crops(const std::vector<world::Clip>& pool, Generator& generator) const;
  at::Tensor full_clips(const std::vector<world::Clip>& pool, int64_t step) const;
  at::Tensor images(const std::vector<world::Clip>& pool, Generator& generator) const;

  TaeBatchSettings batches_;
  data::WorldSettings settings_;
  uint64_t seed_;
  std::shared_ptr<const world::World> world_;
  int64_t pool_index_ = -1;
  Pool pool_;
  data::Prefetch<Pool> prefetch_;  // last: its thread uses the members above
};

// Frames [t, t+frames) and pixels [y, y+side) × [x, x+side) of a clip as [3,frames,side,side] in [−1,1].
struct Window {
  int64_t t, y, x, frames, side;
};
at::Tensor cut(const world::Clip& clip, const Window& window);

}  // namespace mg::train
