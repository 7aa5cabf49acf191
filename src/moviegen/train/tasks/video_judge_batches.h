// Batches of the video judge: rendered films and what is truly seen in them. Batch `step` is a function of (seed, step) alone; a
// worker thread renders ahead.
// B batch · T frames · N values of all attributes · S stills · A attributes that places are asked
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <memory>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/eval/film_truth.h"

namespace mg::train {

struct VideoJudgeBatchSettings {
  int64_t batch = 16;
  int64_t pool_clips = 32, pool_steps = 4;  // films rendered at a time, and steps that draw from them
  double seconds = 2;                       // length of a film
  double soft = 0;                          // share of films whose movement is blurred (docs/decisions/0015)
};

template <class V>
void fields(V& v, VideoJudgeBatchSettings& s) {
  v("batch", s.batch, "films in a batch");
  v("pool_clips", s.pool_clips, "films rendered at a time");
  v("pool_steps", s.pool_steps, "steps that draw from the same films");
  v("seconds", s.seconds, "length of a film");
  v("soft", s.soft, "share of films that are blurred where they move, as a codec or a generator blurs them");
}

// The attributes that the first `clips` training clips of this part of the world show, each list sorted.
void collect_values(const world::World& world, const data::WorldSettings& settings, int64_t clips, video::VideoJudgeConfig& config);

struct VideoJudgeBatch {
  at::Tensor pixels_BCTHW;  // [−1,1]
  at::Tensor true_BN;       // 1 where a value is true; an attribute without any is left open
  // With spots: of the subject and its colour at each place of each still, of motion and direction at each place of the film, the index of
  // the true value, or their number where there is none. M: B·stills.
  at::Tensor spots_MAHW, film_spots_BATHW;
};
// What places of stills are asked, and those of films: indices into attributes_of.
inline constexpr std::array<size_t, 2> kSpotAttributes = {0, 1}, kFilmSpotAttributes = {2, 3};
// The labels' boxes on the places of a grid [S,A,H,W]. Where boxes overlap the smaller one counts.
at::Tensor spot_truths(const Json& labels, const video::SpotGrid& grid, const std::vector<video::Attribute>& attributes, std::array<size_t, 2> asked);

class VideoJudgeBatches {
 public:
  VideoJudgeBatches(const VideoJudgeBatchSettings& batches, const data::WorldSettings& settings, const video::VideoJudgeConfig& model,
                    std::shared_ptr<const world::World> world, uint64_t seed);
  VideoJudgeBatch take(int64_t step, double* wait_s = nullptr);
  VideoJudgeBatch held_out(int64_t first, int64_t count) const;

 private:
  struct Film {
    at::Tensor pixels;  // [3,T,H,W] bytes
    std::vector<std::vector<int64_t>> truths;
    at::Tensor spots_SAHW, film_spots_ATHW;  // with spots
  };
  using Pool = std::shared_ptr<const std::vector<Film>>;
  Film render(uint64_t seed) const;
  Pool render_pool(int64_t index) const;
  at::Tensor mirrored_spots(const at::Tensor& spots_ATHW) const;
  // Films whose `mirrored` is true are turned left to right, with what is true of them.
  VideoJudgeBatch collate(const std::vector<const Film*>& films, const std::vector<bool>& mirrored) const;

  VideoJudgeBatchSettings batches_;
  data::WorldSettings settings_;
  video::VideoJudgeConfig model_;
  std::vector<video::Attribute> attributes_;
  std::vector<int64_t> mirrored_values_;
  std::shared_ptr<const world::World> world_;
  uint64_t seed_;
  int64_t pool_index_ = -1;
  Pool pool_;
  data::Prefetch<Pool> prefetch_;  // last: its thread uses the members above
};

}  // namespace mg::train
