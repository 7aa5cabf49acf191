// Sound as a picture: time to the right, pitch upwards by octaves, loudness as colour.
#pragma once
#include <array>

#include "moviegen/media/image.h"
#include "moviegen/media/sound.h"

namespace mg::media {

struct SpectrogramOptions {
  int width = 512, height = 128;
  double lowest_hz = 50, highest_hz = 20000;  // of the lower and upper edge
  double range_db = 70;                       // from black to white
  double white_db = -10;                      // power that is white, of a sine of amplitude 1
};

// The whole sound over the whole width; black where there is none. Throws UsageError for options that make no picture.
Image draw_spectrogram(const Sound& sound, const SpectrogramOptions& options = {});
// The row of a pitch in such a picture.
int spectrogram_row(double hz, const SpectrogramOptions& options);
// A thin line over the whole height of a picture that shows `duration_s`; nothing for times outside.
void draw_time_mark(Image& image, double time_s, double duration_s, const std::array<uint8_t, 3>& color = {255, 255, 255});

}  // namespace mg::media
