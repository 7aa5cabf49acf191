#include "moviegen/eval/sound_scores.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/eval/frechet.h"
#include "moviegen/eval/precision.h"

namespace mg::eval {
namespace {

constexpr double kLoudnessTolerance_lu = 2;
constexpr int kPrecisionRounds = 200;  // of the bootstrap, whose statistic sorts every class

bool contains(const std::vector<std::string>& list, const std::string& name) { return std::find(list.begin(), list.end(), name) != list.end(); }

// Features of all readings [N,F], undefined if they have none.
at::Tensor features_of(const std::vector<SoundReading>& readings) {
  std::vector<at::Tensor> rows;
  for (const auto& reading : readings)
    if (reading.verdict) rows.push_back(reading.verdict->features);
  return rows.empty() ? at::Tensor() : at::stack(rows);
}

// The interval of a figure of pooled onset counts.
Interval pooled(const std::vector<OnsetCount>& counts, double (OnsetCount::*figure)() const, uint64_t seed) {
  return bootstrap(
      std::ssize(counts),
      [&](std::span<const size_t> drawn) {
        OnsetCount sum;
        for (size_t i : drawn) sum += counts[i];
        return (sum.*figure)();
      },
      seed);
}

}  // namespace

ClipTruth truth_of(const SoundItem& item) {
  ClipTruth truth{.visible_s = {}, .visible_classes = {}, .classes = sound_classes(item.events, true), .discrete = sound_classes(item.events, false), .has_music = item.caption.music >= 0.5};
  for (auto& event : visible_events(item.events, item.duration_s)) truth.visible_s.push_back(event.time_s), truth.visible_classes.push_back(event.sound_class);
  return truth;
}

SoundScores::SoundScores(std::vector<std::string> classes, std::vector<ClipTruth> truths, const std::vector<SoundReading>& reference, double target_lufs,
                         uint64_t seed)
    : classes_(std::move(classes)), truths_(std::move(truths)), reference_features_(features_of(reference)), target_lufs_(target_lufs), seed_(seed) {}

Interval SoundScores::top_class(const std::vector<ClipTruth>& truths, const std::vector<SoundReading>& readings) const {
  std::set<std::string> events;
  for (const auto& truth : truths) events.insert(truth.discrete.begin(), truth.discrete.end());
  std::vector<size_t> candidates;
  for (size_t c = 0; c < classes_.size(); ++c)
    if (events.count(classes_[c])) candidates.push_back(c);
  std::vector<double> right;
  for (size_t i = 0; i < readings.size() && !candidates.empty(); ++i) {
    if (!readings[i].verdict || truths[i].discrete.size() != 1) continue;
    const auto& heard = readings[i].verdict->classes;
    auto top = *std::max_element(candidates.begin(), candidates.end(), [&](size_t a, size_t b) { return heard[a] < heard[b]; });
    right.push_back(classes_[top] == truths[i].discrete[0]);
  }
  return bootstrap_mean(right, seed_);
}

Interval SoundScores::mean_precision(const std::vector<SoundReading>& readings) const {
  if (readings.empty() || !readings[0].verdict) return bootstrap_mean({}, seed_);
  auto statistic = [&](std::span<const size_t> drawn) {
    double sum = 0, counted = 0;
    std::vector<double> scores(drawn.size());
    std::vector<char> is_true(drawn.size());
    for (size_t c = 0; c < classes_.size(); ++c) {
      for (size_t i = 0; i < drawn.size(); ++i)
        scores[i] = readings[drawn[i]].verdict->classes[c], is_true[i] = contains(truths_[drawn[i]].classes, classes_[c]);
      double precision = average_precision(scores, is_true);
      if (std::isfinite(precision)) sum += precision, ++counted;
    }
    return sum / counted;
  };
  return bootstrap(std::ssize(readings), statistic, seed_, kPrecisionRounds);
}

double SoundScores::frechet(const std::vector<SoundReading>& readings) const {
  auto features = features_of(readings);
  if (!features.defined() || features.size(0) < 2 || !reference_features_.defined() || reference_features_.size(0) < 2) return std::nan("");
  return frechet_distance(fit_gaussian(features), fit_gaussian(reference_features_));
}

SystemReport SoundScores::report(const std::string& name, const std::vector<SoundReading>& readings) const {
  check(readings.size() == truths_.size(), "eval sound: {} readings of {} clips", readings.size(), truths_.size());
  SystemReport report{.name = name};
  std::vector<OnsetCount> counts;
  std::vector<double> quality, loud;
  for (size_t i = 0; i < readings.size(); ++i) {
    counts.push_back(match_onsets(truths_[i].visible_s, readings[i].onsets_s));
    report.onsets += counts.back();
    auto hit = events_hit(truths_[i].visible_s, readings[i].onsets_s);
    for (size_t e = 0; e < hit.size(); ++e) report.by_class[truths_[i].visible_classes[e]] += {.events = 1, .onsets = 0, .hits = hit[e]};
    loud.push_back(std::abs(readings[i].loudness_lufs - target_lufs_) <= kLoudnessTolerance_lu);
    if (readings[i].verdict) quality.push_back(readings[i].verdict->quality);
  }
  report.event_share = pooled(counts, &OnsetCount::event_share, seed_);
  report.onset_share = pooled(counts, &OnsetCount::onset_share, seed_);
  report.f1 = pooled(counts, &OnsetCount::f1, seed_);
  report.loudness_share = bootstrap_mean(loud, seed_);
  report.quality = bootstrap_mean(quality, seed_);
  report.top_class = top_class(truths_, readings);
  report.mean_precision = mean_precision(readings);
  report.frechet = frechet(readings);
  return report;
}

TextReport SoundScores::text_report(const std::string& name, const std::vector<ClipTruth>& named, const std::vector<SoundReading>& named_heard,
                                    const std::vector<ClipTruth>& music, const std::vector<SoundReading>& music_heard) const {
  TextReport report{.name = name, .named_class = top_class(named, named_heard)};
  std::vector<double> obeyed;
  for (size_t i = 0; i < music_heard.size(); ++i)
    if (music_heard[i].verdict) obeyed.push_back((music_heard[i].verdict->music >= 0.5) == music[i].has_music);
  report.music_obeyed = bootstrap_mean(obeyed, seed_);
  return report;
}

}  // namespace mg::eval
