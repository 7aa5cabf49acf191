// `eval t2v --held-out`: films for the captions of held-out clips, judged by what the labels say, beside the rendered clips
// themselves (the ceiling) and the films of other captions (chance).
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/cancel.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/eval/bootstrap.h"
#include "moviegen/eval/film_truth.h"

namespace mg::eval {

struct FilmShape {
  int64_t width = 128, height = 128, frames = 32;
  double fps = 16;
};

struct FilmItem {
  int64_t index = 0;
  std::string prompt;
  Json labels;
  at::Tensor pixels;  // the rendered clip, [3,T,H,W] in [−1,1]
};

// Makes the film of item.prompt, [3,T,H,W] in [−1,1]; what it is measured against it must not read.
using FilmMaker = std::function<at::Tensor(const FilmItem&)>;

struct FilmBenchOptions {
  int64_t films = 256;
  FilmShape shape{};
  std::string caption = "normal";  // brief, normal or full
  uint64_t seed = 0;               // of the intervals
  const CancelToken* cancel = nullptr;
};

struct AttributeReport {
  std::string name;
  Interval made{}, other{}, rendered{};  // share of the films that say something about it and are judged right
};

struct FilmBench {
  std::vector<AttributeReport> attributes;
  double frechet = 0, frechet_floor = 0;      // of the judge's features to rendered clips of other captions: made, rendered
  double motion_ratio = 0, flicker_ratio = 0; // made over rendered: mean change from frame to frame, and of that change
  double still_share = 0;                     // films with less than a quarter of the change that the rendered clip has
};

// `make` may be empty: then rendered clips are measured alone. `on_film` (may be empty) sees every item with its film. Throws UsageError.
FilmBench run_film_bench(const world::World& world, const data::WorldSettings& settings, const FilmMaker& make, video::VideoJudge& judge,
                         const FilmBenchOptions& options, const std::function<void(const FilmItem&, const at::Tensor& film)>& on_film = {});

Json to_json(const FilmBench& bench);

}  // namespace mg::eval
