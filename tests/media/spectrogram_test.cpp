#include "moviegen/media/spectrogram.h"

#include <gtest/gtest.h>

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::media {
namespace {

int brightness(const Image& image, int x, int y) { return image.row(y)[3 * x] + image.row(y)[3 * x + 1] + image.row(y)[3 * x + 2]; }

int brightest_row(const Image& image, int x) {
  int best = 0;
  for (int y = 1; y < image.height; ++y)
    if (brightness(image, x, y) > brightness(image, x, best)) best = y;
  return best;
}

Sound tone(double hz, double from_s, double seconds, int channels = 1) {
  Sound sound{.sample_rate = 48000, .channels = channels};
  for (int i = 0; i < seconds * 48000; ++i)
    for (int c = 0; c < channels; ++c) sound.samples.push_back(i < from_s * 48000 ? 0 : static_cast<float>(0.5 * std::sin(2 * M_PI * hz * i / 48000)));
  return sound;
}

// Rows are spaced by the logarithm of frequency, high ones on top.
TEST(Spectrogram, TonesLieAtTheirPitch) {
  SpectrogramOptions options{.width = 50, .height = 80, .lowest_hz = 62.5, .highest_hz = 16000};
  for (double hz : {500.0, 1000.0, 4000.0, 8000.0}) {
    auto image = draw_spectrogram(tone(hz, 0, 1, 2), options);
    EXPECT_NEAR(brightest_row(image, 25), 80 * (1 - std::log2(hz / 62.5) / 8), 2) << hz;
  }
}

TEST(Spectrogram, SoundBeginsWhereItBegins) {
  auto image = draw_spectrogram(tone(1000, 1, 2), {.width = 100, .height = 40});
  int row = brightest_row(image, 75), silence = brightness(image, 5, row);
  EXPECT_LT(brightness(image, 45, row), 2 * silence + 30);
  EXPECT_GT(brightness(image, 55, row), 10 * silence + 300);
}

TEST(Spectrogram, SilenceAndShortSoundsMakePictures) {
  for (size_t samples : {0, 1, 100, 48000}) {
    Sound sound{.sample_rate = 48000, .channels = 1, .samples = std::vector<float>(samples)};
    auto image = draw_spectrogram(sound, {.width = 20, .height = 10});
    EXPECT_EQ(image.rgb.size(), 600u);
    EXPECT_LT(brightness(image, 10, 5), 10);
  }
}

TEST(Spectrogram, MarksStandAtTheirTime) {
  Image image(100, 4);
  draw_time_mark(image, 0.5, 2);
  draw_time_mark(image, 1.9999, 2, {255, 0, 0});
  draw_time_mark(image, -0.1, 2);
  draw_time_mark(image, 2, 2);
  int lit = 0;
  for (uint8_t value : image.rgb) lit += value != 0;
  EXPECT_EQ(lit, 4 * 3 + 4);
  EXPECT_EQ(brightness(image, 25, 3), 3 * 255);
  EXPECT_EQ(image.row(0)[3 * 99], 255);
}

TEST(Spectrogram, RefusesWhatMakesNoPicture) {
  for (SpectrogramOptions options : {SpectrogramOptions{.width = 0}, {.height = 100000}, {.lowest_hz = 0}, {.lowest_hz = 500, .highest_hz = 100}, {.range_db = 0}})
    EXPECT_THROW(draw_spectrogram(Sound{}, options), UsageError);
  EXPECT_THROW(draw_spectrogram({.sample_rate = 48000, .channels = 0, .samples = {}}), UsageError);
}

}  // namespace
}  // namespace mg::media
