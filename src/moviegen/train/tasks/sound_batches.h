// Batches of the sound task: which clips, which part of them, what is hidden (facts 10.4). A batch is a function of (seed,
// step); nothing here computes with networks.
//   B items · C latent channels · S latent steps · F frames · E sound classes
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "moviegen/audio/resample_features.h"
#include "moviegen/audio/sound_conditioner.h"
#include "moviegen/core/random.h"
#include "moviegen/data/sound_cache.h"
#include "moviegen/train/tasks/sound_task.h"

namespace mg::train {

struct SoundBucket {
  std::string name;
  std::shared_ptr<data::SoundCache> train, held_out;
};

struct SoundBatch {
  size_t bucket = 0;
  at::Tensor latents_BCS, noise_BCS, t_B;
  at::Tensor mask_BS;                        // 1 = to be made
  at::Tensor has_video_B;
  at::Tensor events_BSE;                     // event_head.h: labels of what sounds
  at::Tensor pictures_BFHWC;                 // 8 bits
  std::vector<audio::StepFrames> frames;     // which of them each step is made of
  audio::CaptionTokens tokens;
};

// A stretch of a clip: latent steps, the frames that are shown meanwhile, and the first frame's time from the first step.
struct Stretch {
  int64_t first_step = 0, steps = 0, first_frame = 0, frames = 0;
};
Stretch stretch_of(const data::SoundCache& cache, double rate, double fps, int64_t first_step, int64_t steps);

// 1 = to be made: all, or with one to two contiguous spans given (before, after, on both sides, or in the middle).
at::Tensor draw_mask(int64_t steps, const SoundDropout& dropout, Generator& generator);
// The caption's text with parts left out now and then.
std::string draw_caption(SoundCaption caption, const SoundDropout& dropout, Generator& generator);

class SoundBatches {
 public:
  // All three must outlive this; `conditioner` is used for its tokenizer alone.
  SoundBatches(const SoundSettings& settings, const std::vector<SoundBucket>& buckets, const audio::SoundConditioner& conditioner, uint64_t seed);
  SoundBatch draw(int64_t step) const;
  // Held-out items [first, first + count) whole, everything to be made, with picture and full caption; times on an even grid.
  SoundBatch held_out(size_t bucket, int64_t first, int64_t count) const;

 private:
  const SoundSettings& settings_;
  const std::vector<SoundBucket>& buckets_;
  const audio::SoundConditioner& conditioner_;
  audio::Resampling resampling_;
  uint64_t seed_;
};

}  // namespace mg::train
