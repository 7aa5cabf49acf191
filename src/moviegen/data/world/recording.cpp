#include "moviegen/data/world/recording.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

constexpr double kOnset_db = -30, kPreroll_s = 0.005, kFade_s = 0.05, kShot_s = 3, kLoop_s = 12;
constexpr double kSilence_db = -24, kSilence_s = 0.06, kShortestUtterance_s = 0.08;  // what ends an utterance
constexpr double kWindow_s = 0.01, kLoopWindow_s = 0.1, kSoftEnd = 0.5;              // of the median level
constexpr double kShortest_s = 0.03, kFullScale = 0.999;

double from_db(double db) { return std::pow(10, db / 20); }

// Largest magnitude in each window.
std::vector<float> peaks(const std::vector<float>& samples, size_t window) {
  std::vector<float> out;
  for (size_t from = 0; from < samples.size(); from += window) {
    float most = 0;
    for (size_t i = from; i < std::min(samples.size(), from + window); ++i) most = std::max(most, std::abs(samples[i]));
    out.push_back(most);
  }
  return out;
}

// Where the first utterance ends, in samples.
size_t utterance_end(const std::vector<float>& samples, double rate, double limit) {
  size_t window = std::max<size_t>(1, static_cast<size_t>(kWindow_s * rate));
  std::vector<float> level = peaks(samples, window);
  size_t silent = 0, needed = static_cast<size_t>(kSilence_s / kWindow_s);
  for (size_t i = static_cast<size_t>(kShortestUtterance_s / kWindow_s); i < level.size(); ++i) {
    silent = level[i] < limit ? silent + 1 : 0;
    if (silent == needed) return (i + 1 - needed / 2) * window;
  }
  return samples.size();
}

void keep(std::vector<float>& samples, size_t from, size_t end) {
  samples.resize(std::min(samples.size(), end));
  samples.erase(samples.begin(), samples.begin() + static_cast<int64_t>(std::min(from, samples.size())));
}

void cut_shot(std::vector<float>& samples, const RecordingCut& cut, double rate) {
  float peak = 0;
  for (float x : samples) peak = std::max(peak, std::abs(x));
  auto first = std::find_if(samples.begin(), samples.end(), [&](float x) { return std::abs(x) > from_db(kOnset_db) * peak; });
  size_t onset = static_cast<size_t>(first - samples.begin()), preroll = static_cast<size_t>(kPreroll_s * rate);
  keep(samples, onset > preroll ? onset - preroll : 0, samples.size());
  if (!cut.whole) keep(samples, 0, utterance_end(samples, rate, from_db(kSilence_db) * peak));
  keep(samples, 0, static_cast<size_t>((cut.most_s > 0 ? cut.most_s : kShot_s) * rate));
  size_t fade = std::min(samples.size() / 2, static_cast<size_t>(kFade_s * rate));
  for (size_t i = 0; i < fade; ++i) samples[samples.size() - 1 - i] *= static_cast<float>(i) / static_cast<float>(fade);
}

void cut_loop(std::vector<float>& samples, const RecordingCut& cut, double rate) {
  size_t window = static_cast<size_t>(kLoopWindow_s * rate);
  std::vector<float> level = peaks(samples, window), sorted = level;
  if (level.empty()) return;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<int64_t>(sorted.size() / 2), sorted.end());
  double soft = kSoftEnd * sorted[sorted.size() / 2];
  size_t first = 0, last = level.size();
  while (first < last && level[first] < soft) ++first;
  while (last > first && level[last - 1] < soft) --last;
  keep(samples, first * window, std::min(samples.size(), last * window));
  keep(samples, 0, static_cast<size_t>((cut.most_s > 0 ? cut.most_s : kLoop_s) * rate));
}

}  // namespace

media::Sound cut_recording(const media::Sound& sound, const RecordingCut& cut, const std::string& name) {
  check(sound.channels == 1, "a recording is cut in mono, got {} channels", sound.channels);
  media::Sound out = sound;
  keep(out.samples, static_cast<size_t>(cut.from_s * sound.sample_rate), out.samples.size());
  if (cut.loop) cut_loop(out.samples, cut, sound.sample_rate);
  else cut_shot(out.samples, cut, sound.sample_rate);
  if (out.duration_s() < kShortest_s) throw DataError("{}: {:.3f} s are left of {:.3f} s of sound", name, out.duration_s(), sound.duration_s());
  return out;
}

double clipped_share(const media::Sound& sound) {
  auto full = std::count_if(sound.samples.begin(), sound.samples.end(), [](float x) { return std::abs(x) >= kFullScale; });
  return static_cast<double>(full) / static_cast<double>(std::max<size_t>(1, sound.samples.size()));
}

}  // namespace mg::world
