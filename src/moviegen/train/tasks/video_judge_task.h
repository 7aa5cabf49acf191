// Training of the video judge on rendered films, where the world knows who is seen, where and doing what.
#pragma once
#include <memory>

#include "moviegen/train/task.h"
#include "moviegen/train/tasks/video_judge_batches.h"

namespace mg::train {

struct VideoJudgeSettings {
  video::VideoJudgeConfig model;  // lists that are empty: what the world shows
  VideoJudgeBatchSettings batches;
  data::WorldSettings world;
  int64_t vocabulary_clips = 6000; // clips whose labels are read for what there is
  int64_t validation_clips = 256;
  double spot_weight = 1;          // with spots: places are told what stands there and what it does
  void check() const;
};

template <class V>
void fields(V& v, VideoJudgeSettings& s) {
  v("model", s.model, "sizes of the network; without lists of values, those of the world");
  v("batches", s.batches, "how batches are made");
  v("world", s.world, "which films the world makes");
  v("vocabulary_clips", s.vocabulary_clips, "clips whose labels are read to learn which values there are");
  v("validation_clips", s.validation_clips, "held-out films of a validation");
  v("spot_weight", s.spot_weight, "with spots: how much it counts that a place says who stands there and what it does, beside what the film says");
}

class VideoJudgeTask : public Task {
 public:
  VideoJudgeTask(const VideoJudgeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed);
  std::vector<Group> groups() override;
  StepReport step(int64_t step, Generator& generator) override;
  // Accuracy of each attribute: the likeliest value is the true one; where any number is true, as many of the likeliest are
  // exactly those.
  std::map<std::string, double> validate() override;
  // values.tsv: films and accuracy of every value.
  void sample(const std::string& folder) override;
  void export_model(const std::string& folder) override;
  void import_model(const std::string& folder) override;

 private:
  at::Tensor judge_held_out();  // logits [clips,N]
  VideoJudgeSettings settings_;
  video::VideoJudge model_{nullptr};
  std::unique_ptr<VideoJudgeBatches> batches_;
  VideoJudgeBatch held_out_;  // rendered on first use
};

}  // namespace mg::train
