#include "moviegen/media/spectrogram.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/mel_spectrum.h"

namespace mg::media {
namespace {

// From black over violet and orange to white, evenly brighter.
std::array<uint8_t, 3> color_of(double u) {
  static constexpr std::array<std::array<double, 3>, 6> kStops = {{{0, 0, 0}, {50, 18, 110}, {140, 40, 130}, {222, 73, 104}, {254, 160, 110}, {255, 253, 220}}};
  double at = std::clamp(u, 0.0, 1.0) * (kStops.size() - 1);
  size_t stop = std::min(kStops.size() - 2, static_cast<size_t>(at));
  std::array<uint8_t, 3> rgb{};
  for (size_t c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(std::lround(kStops[stop][c] + (kStops[stop + 1][c] - kStops[stop][c]) * (at - static_cast<double>(stop))));
  return rgb;
}

}  // namespace

Image draw_spectrogram(const Sound& sound, const SpectrogramOptions& o) {
  if (o.width < 1 || o.height < 1 || o.width > kMaxSide || o.height > kMaxSide || sound.frames() == 0)
    throw UsageError("a spectrogram has 1 to {} pixels a side and shows some sound; got {}×{} for {} samples", kMaxSide, o.width, o.height, sound.frames());
  const MelSpectrum mel = mel_spectrum(sound, {.window = 2048, .hop_s = sound.duration_s() / o.width, .bands = o.height, .low_hz = o.low_hz, .high_hz = o.high_hz});
  Image image(o.width, o.height);
  for (int y = 0; y < o.height; ++y)
    for (int x = 0; x < o.width; ++x) {
      double db = 10 * std::log10(std::max(1e-12f, mel.frame(std::min(x, mel.frames - 1))[o.height - 1 - y]));
      auto rgb = color_of(1 - (o.top_db - db) / o.range_db);
      std::copy(rgb.begin(), rgb.end(), image.row(y) + 3 * x);
    }
  return image;
}

int spectrogram_row(double hz, const SpectrogramOptions& o) {
  double low = mel_of_hz(o.low_hz), high = mel_of_hz(o.high_hz);
  return std::clamp(static_cast<int>(std::lround((1 - (mel_of_hz(hz) - low) / (high - low)) * (o.height - 1))), 0, o.height - 1);
}

}  // namespace mg::media
