// What the measures take from one soundtrack; the sound itself can then go, so that a bench of any length needs little memory.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <vector>

#include "moviegen/audio/sound_judge.h"
#include "moviegen/core/random.h"
#include "moviegen/media/sound.h"

namespace mg::eval {

// Interleaved samples mixed to mono, [S].
at::Tensor mono_tensor(std::span<const float> interleaved, int channels);

struct SoundReading {
  std::vector<double> onsets_s;
  double loudness_lufs = 0;
  std::optional<audio::Verdict> verdict;  // nothing without a judge
};

// `judge` may be null. The sound is resampled to the judge's rate if need be.
SoundReading read_soundtrack(const media::Sound& sound, audio::SoundJudge* judge);

// A baseline that knows how often something sounds but not when: bursts of noise, 60 ms each, at `count` random times.
media::Sound noise_bursts(int64_t count, double duration_s, Generator& generator);

}  // namespace mg::eval
