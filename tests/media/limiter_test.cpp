#include "moviegen/media/limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace mg::media {
namespace {

constexpr double kCeiling = 0.5;

Sound tone(double level, double seconds, int channels = 2) {
  Sound sound{.sample_rate = 48000, .channels = channels};
  for (int64_t i = 0; i < std::llround(seconds * 48000); ++i)
    for (int c = 0; c < channels; ++c) sound.samples.push_back(static_cast<float>(level * std::sin(0.05 * static_cast<double>(i) + c)));
  return sound;
}

Sound limited(const Sound& sound, int64_t block) {
  Limiter limiter(sound.sample_rate, sound.channels, kCeiling);
  Sound out{.sample_rate = sound.sample_rate, .channels = sound.channels};
  auto add = [&](const Sound& part) { out.samples.insert(out.samples.end(), part.samples.begin(), part.samples.end()); };
  for (size_t at = 0; at < sound.samples.size(); at += static_cast<size_t>(block * sound.channels)) {
    Sound part{.sample_rate = sound.sample_rate, .channels = sound.channels};
    auto end = std::min(sound.samples.size(), at + static_cast<size_t>(block * sound.channels));
    part.samples.assign(sound.samples.begin() + static_cast<ptrdiff_t>(at), sound.samples.begin() + static_cast<ptrdiff_t>(end));
    add(limiter.push(part));
  }
  add(limiter.finish());
  return out;
}

double peak_of(const Sound& sound) {
  double peak = 0;
  for (float x : sound.samples) peak = std::max(peak, std::abs(static_cast<double>(x)));
  return peak;
}

TEST(Limiter, LeavesWhatIsBelowTheCeilingUntouched) {
  auto sound = tone(0.4, 0.3);
  EXPECT_EQ(limited(sound, 1000).samples, sound.samples);
}

TEST(Limiter, NoPeakPasses) {
  auto sound = tone(0.3, 0.5);
  sound.samples[20000] = 4, sound.samples[20003] = -3, sound.samples[47000] = 0.9f;
  auto out = limited(sound, 777);
  ASSERT_EQ(out.samples.size(), sound.samples.size());
  EXPECT_LE(peak_of(out), kCeiling * (1 + 1e-6));
  EXPECT_EQ(out.samples[10], sound.samples[10]);
  // 300 ms after the peak the sound is back.
  EXPECT_NEAR(out.samples[20000 + 30000 - 5000], sound.samples[20000 + 30000 - 5000], 0.02);
}

TEST(Limiter, PeaksBetweenSamplesCount) {
  // A quarter of the rate, 45 degrees off: every sample is 0.7 of the peak that is heard.
  Sound sound{.sample_rate = 48000, .channels = 1};
  for (int i = 0; i < 9600; ++i) sound.samples.push_back(static_cast<float>(0.6 * std::sin(M_PI / 2 * i + M_PI / 4)));
  EXPECT_LT(peak_of(sound), kCeiling);
  EXPECT_LT(measure_loudness(limited(sound, 4800)).true_peak_db, 20 * std::log10(kCeiling) + 0.7);
}

TEST(Limiter, BlocksDoNotMatter) {
  auto sound = tone(0.9, 0.2);
  EXPECT_EQ(limited(sound, 100).samples, limited(sound, 100000).samples);
  EXPECT_LE(peak_of(limited(sound, 1)), kCeiling * (1 + 1e-6));
}

TEST(Limiter, ShortAndEmptySound) {
  EXPECT_TRUE(limited(Sound{}, 10).samples.empty());
  Sound one{.sample_rate = 48000, .channels = 1, .samples = {2.0f, -2.0f, 0.1f}};
  auto out = limited(one, 1);
  ASSERT_EQ(out.samples.size(), 3u);
  EXPECT_LE(peak_of(out), kCeiling * (1 + 1e-6));
}

}  // namespace
}  // namespace mg::media
