// Batches of the sound judge: random pieces of rendered clips and what is truly heard in them. Batch `step` is a function of
// (seed, step) alone; a worker thread renders ahead.
// B batch · S samples · C classes
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/eval/sound_events.h"

namespace mg::train {

struct JudgeBatchSettings {
  std::vector<int64_t> clip_frames{32, 80};  // lengths of rendered clips in turn: 2 s and 5 s
  int64_t batch = 32;
  int64_t pool_clips = 64, pool_steps = 4;   // clips rendered at a time, and steps that draw from them
  double shortest_s = 1;                     // pieces are at least so long
  double whole_share = 0.5;                  // batches of whole clips, as measures hear them
};

template <class V>
void fields(V& v, JudgeBatchSettings& s) {
  v("clip_frames", s.clip_frames, "frames of rendered clips, one length after the other");
  v("batch", s.batch, "sounds in a batch");
  v("pool_clips", s.pool_clips, "clips rendered at a time");
  v("pool_steps", s.pool_steps, "steps that draw from the same clips");
  v("shortest_s", s.shortest_s, "seconds of the shortest piece");
  v("whole_share", s.whole_share, "share of batches of whole clips");
}

// A rendered clip as the judge learns from it.
struct JudgeClip {
  at::Tensor sound;  // [2,S]
  double duration_s = 0;
  std::vector<eval::SoundEvent> events;
  SoundCaption caption;
};
JudgeClip judge_clip(const world::Clip& clip);

struct JudgeBatch {
  at::Tensor waveform_BS;
  at::Tensor heard_BC, known_BC;  // 1 where a class is heard; 0 in known where the piece leaves it open
  at::Tensor music_B, quality_B;
  at::Tensor mood_B;              // index into the moods, −1 = no music or another mood
};

// What is heard between start_s and end_s of a clip: 1 heard, 0 not, −1 left open (cut off, or too soft to tell).
std::vector<int> heard_classes(const JudgeClip& clip, const std::vector<std::string>& classes, double start_s, double end_s);
// The first of the moods that the caption's words about music name, −1 if none.
int64_t mood_of(const SoundCaption& caption, const std::vector<std::string>& moods);

class SoundJudgeBatches {
 public:
  SoundJudgeBatches(const JudgeBatchSettings& batches, const data::WorldSettings& settings, std::vector<std::string> classes,
                    std::vector<std::string> moods, std::shared_ptr<const world::World> world, uint64_t seed);
  JudgeBatch take(int64_t step, double* wait_s = nullptr);
  // Held-out clips number `first` to first + count − 1 of the first length, whole, mixed evenly to mono.
  JudgeBatch held_out(int64_t first, int64_t count) const;

 private:
  using Pool = std::shared_ptr<const std::vector<JudgeClip>>;
  struct Piece {
    const JudgeClip* clip;
    int64_t start, length;  // samples
    double left, gain;      // weight of the left channel in the mix, and of the mix
  };
  Pool render_pool(int64_t index) const;
  world::RenderOptions render_options(int64_t frames) const;
  JudgeBatch collate(const std::vector<Piece>& pieces) const;

  JudgeBatchSettings batches_;
  data::WorldSettings settings_;
  std::vector<std::string> classes_, moods_;
  std::shared_ptr<const world::World> world_;
  uint64_t seed_;
  int64_t pool_index_ = -1;
  Pool pool_;
  data::Prefetch<Pool> prefetch_;  // last: its thread uses the members above
};

}  // namespace mg::train
