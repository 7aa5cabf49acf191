#include "moviegen/media/onsets.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/power_spectrum.h"

namespace mg::media {
namespace {

constexpr double kWindow_s = 0.021, kHop_s = 0.005;
constexpr double kLowest_hz = 80, kHighest_hz = 16000, kBandsPerOctave = 6;
constexpr double kJitter_db = 6;      // noise makes single bands rise by so much all the time
constexpr size_t kLag = 3;            // frames from which the rise is taken: 15 ms, for voices that swell
constexpr double kNear_s = 0.03;      // a peak is the highest so far around
constexpr double kBefore_s = 0.12, kAfter_s = 0.06;  // whose mean is what bands usually rise by

struct Bands {
  std::vector<std::vector<float>> level_db;  // [frame][band], from 0 (silence) to range_db
  double hop_s = 0;
};

std::vector<float> mono(const Sound& sound) {
  if (sound.channels < 1 || sound.channels > 2 || sound.sample_rate < 8000)
    throw UsageError("onsets: expected 1 or 2 channels at 8 kHz or more, got {} at {} Hz", sound.channels, sound.sample_rate);
  std::vector<float> samples(static_cast<size_t>(sound.frames()));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = sound.channels == 1 ? sound.samples[i] : 0.5f * (sound.samples[2 * i] + sound.samples[2 * i + 1]);
  return samples;
}

// First bins of each band and, at the end, one past the last; every band has at least one bin.
std::vector<size_t> band_edges(const PowerSpectrum& spectrum, int sample_rate) {
  std::vector<size_t> edges;
  double hz_per_bin = static_cast<double>(sample_rate) / static_cast<double>(spectrum.window());
  double highest = std::min(kHighest_hz, sample_rate / 2.0);
  for (double hz = kLowest_hz; hz <= highest; hz *= std::exp2(1 / kBandsPerOctave)) {
    auto bin = static_cast<size_t>(std::lround(hz / hz_per_bin));
    if (edges.empty() || bin > edges.back()) edges.push_back(std::max<size_t>(bin, 1));
  }
  return edges;
}

Bands band_levels(const std::vector<float>& samples, int sample_rate, double range_db) {
  PowerSpectrum spectrum(std::bit_ceil(static_cast<size_t>(kWindow_s * sample_rate * 0.75)));  // the nearest power of two
  auto edges = band_edges(spectrum, sample_rate);
  auto hop = static_cast<size_t>(std::lround(kHop_s * sample_rate));
  size_t window = spectrum.window(), size = samples.size();
  Bands bands{.level_db = {}, .hop_s = static_cast<double>(hop) / sample_rate};
  std::vector<float> piece(window);
  float loudest = 0;
  for (size_t centre = 0; centre < size; centre += hop) {
    // Windows stop at the ends, so that beginning and ending are no events.
    size_t first = std::min(centre - std::min(centre, window / 2), size - std::min(size, window));
    std::copy_n(samples.begin() + static_cast<ptrdiff_t>(first), std::min(size, window), piece.begin());
    auto power = spectrum(piece);
    std::vector<float> levels;
    for (size_t b = 0; b + 1 < edges.size(); ++b) {
      float sum = 0;
      for (size_t k = edges[b]; k < edges[b + 1]; ++k) sum += power[k];
      levels.push_back(sum);
      loudest = std::max(loudest, sum);
    }
    bands.level_db.push_back(std::move(levels));
  }
  auto floor = loudest * static_cast<float>(std::pow(10, -range_db / 10));
  for (auto& frame : bands.level_db)
    for (float& level : frame) level = loudest > 0 ? 10 * std::log10(1 + level / floor) : 0;
  return bands;
}

// Mean rise of the bands, beyond the jitter, in dB over the frame kLag before, whose neighbouring bands count as well.
std::vector<double> spectral_flux(const Bands& bands) {
  std::vector<double> flux(bands.level_db.size(), 0);
  for (size_t n = kLag; n < flux.size(); ++n) {
    const auto &now = bands.level_db[n], &before = bands.level_db[n - kLag];
    for (size_t b = 0; b < now.size(); ++b) {
      float highest = before[b];
      if (b > 0) highest = std::max(highest, before[b - 1]);
      if (b + 1 < before.size()) highest = std::max(highest, before[b + 1]);
      flux[n] += std::max(now[b] - highest - kJitter_db, 0.0) / static_cast<double>(now.size());
    }
  }
  return flux;
}

struct Peak {
  double time_s, strength;
};

std::vector<Peak> flux_peaks(const std::vector<double>& flux, double hop_s, double threshold) {
  auto frames = [&](double seconds) { return static_cast<size_t>(std::lround(seconds / hop_s)); };
  size_t near = frames(kNear_s), before = frames(kBefore_s), after = frames(kAfter_s);
  std::vector<Peak> peaks;
  for (size_t n = 0; n < flux.size(); ++n) {
    auto begin = flux.begin() + static_cast<ptrdiff_t>(n - std::min(n, near)), end = flux.begin() + static_cast<ptrdiff_t>(std::min(n + near + 1, flux.size()));
    if (std::max_element(begin, end) != flux.begin() + static_cast<ptrdiff_t>(n)) continue;  // the first of equals
    double sum = 0;
    size_t first = n - std::min(n, before), last = std::min(n + after, flux.size() - 1);
    for (size_t i = first; i <= last; ++i) sum += flux[i];
    double over = flux[n] - sum / static_cast<double>(last - first + 1);
    if (over >= threshold) peaks.push_back({static_cast<double>(n) * hop_s, over});
  }
  return peaks;
}

}  // namespace

std::vector<double> detect_onsets(const Sound& sound, const OnsetOptions& options) {
  auto samples = mono(sound);
  auto bands = band_levels(samples, sound.sample_rate, options.range_db);
  std::vector<Peak> kept;
  for (const auto& peak : flux_peaks(spectral_flux(bands), bands.hop_s, options.threshold_db)) {
    if (kept.empty() || peak.time_s - kept.back().time_s >= options.apart_s) kept.push_back(peak);
    else if (peak.strength > kept.back().strength) kept.back() = peak;
  }
  std::vector<double> times;
  for (const auto& peak : kept) times.push_back(std::min(peak.time_s, sound.duration_s()));
  return times;
}

}  // namespace mg::media
