#include "moviegen/media/spectrogram.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/power_spectrum.h"

namespace mg::media {
namespace {

constexpr size_t kWindow = 2048;

void check_options(const Sound& sound, const SpectrogramOptions& o) {
  bool has_size = o.width >= 1 && o.height >= 1 && o.width <= kMaxSide && o.height <= kMaxSide;
  if (!has_size || !(o.lowest_hz > 0) || !(o.highest_hz > o.lowest_hz) || !(o.range_db > 0) || sound.channels < 1 || sound.sample_rate < 1)
    throw UsageError("a spectrogram of {} channels at {} Hz as {}×{} pixels, {} to {} Hz, over {} dB cannot be drawn", sound.channels, sound.sample_rate, o.width,
                     o.height, o.lowest_hz, o.highest_hz, o.range_db);
}

// From black over violet and orange to white, ever brighter.
std::array<uint8_t, 3> color_of(double u) {
  static constexpr std::array<std::array<double, 3>, 6> kStops = {
      {{0, 0, 0}, {50, 18, 110}, {140, 40, 130}, {222, 73, 104}, {254, 160, 110}, {255, 253, 220}}};
  double at = std::clamp(u, 0.0, 1.0) * (kStops.size() - 1);
  size_t stop = std::min(kStops.size() - 2, static_cast<size_t>(at));
  double part = at - static_cast<double>(stop);
  std::array<uint8_t, 3> rgb{};
  for (size_t c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(std::lround(kStops[stop][c] + (kStops[stop + 1][c] - kStops[stop][c]) * part));
  return rgb;
}

double hz_of_row(double row, const SpectrogramOptions& o) {  // row 0 is the upper edge
  return o.highest_hz * std::pow(o.lowest_hz / o.highest_hz, row / o.height);
}

// Adds the spectrum of one window of every channel; samples outside the sound are silence.
void add_power(const Sound& sound, int64_t centre, PowerSpectrum& spectrum, std::vector<float>& piece, std::vector<float>& power) {
  for (int channel = 0; channel < sound.channels; ++channel) {
    for (size_t i = 0; i < kWindow; ++i) {
      int64_t at = centre - static_cast<int64_t>(kWindow / 2) + static_cast<int64_t>(i);
      piece[i] = at >= 0 && at < sound.frames() ? sound.samples[static_cast<size_t>(at * sound.channels + channel)] : 0.0f;
    }
    auto bins = spectrum(piece);
    for (size_t k = 0; k < bins.size(); ++k) power[k] += bins[k] / static_cast<float>(sound.channels);
  }
}

// The loudest of the bins of one row; between two bins where the row is narrower than one.
double power_of_row(const std::vector<float>& power, int row, int sample_rate, const SpectrogramOptions& o) {
  double per_hz = static_cast<double>(kWindow) / sample_rate, last = static_cast<double>(power.size() - 1);
  double low = hz_of_row(row + 1, o) * per_hz, high = hz_of_row(row, o) * per_hz, middle = std::sqrt(low * high);
  if (middle > last) return 0;
  size_t bin = static_cast<size_t>(middle), next = std::min(bin + 1, power.size() - 1);
  double most = power[bin] + (power[next] - power[bin]) * (middle - static_cast<double>(bin));
  for (size_t k = static_cast<size_t>(std::ceil(low)); static_cast<double>(k) <= std::min(high, last); ++k) most = std::max(most, static_cast<double>(power[k]));
  return most;
}

}  // namespace

Image draw_spectrogram(const Sound& sound, const SpectrogramOptions& o) {
  check_options(sound, o);
  Image image(o.width, o.height);
  if (sound.frames() == 0) return image;
  PowerSpectrum spectrum(kWindow);
  std::vector<float> piece(kWindow);
  for (int x = 0; x < o.width; ++x) {
    // One window, or several where a column is longer than half of one.
    int64_t from = sound.frames() * x / o.width, end = sound.frames() * (x + 1) / o.width, hop = kWindow / 2;
    int64_t windows = std::max<int64_t>(1, (end - from) / hop);
    std::vector<float> power(spectrum.bins(), 0.0f);
    for (int64_t i = 0; i < windows; ++i) add_power(sound, from + (end - from) * (2 * i + 1) / (2 * windows), spectrum, piece, power);
    for (int y = 0; y < o.height; ++y) {
      double db = 10 * std::log10(std::max(1e-12, power_of_row(power, y, sound.sample_rate, o) / static_cast<double>(windows)));
      auto rgb = color_of(1 - (o.white_db - db) / o.range_db);
      std::copy(rgb.begin(), rgb.end(), image.row(y) + 3 * x);
    }
  }
  return image;
}

int spectrogram_row(double hz, const SpectrogramOptions& o) {
  double row = o.height * std::log(o.highest_hz / hz) / std::log(o.highest_hz / o.lowest_hz);
  return std::clamp(static_cast<int>(row), 0, o.height - 1);
}

void draw_time_mark(Image& image, double time_s, double duration_s, const std::array<uint8_t, 3>& color) {
  if (!(time_s >= 0 && time_s < duration_s)) return;
  int x = std::min(image.width - 1, static_cast<int>(time_s / duration_s * image.width));
  for (int y = 0; y < image.height; ++y) std::copy(color.begin(), color.end(), image.row(y) + 3 * x);
}

}  // namespace mg::media
