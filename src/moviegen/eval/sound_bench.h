// `eval sound`: held-out clips with visible events, the soundtracks of a generator, baselines beside and the true soundtrack
// as ceiling. Four questions: does it sound when something happens, does the right thing sound, does it sound like the
// world, and does the text decide. facts 10.7 judges by people and by large public networks; ours knows the truth instead.
#pragma once
#include <functional>
#include <vector>

#include "moviegen/core/cancel.h"
#include "moviegen/eval/sound_scores.h"

namespace mg::eval {

struct SoundBenchOptions {
  int64_t clips = 200;
  int64_t max_events = 5;       // audible onsets of a clip; 0 = any number. Where steps fall thickly, any soundtrack hits them
  int64_t prompts = 60;         // requests without pictures
  double target_lufs = -23;     // loudness is right within 2 LU of it
  uint64_t seed = 0;            // of the baselines and intervals
  SoundMaker codec{};           // the item's true sound after encoding and decoding, which every generator of latents passes through; may be empty
  const CancelToken* cancel = nullptr;
};

struct SoundBench {
  std::vector<SystemReport> systems;            // generated, soundtrack of another clip, noise bursts, true through the codec, true; the first only with a maker
  std::vector<TextReport> texts;                // generated and true; empty without a judge
};

// `make` may be empty: then the baselines stand on the true soundtracks. `judge` may be null. `on_clip` (may be empty) sees
// every clip with the soundtrack that was measured on it; item.frames are there only if `make` is.
SoundBench run_sound_bench(const HeldOutClips& clips, const SoundMaker& make, audio::SoundJudge* judge, const SoundBenchOptions& options,
                           const std::function<void(int64_t index, const SoundItem& item, const media::Sound& sound)>& on_clip = {});

Json to_json(const SoundBench& bench);

}  // namespace mg::eval
