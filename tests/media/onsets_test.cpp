#include "moviegen/media/onsets.h"

#include <gtest/gtest.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/random.h"
#include "moviegen/media/power_spectrum.h"

namespace mg::media {
namespace {

constexpr double kCloseEnough_s = 0.012;

Sound noise(double seconds, double level, int rate = 48000) {
  Generator generator(1, "noise");
  Sound sound{.sample_rate = rate, .channels = 1};
  for (int i = 0; i < seconds * rate; ++i) sound.samples.push_back(static_cast<float>(level * generator.normal()));
  return sound;
}

// A tone that swells within `attack_s` and dies away, with a little of its octaves.
void add_tone(Sound& sound, double time_s, double hz, double level, double attack_s = 0.003, double decay_s = 0.1) {
  for (size_t i = static_cast<size_t>(time_s * sound.sample_rate); i < sound.samples.size(); ++i) {
    double t = static_cast<double>(i) / sound.sample_rate - time_s, swell = std::min(t / attack_s, 1.0) * std::exp(-t / decay_s);
    for (int octave = 1; octave <= 4; octave *= 2) sound.samples[i] += static_cast<float>(level / octave * swell * std::sin(2 * M_PI * hz * octave * t));
  }
}

void expect_times(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], kCloseEnough_s);
}

TEST(PowerSpectrum, IsTheSumOfTheDefinition) {
  Generator generator(2);
  PowerSpectrum spectrum(32);
  std::vector<float> x;
  for (int i = 0; i < 32; ++i) x.push_back(static_cast<float>(generator.normal()));
  auto power = spectrum(x);
  ASSERT_EQ(power.size(), 17u);
  for (size_t k = 0; k < 17; ++k) {
    std::complex<double> sum;
    for (size_t i = 0; i < 32; ++i) {
      double turn = 2 * M_PI * static_cast<double>(i) / 32;
      sum += std::polar(x[i] * (0.5 - 0.5 * std::cos(turn)), -turn * static_cast<double>(k));
    }
    EXPECT_NEAR(power[k], std::norm(sum) * 16 / (32 * 32), 1e-4) << k;
  }
}

TEST(PowerSpectrum, SineOfAmplitudeOneGivesOne) {
  PowerSpectrum spectrum(1024);
  std::vector<float> x;
  for (int i = 0; i < 1024; ++i) x.push_back(static_cast<float>(std::sin(2 * M_PI * 50 * i / 1024.0)));
  EXPECT_NEAR(spectrum(x)[50], 1, 1e-3);
  for (size_t bad : {0, 4, 1000, 1 << 17}) EXPECT_THROW(PowerSpectrum{bad}, UsageError);
}

TEST(Onsets, OfTonesInQuietAndInNoise) {
  for (double level : {1e-5, 0.01}) {
    auto sound = noise(2, level);
    for (auto [time, hz] : {std::pair{0.3, 200.0}, {0.75, 1500.0}, {1.1, 600.0}, {1.7, 4000.0}}) add_tone(sound, time, hz, 0.3);
    expect_times(detect_onsets(sound), {0.3, 0.75, 1.1, 1.7});
  }
}

TEST(Onsets, LevelAndRateAndChannelsDoNotMatter) {
  for (int rate : {16000, 44100, 48000}) {
    auto sound = noise(1.5, 0.005, rate);
    add_tone(sound, 0.5, 300, 0.3), add_tone(sound, 1.0, 900, 0.3);
    auto found = detect_onsets(sound);
    expect_times(found, {0.5, 1.0});
    for (float& sample : sound.samples) sample *= 0.01f;
    EXPECT_EQ(detect_onsets(sound).size(), 2u);
    Sound stereo{.sample_rate = rate, .channels = 2};
    for (float sample : sound.samples) stereo.samples.push_back(2 * sample), stereo.samples.push_back(0);
    expect_times(detect_onsets(stereo), found);
  }
}

TEST(Onsets, StepsCloseTogetherAreToldApart) {
  auto sound = noise(2, 0.003);
  std::vector<double> times;
  for (double t = 0.2; t < 1.8; t += 0.15) times.push_back(t), add_tone(sound, t, 250, 0.3, 0.002, 0.03);
  expect_times(detect_onsets(sound), times);
}

TEST(Onsets, SlowSwellsAreFoundNearTheirStart) {
  auto sound = noise(2, 0.003);
  add_tone(sound, 0.6, 300, 0.3, 0.06, 0.4);
  auto found = detect_onsets(sound);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0], 0.6, 0.04);
}

TEST(Onsets, NothingBeginsInSilenceSteadyNoiseOrVibrato) {
  EXPECT_TRUE(detect_onsets(Sound{}).empty());
  EXPECT_TRUE(detect_onsets({.sample_rate = 48000, .channels = 2, .samples = std::vector<float>(96000)}).empty());
  EXPECT_TRUE(detect_onsets(noise(10, 0.2)).empty());
  Sound vibrato;
  for (int i = 0; i < 96000; ++i) vibrato.samples.push_back(static_cast<float>(0.3 * std::sin(2 * M_PI * 600 * i / 48000.0 + 5 * std::sin(2 * M_PI * 5 * i / 48000.0))));
  EXPECT_TRUE(detect_onsets(vibrato).empty());
}

TEST(Onsets, RefuseWhatIsNoSound) {
  EXPECT_THROW(detect_onsets({.sample_rate = 48000, .channels = 6, .samples = {}}), UsageError);
  EXPECT_THROW(detect_onsets({.sample_rate = 4000, .channels = 1, .samples = {}}), UsageError);
}

}  // namespace
}  // namespace mg::media
