// Loudness against the values EBU R128 and Tech 3341 ask for.
#include "make_sound.h"

namespace mg::media {
namespace {

double peak_of(double db) { return std::pow(10, db / 20); }

// Tech 3341, tests 1 and 2: a stereo sine of 1 kHz measures its own level.
TEST(Loudness, SineMeasuresItsLevel) {
  for (int rate : {44100, 48000, 96000}) {
    for (double level : {-23.0, -33.0}) {
      auto loudness = measure_loudness(tone(rate, 2, 5, 997, peak_of(level)));
      EXPECT_NEAR(loudness.integrated_lufs, level, 0.1) << rate;
      EXPECT_NEAR(loudness.true_peak_db, level, 0.1) << rate;
      EXPECT_NEAR(loudness.range_lu, 0, 0.1) << rate;
    }
  }
}

TEST(Loudness, OneChannelCountsAsTwo) {
  EXPECT_NEAR(measure_loudness(tone(48000, 1, 5, 997, peak_of(-23))).integrated_lufs, -23, 0.1);
}

TEST(Loudness, SilenceIsTheFloor) {
  auto silent = measure_loudness(tone(48000, 2, 2, 440, 0));
  EXPECT_EQ(silent.integrated_lufs, -70);
  EXPECT_EQ(silent.true_peak_db, -70);
  EXPECT_EQ(loudness_gain(silent, -16), 1);
  EXPECT_EQ(measure_loudness({}).integrated_lufs, -70);
  EXPECT_EQ(measure_loudness(tone(48000, 2, 0.2, 997, 0.5)).integrated_lufs, -70);  // less than a gating block
}

// Tech 3341, test 4: quiet stretches do not count.
TEST(Loudness, GateLeavesOutQuietParts) {
  LoudnessMeter meter(48000, 2);
  for (auto [level, seconds] : {std::pair{-72.0, 10.0}, {-23.0, 20.0}, {-72.0, 10.0}}) meter.add(tone(48000, 2, seconds, 997, peak_of(level)));
  EXPECT_NEAR(meter.result().integrated_lufs, -23, 0.1);
}

TEST(Loudness, BlocksMeasureAsTheWhole) {
  auto sound = noise(48000, 2, 3);
  LoudnessMeter meter(48000, 2);
  for (int64_t at = 0, step = 777; at < sound.frames(); at += step) meter.add(part(sound, at, std::min(step, sound.frames() - at)));
  EXPECT_NEAR(meter.result().integrated_lufs, measure_loudness(sound).integrated_lufs, 1e-9);
  EXPECT_THROW(meter.add(tone(44100, 2, 0.1)), UsageError);
  EXPECT_THROW(meter.add(tone(48000, 1, 0.1)), UsageError);
}

// A sine of a quarter of the rate, sampled off its peaks, has its true peak 3 dB above its samples.
TEST(Loudness, TruePeakLiesBetweenSamples) {
  Sound sound{.sample_rate = 48000, .channels = 1};
  for (int i = 0; i < 48000; ++i) sound.samples.push_back(0.5f * static_cast<float>(std::sin(std::numbers::pi * (i / 2.0 + 0.25))));
  EXPECT_NEAR(measure_loudness(sound).true_peak_db, 20 * std::log10(0.5), 0.3);
}

TEST(Loudness, GainReachesTheTargetButNotThePeak) {
  auto quiet = tone(48000, 2, 3, 997, peak_of(-30));
  double gain = loudness_gain(measure_loudness(quiet), -16);
  for (float& sample : quiet.samples) sample *= static_cast<float>(gain);
  EXPECT_NEAR(measure_loudness(quiet).integrated_lufs, -16, 0.1);
  EXPECT_NEAR(loudness_gain({.integrated_lufs = -30, .true_peak_db = -5}, -16), peak_of(4), 1e-9);
  EXPECT_NEAR(loudness_gain({.integrated_lufs = -10, .true_peak_db = -0.5}, -16), peak_of(-6), 1e-9);
}

}  // namespace
}  // namespace mg::media
