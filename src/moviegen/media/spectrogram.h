// Sound as a picture: time to the right, pitch upwards on the mel scale, loudness as colour.
#pragma once
#include "moviegen/media/image.h"
#include "moviegen/media/sound.h"

namespace mg::media {

struct SpectrogramOptions {
  int width = 512, height = 128;
  double low_hz = 40, high_hz = 20000;
  double range_db = 70;    // from black to white
  double top_db = -10;     // power that is white, of a sine of amplitude 1
};

// The whole sound over the whole width. Throws UsageError if the picture is empty or too large.
Image draw_spectrogram(const Sound& sound, const SpectrogramOptions& options = {});
// The row of a pitch in such a picture.
int spectrogram_row(double hz, const SpectrogramOptions& options);

}  // namespace mg::media
