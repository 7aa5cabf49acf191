#include "moviegen/eval/film_bench.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/eval/frechet.h"

namespace mg::eval {
namespace {

constexpr double kStill = 0.25;      // of the change that the rendered clip has
constexpr int64_t kRetrievalOf = 32;
constexpr double kEnds_s = 1, kLeastForEnds_s = 3;
constexpr int64_t kMostSkipped = 1000;  // clips in a row with another number of subjects

// Clips in the order of their seeds, without those that have another number of subjects than asked for.
class Clips {
 public:
  Clips(const world::World& world, const data::WorldSettings& settings, const FilmBenchOptions& options)
      : world_(world), options_(options), render_(settings.render(options.shape.width, options.shape.height, options.shape.frames)) {
    render_.fps = options.shape.fps;
  }

  FilmItem next(const std::vector<Json>& scenes, int64_t index) {
    Json scene = scenes.empty() ? Json() : scenes[static_cast<size_t>(index) % scenes.size()];
    std::string given = scene.is_object() ? scene.value("prompt", "") : "";
    if (scene.is_object()) scene.erase("prompt");
    auto clip = scenes.empty() ? next_seed() : world_.render_scene(scene, data::kEvaluationSeeds + seed_++, render_);
    const auto& captions = clip.captions;
    const auto& prompt = !given.empty() ? given : options_.caption == "brief" ? captions.brief : options_.caption == "full" ? captions.full : captions.normal;
    return {.index = index, .repeat = 0, .prompt = prompt, .labels = clip.labels, .pixels = data::clip_tensor(clip)};
  }

 private:
  world::Clip next_seed() {
    for (int64_t skipped = 0; options_.subjects > 0; ++skipped, ++seed_) {
      auto words = render_;
      words.pictures = false;
      auto labels = world_.render(data::kEvaluationSeeds + seed_, words).labels;
      if (labels.contains("subjects") && std::ssize(labels["subjects"]) == options_.subjects) break;
      if (skipped >= kMostSkipped) throw UsageError("eval t2v: none of {} clips has {} subjects; does the world allow them (max_subjects, plain)?", kMostSkipped, options_.subjects);
    }
    return world_.render(data::kEvaluationSeeds + seed_++, render_);
  }

  const world::World& world_;
  const FilmBenchOptions& options_;
  world::RenderOptions render_;
  uint64_t seed_ = 0;
};

// Mean |difference| of neighbouring frames, and of neighbouring differences.
struct Change {
  double motion = 0, flicker = 0;
};
Change change_of(const at::Tensor& pixels) {
  int64_t frames = pixels.size(1);
  if (frames < 3) return {};
  auto change = pixels.narrow(1, 1, frames - 1) - pixels.narrow(1, 0, frames - 1);
  return {change.abs().mean().item<double>(), (change.narrow(1, 1, frames - 2) - change.narrow(1, 0, frames - 2)).abs().mean().item<double>()};
}

using Truth = std::vector<std::vector<int64_t>>;  // of each attribute

struct Looks {
  std::vector<video::FilmVerdict> verdicts, first, last;  // of the whole film; of its ends, where it is long enough
  std::vector<Change> changes;
  void add(video::VideoJudge& judge, const at::Tensor& pixels, int64_t end_frames) {
    verdicts.push_back(video::judge_film(judge, pixels));
    changes.push_back(change_of(pixels));
    if (end_frames == 0 || pixels.size(1) < end_frames) return;
    first.push_back(video::judge_film(judge, pixels.narrow(1, 0, end_frames)));
    last.push_back(video::judge_film(judge, pixels.narrow(1, pixels.size(1) - end_frames, end_frames)));
  }
  at::Tensor features() const {
    std::vector<at::Tensor> rows;
    for (const auto& verdict : verdicts) rows.push_back(verdict.features);
    return at::stack(rows);
  }
};

// Films `shift` further on are judged by what was true of this one. Film i is of prompt i modulo their number.
Interval accuracy(const std::vector<video::FilmVerdict>& verdicts, const std::vector<Truth>& truths, size_t attribute, size_t shift, uint64_t seed) {
  std::vector<double> right;
  for (size_t i = 0; i < verdicts.size(); ++i)
    if (const auto& truth = truths[i % truths.size()][attribute]; !truth.empty())
      right.push_back(is_right(verdicts[(i + shift) % verdicts.size()].values[attribute], truth));
  return bootstrap_mean(right, seed);
}

// How well labels fit what the judge saw: log-probability of what is true, mean over the values of an attribute, sum over attributes.
double fit(const video::FilmVerdict& verdict, const Truth& truth) {
  constexpr double kLeast = 1e-6;
  double sum = 0;
  for (size_t a = 0; a < truth.size(); ++a)
    for (int64_t value : truth[a]) sum += std::log(verdict.values[a][static_cast<size_t>(value)] + kLeast) / static_cast<double>(truth[a].size());
  return sum;
}

Interval retrieval(const std::vector<video::FilmVerdict>& verdicts, const std::vector<Truth>& truths, size_t among, uint64_t seed) {
  std::vector<double> found;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    size_t own = i % truths.size(), begin = std::min(own / among * among, truths.size() - among);
    double best = fit(verdicts[i], truths[own]);
    int ties = 0;
    bool is_best = true;
    for (size_t k = begin; k < begin + among; ++k) {
      double other = fit(verdicts[i], truths[k]);
      is_best &= other <= best, ties += other == best;
    }
    found.push_back(is_best ? 1.0 / std::max(ties, 1) : 0.0);
  }
  return bootstrap_mean(found, seed);
}

double mean_of(const std::vector<Change>& changes, double Change::*part) {
  double sum = 0;
  for (const auto& change : changes) sum += change.*part;
  return sum / static_cast<double>(changes.size());
}

double still_share(const std::vector<Change>& made, const std::vector<Change>& rendered) {
  double still = 0;
  for (size_t i = 0; i < made.size(); ++i) still += made[i].motion < kStill * rendered[i % rendered.size()].motion;
  return still / static_cast<double>(made.size());
}

}  // namespace

