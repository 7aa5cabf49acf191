// `eval t2v --held-out`: films for the captions of clips that no training saw, judged by what the labels say, beside the rendered clips
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
  int64_t index = 0;   // of the prompt
  int64_t repeat = 0;  // which of its films
  std::string prompt;
  Json labels;
  at::Tensor pixels;  // the rendered clip, [3,T,H,W] in [−1,1]
};

// Makes the film of item.prompt, [3,T,H,W] in [−1,1]; what it is measured against it must not read.
using FilmMaker = std::function<at::Tensor(const FilmItem&)>;

struct FilmBenchOptions {
  int64_t films = 256;    // prompts
  int64_t repeats = 1;    // films of each, from other seeds
  FilmShape shape{};
  std::string caption = "normal";  // brief, normal or full
  // What the prompts are about, in turn (world.h: render_scene), with "prompt" beside it in place of a caption; empty = what evaluation seeds show.
  std::vector<Json> scenes{};
  int64_t subjects = 0;            // only clips with so many subjects; 0 = any
  uint64_t seed = 0;               // of the intervals
  const CancelToken* cancel = nullptr;
};

struct AttributeReport {
  std::string name;
  Interval made{}, other{}, rendered{};  // share of the films that say something about it and are judged right
};

// How well the end of a film is still what was asked for: its first and its last second.
struct EndReport {
  std::string name;
  Interval first{}, last{};
};

struct FilmBench {
  std::vector<AttributeReport> attributes;
  std::vector<EndReport> ends;                // subject and place, of films of three seconds or more
  Interval retrieval{}, retrieval_rendered{}; // films whose own labels fit best among those of 32 prompts (fewer if there are fewer)
  int64_t retrieval_of = 32;
  double frechet = 0, frechet_floor = 0;      // of the judge's features to rendered clips of other captions: made, rendered
  double motion_ratio = 0, flicker_ratio = 0; // made over rendered: mean change from frame to frame, and of that change
  double still_share = 0;                     // films with less than a quarter of the change that the rendered clip has
};

// One film with what the judge made of it.
struct JudgedFilm {
  const FilmItem& item;
  const at::Tensor& film;
  const video::FilmVerdict &made, &rendered;
};

// `make` may be empty: then rendered clips are measured alone. `on_film` (may be empty) sees every film. Throws UsageError.
FilmBench run_film_bench(const world::World& world, const data::WorldSettings& settings, const FilmMaker& make, video::VideoJudge& judge,
                         const FilmBenchOptions& options, const std::function<void(const JudgedFilm&)>& on_film = {});

Json to_json(const FilmBench& bench);

}  // namespace mg::eval
