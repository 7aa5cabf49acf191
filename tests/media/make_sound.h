// Test sounds: tones, clicks and noise whose place can be found again after a lossy trip.
#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "make_media.h"
#include "moviegen/core/random.h"
#include "moviegen/media/sound.h"

namespace mg::media {

inline Sound tone(int sample_rate, int channels, double seconds, double hz = 440, double peak = 0.5) {
  Sound sound{.sample_rate = sample_rate, .channels = channels};
  for (int64_t i = 0, n = std::llround(seconds * sample_rate); i < n; ++i)
    for (int c = 0; c < channels; ++c)
      sound.samples.push_back(static_cast<float>(peak * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / sample_rate)));
  return sound;
}

// Silence but for a click of 0.5 ms at each time.
inline Sound clicks(int sample_rate, int channels, double seconds, const std::vector<double>& times) {
  Sound sound = tone(sample_rate, channels, seconds, 440, 0);
  int length = std::max(1, sample_rate / 2000);
  for (double time : times)
    for (int64_t i = std::llround(time * sample_rate), end = std::min(i + length, sound.frames()); i < end; ++i)
      for (int c = 0; c < channels; ++c) sound.samples[static_cast<size_t>(i * channels + c)] = 0.9f;
  return sound;
}

inline Sound noise(int sample_rate, int channels, double seconds, uint64_t seed = 1) {
  Sound sound = tone(sample_rate, channels, seconds, 440, 0);
  Generator g(seed, "test noise");
  for (float& sample : sound.samples) sample = static_cast<float>(g.uniform(-0.5, 0.5));
  return sound;
}

// When the sound of the first channel first gets louder than half its peak within [from_s, to_s), in seconds.
inline double click_time(const Sound& sound, double from_s, double to_s) {
  auto at = [&](int64_t i) { return std::abs(sound.samples[static_cast<size_t>(i * sound.channels)]); };
  int64_t begin = std::llround(from_s * sound.sample_rate), end = std::min<int64_t>(std::llround(to_s * sound.sample_rate), sound.frames());
  float peak = 0;
  for (int64_t i = begin; i < end; ++i) peak = std::max(peak, at(i));
  if (peak < 0.1f) return -1;
  for (int64_t i = begin; i < end; ++i)
    if (at(i) >= 0.5f * peak) return static_cast<double>(i) / sound.sample_rate;
  return -1;
}

inline double rms(const Sound& sound) {
  double sum = 0;
  for (float sample : sound.samples) sum += sample * sample;
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(sound.samples.size(), 1)));
}

inline double largest_difference(const Sound& a, const Sound& b) {
  if (a.samples.size() != b.samples.size() || a.channels != b.channels) return 1e9;
  double worst = 0;
  for (size_t i = 0; i < a.samples.size(); ++i) worst = std::max(worst, static_cast<double>(std::abs(a.samples[i] - b.samples[i])));
  return worst;
}

// A stretch of a sound: `frames` frames from `first`.
inline Sound part(const Sound& sound, int64_t first, int64_t frames) {
  Sound out{.sample_rate = sound.sample_rate, .channels = sound.channels};
  out.samples.assign(sound.samples.begin() + first * sound.channels, sound.samples.begin() + (first + frames) * sound.channels);
  return out;
}

}  // namespace mg::media
