#include "moviegen/eval/film_bench.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/eval/frechet.h"

namespace mg::eval {
namespace {

constexpr double kStill = 0.25;  // of the change that the rendered clip has

FilmItem render_item(const world::World& world, const data::WorldSettings& settings, const FilmBenchOptions& options, int64_t index) {
  auto render = settings.render(options.shape.width, options.shape.height, options.shape.frames);
  render.fps = options.shape.fps;
  auto clip = world.render(data::kEvaluationSeeds + static_cast<uint64_t>(index), render);
  const auto& captions = clip.captions;
  auto prompt = options.caption == "brief" ? captions.brief : options.caption == "full" ? captions.full : captions.normal;
  return {.index = index, .prompt = prompt, .labels = clip.labels, .pixels = data::clip_tensor(clip)};
}

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

struct Looks {
  std::vector<video::FilmVerdict> verdicts;
  std::vector<Change> changes;
  void add(video::VideoJudge& judge, const at::Tensor& pixels) {
    verdicts.push_back(video::judge_film(judge, pixels));
    changes.push_back(change_of(pixels));
  }
  at::Tensor features() const {
    std::vector<at::Tensor> rows;
    for (const auto& verdict : verdicts) rows.push_back(verdict.features);
    return at::stack(rows);
  }
};

using Truths = std::vector<std::vector<std::vector<int64_t>>>;  // of each film, of each attribute

// Films `shift` further on are judged by what was true of this one.
Interval accuracy(const Looks& looks, const Truths& truths, size_t attribute, size_t shift, uint64_t seed) {
  std::vector<double> right;
  for (size_t i = 0; i < looks.verdicts.size(); ++i)
    if (const auto& truth = truths[i][attribute]; !truth.empty())
      right.push_back(is_right(looks.verdicts[(i + shift) % looks.verdicts.size()].values[attribute], truth));
  return bootstrap_mean(right, seed);
}

double mean_of(const std::vector<Change>& changes, double Change::*part) {
  double sum = 0;
  for (const auto& change : changes) sum += change.*part;
  return sum / static_cast<double>(changes.size());
}

}  // namespace

FilmBench run_film_bench(const world::World& world, const data::WorldSettings& settings, const FilmMaker& make, video::VideoJudge& judge,
                         const FilmBenchOptions& options, const std::function<void(const FilmItem&, const at::Tensor&)>& on_film) {
  if (options.films < 2) throw UsageError("eval t2v: at least 2 films, got {}", options.films);
  auto attributes = video::attributes_of(judge->config);
  Looks made, rendered, reference;
  Truths truths;
  Progress progress("films", options.films);
  for (int64_t i = 0; i < options.films; ++i) {
    if (options.cancel) options.cancel->throw_if_cancelled();
    auto item = render_item(world, settings, options, i);
    truths.push_back(truths_of(item.labels, attributes));
    rendered.add(judge, item.pixels);
    reference.add(judge, render_item(world, settings, options, options.films + i).pixels);
    auto film = make ? make(item) : item.pixels;
    made.add(judge, film);
    if (on_film) on_film(item, film);
    progress.update(i + 1);
  }
  FilmBench bench;
  for (size_t a = 0; a < attributes.size(); ++a)
    if (auto ceiling = accuracy(rendered, truths, a, 0, options.seed); ceiling.count)
      bench.attributes.push_back({attributes[a].name, accuracy(made, truths, a, 0, options.seed), accuracy(made, truths, a, 1, options.seed), ceiling});
  auto target = fit_gaussian(reference.features());
  bench.frechet = frechet_distance(fit_gaussian(made.features()), target);
  bench.frechet_floor = frechet_distance(fit_gaussian(rendered.features()), target);
  bench.motion_ratio = mean_of(made.changes, &Change::motion) / mean_of(rendered.changes, &Change::motion);
  bench.flicker_ratio = mean_of(made.changes, &Change::flicker) / mean_of(rendered.changes, &Change::flicker);
  double still = 0;
  for (size_t i = 0; i < made.changes.size(); ++i) still += made.changes[i].motion < kStill * rendered.changes[i].motion;
  bench.still_share = still / static_cast<double>(made.changes.size());
  return bench;
}

Json to_json(const FilmBench& bench) {
  auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
  Json attributes = Json::object();
  for (const auto& a : bench.attributes) attributes[a.name] = {{"made", to_json(a.made)}, {"other", to_json(a.other)}, {"rendered", to_json(a.rendered)}};
  return {{"attributes", attributes}, {"frechet", number(bench.frechet)}, {"frechet_floor", number(bench.frechet_floor)}, {"motion_ratio", number(bench.motion_ratio)},
          {"flicker_ratio", number(bench.flicker_ratio)}, {"still_share", bench.still_share}};
}

}  // namespace mg::eval
