// Training of the sound judge on rendered sound, where the world knows every class, the music and the quality. The same task
// under another seed and part makes the ranker.
#pragma once
#include <memory>

#include "moviegen/audio/sound_judge.h"
#include "moviegen/train/task.h"
#include "moviegen/train/tasks/sound_judge_batches.h"

namespace mg::train {

struct SoundJudgeSettings {
  std::string part = audio::kJudgePart;  // or audio::kRankerPart
  audio::SoundJudgeConfig model;         // without classes: those of the world
  JudgeBatchSettings batches;
  data::WorldSettings world;
  double music_weight = 1, quality_weight = 1, mood_weight = 0.3;  // ours: relative to the cross-entropy summed over classes
  int64_t validation_clips = 256;
  void check() const;
};

template <class V>
void fields(V& v, SoundJudgeSettings& s) {
  v("part", s.part, "part of the model folder: sound_judge or sound_ranker");
  v("model", s.model, "sizes of the network; without classes, those of the world");
  v("batches", s.batches, "how batches are cut");
  v("world", s.world, "which clips the world makes");
  v("music_weight", s.music_weight, "weight of the music loss");
  v("quality_weight", s.quality_weight, "weight of the quality loss");
  v("mood_weight", s.mood_weight, "weight of the mood loss");
  v("validation_clips", s.validation_clips, "held-out clips of a validation");
}

SoundJudgeSettings read_sound_judge_settings(const Json& table, const std::string& recipe);

class SoundJudgeTask : public Task {
 public:
  SoundJudgeTask(const SoundJudgeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed);
  std::vector<Group> groups() override;
  StepReport step(int64_t step, Generator& generator) override;
  // map: mean average precision; music and mood accuracy; quality/error and quality/correlation.
  std::map<std::string, double> validate() override;
  // classes.tsv: clips and average precision of every class.
  void sample(const std::string& folder) override;
  void export_model(const std::string& folder) override;
  void import_model(const std::string& folder) override;

 private:
  struct HeldOut {
    JudgeBatch truth;
    audio::Judgements heard;
  };
  HeldOut judge_held_out();
  // Of class c among the clips where it is known; NaN if it is heard in none.
  double class_precision(const HeldOut& held_out, int64_t c) const;

  SoundJudgeSettings settings_;
  audio::SoundJudge model_{nullptr};
  SoundJudgeBatches batches_;
  JudgeBatch held_out_;  // rendered on first use
};

}  // namespace mg::train
