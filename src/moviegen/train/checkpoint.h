// Checkpoints: <run folder>/checkpoints/0000001000/ with weights.safetensors, ema.safetensors, optimizer.safetensors,
// task.safetensors (if the task has state) and state.json. A checkpoint is written to a temporary folder, flushed to disk
// and renamed, so that one with its final name is whole.
#pragma once
#include <string>
#include <vector>

#include "moviegen/core/config.h"
#include "moviegen/weights/state.h"

namespace mg::train {

struct Checkpoint {
  weights::State weights, averages, moments, task;
  int64_t step = 0;      // steps done
  int64_t updates = 0;   // of the optimizer
  int64_t samples = 0;   // seen so far
  double seconds = 0;    // of training, over all slices of the run
  Json window = Json::object();  // metrics since the last line
};

// Writes a checkpoint below `folder`, then removes the oldest beyond `keep`. Returns its path. On failure throws
// ResourceError, and what was there before is as it was.
std::string save_checkpoint(const std::string& folder, const Checkpoint& checkpoint, int64_t keep);
// Reads a checkpoint; bytes are not trusted.
Checkpoint read_checkpoint(const std::string& path);
// Weights and averages only.
Checkpoint read_checkpoint_weights(const std::string& path);

// Paths of whole checkpoints below `folder`, oldest first.
std::vector<std::string> list_checkpoints(const std::string& folder);
// Removes checkpoints after `step` and what interrupted writes left behind. Returns how many checkpoints went.
int remove_checkpoints_after(const std::string& folder, int64_t step);

}  // namespace mg::train