FilmBench run_film_bench(const world::World& world, const data::WorldSettings& settings, const FilmMaker& make, video::VideoJudge& judge,
                         const FilmBenchOptions& options, const std::function<void(const JudgedFilm&)>& on_film) {
  if (options.films < 2 || options.repeats < 1) throw UsageError("eval t2v: at least 2 films, and 1 of each; got {} and {}", options.films, options.repeats);
  auto attributes = video::attributes_of(judge->config);
  const auto& shape = options.shape;
  bool has_ends = static_cast<double>(shape.frames) >= kLeastForEnds_s * shape.fps;
  auto end_frames = has_ends ? static_cast<int64_t>(kEnds_s * shape.fps) : 0;
  Clips clips(world, settings, options);
  std::vector<FilmItem> items;
  std::vector<Truth> truths;
  Looks made, rendered, reference;
  Progress progress("films", options.films * options.repeats);
  for (int64_t repeat = 0; repeat < options.repeats; ++repeat)
    for (int64_t i = 0; i < options.films; ++i) {
      if (options.cancel) options.cancel->throw_if_cancelled();
      if (repeat == 0) {
        items.push_back(clips.next(options.scenes, i));
        truths.push_back(truths_of(items.back().labels, attributes));
        rendered.add(judge, items.back().pixels, 0);
      }
      auto& item = items[static_cast<size_t>(i)];
      item.repeat = repeat;
      auto film = make ? make(item) : item.pixels;
      made.add(judge, film, end_frames);
      if (on_film) on_film({item, film, made.verdicts.back(), rendered.verdicts[static_cast<size_t>(i)]});
      if (options.repeats == 1) item.pixels = at::Tensor();
      progress.update(repeat * options.films + i + 1);
    }
  for (int64_t i = 0; i < options.films; ++i) reference.add(judge, clips.next({}, options.films + i).pixels, 0);

  FilmBench bench;
  for (size_t a = 0; a < attributes.size(); ++a)
    if (auto ceiling = accuracy(rendered.verdicts, truths, a, 0, options.seed); ceiling.count) {
      bench.attributes.push_back({attributes[a].name, accuracy(made.verdicts, truths, a, 0, options.seed), accuracy(made.verdicts, truths, a, 1, options.seed), ceiling});
      bool is_kept = std::string_view(attributes[a].name) == "subject" || std::string_view(attributes[a].name) == "place";
      if (is_kept && !made.first.empty()) bench.ends.push_back({attributes[a].name, accuracy(made.first, truths, a, 0, options.seed), accuracy(made.last, truths, a, 0, options.seed)});
    }
  bench.retrieval_of = std::min(kRetrievalOf, options.films);
  bench.retrieval = retrieval(made.verdicts, truths, static_cast<size_t>(bench.retrieval_of), options.seed);
  bench.retrieval_rendered = retrieval(rendered.verdicts, truths, static_cast<size_t>(bench.retrieval_of), options.seed);
  auto target = fit_gaussian(reference.features());
  bench.frechet = frechet_distance(fit_gaussian(made.features()), target);
  bench.frechet_floor = frechet_distance(fit_gaussian(rendered.features()), target);
  bench.motion_ratio = mean_of(made.changes, &Change::motion) / mean_of(rendered.changes, &Change::motion);
  bench.flicker_ratio = mean_of(made.changes, &Change::flicker) / mean_of(rendered.changes, &Change::flicker);
  bench.still_share = still_share(made.changes, rendered.changes);
  return bench;
}

Json to_json(const FilmBench& bench) {
  auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
  Json attributes = Json::object(), ends = Json::object();
  for (const auto& a : bench.attributes) attributes[a.name] = {{"made", to_json(a.made)}, {"other", to_json(a.other)}, {"rendered", to_json(a.rendered)}};
  for (const auto& e : bench.ends) ends[e.name] = {{"first", to_json(e.first)}, {"last", to_json(e.last)}};
  return {{"attributes", attributes}, {"ends", ends}, {"frechet", number(bench.frechet)}, {"frechet_floor", number(bench.frechet_floor)},
          {"retrieval", {{"of", bench.retrieval_of}, {"made", to_json(bench.retrieval)}, {"rendered", to_json(bench.retrieval_rendered)}}},
          {"motion_ratio", number(bench.motion_ratio)}, {"flicker_ratio", number(bench.flicker_ratio)}, {"still_share", bench.still_share}};
}

}  // namespace mg::eval
