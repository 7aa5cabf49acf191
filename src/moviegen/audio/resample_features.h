// Frame features at the times of their frames → one feature a latent step, step k at time k / rate (facts 10.3).
//   features [F,V], times_s [F]  →  [S,V]
// "nearest" takes the newest frame that is not later (facts 13). "linear" mixes it with the one after by where the step lies
// between them: at 16 frames and 25 latents a second the nearest frame is up to 62 ms old, more than the eye forgives a
// footstep, and the mixture says how old. Before the first frame and after the last one the picture stands still; so does a
// single frame, and a gap of more than half a second, where mixing would be a long cross-fade.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mg::audio {

using at::Tensor;

enum class Resampling { kNearest, kLinear };
Resampling parse_resampling(const std::string& name);  // "nearest" or "linear"; throws UsageError

// Which frames a step is made of.
struct StepFrames {
  std::vector<int64_t> earlier, later;
  std::vector<float> share;  // of the later frame
};

// Times must be finite and must not fall; at least one frame. Throws UsageError. `first_step` may be anywhere: a crop.
StepFrames frames_of_steps(const std::vector<double>& times_s, int64_t steps, double rate, Resampling method, int64_t first_step = 0);

Tensor resample_features(const Tensor& features_FV, const StepFrames& frames);
// Item b of the batch by its own frames, all with as many steps: [B,F,V] → [B,S,V].
Tensor resample_features(const Tensor& features_BFV, const std::vector<StepFrames>& frames);

// Times of `count` frames at a constant rate, from `start_s`.
std::vector<double> frame_times(int64_t count, double fps, double start_s = 0);

}  // namespace mg::audio
