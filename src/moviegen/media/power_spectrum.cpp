#include "moviegen/media/power_spectrum.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "moviegen/core/error.h"

namespace mg::media {

PowerSpectrum::PowerSpectrum(size_t window) {
  if (!std::has_single_bit(window) || window < 8 || window > 65536) throw UsageError("power spectrum: expected a window of 8 to 65536 samples, a power of two, got {}", window);
  auto turn = 2 * std::numbers::pi / static_cast<double>(window);
  for (size_t i = 0; i < window; ++i) hann_.push_back(static_cast<float>(0.5 - 0.5 * std::cos(turn * static_cast<double>(i))));
  for (size_t k = 0; k < window / 2; ++k) turns_.push_back(std::polar(1.0f, static_cast<float>(-turn * static_cast<double>(k))));
  reversed_.resize(window);
  for (size_t i = 1; i < window; ++i) reversed_[i] = reversed_[i / 2] / 2 + (i % 2 ? window / 2 : 0);
  values_.resize(window), power_.resize(window / 2 + 1);
}

std::span<const float> PowerSpectrum::operator()(std::span<const float> samples) {
  size_t size = window();
  check(samples.size() == size, "power spectrum: {} samples for a window of {}", samples.size(), size);
  for (size_t i = 0; i < size; ++i) values_[reversed_[i]] = samples[i] * hann_[i];
  for (size_t half = 1; half < size; half *= 2) {
    size_t stride = size / (2 * half);
    for (size_t first = 0; first < size; first += 2 * half)
      for (size_t k = 0; k < half; ++k) {
        auto even = values_[first + k], odd = values_[first + k + half];
        auto turn = turns_[k * stride];
        std::complex<float> turned(odd.real() * turn.real() - odd.imag() * turn.imag(), odd.real() * turn.imag() + odd.imag() * turn.real());
        values_[first + k] = even + turned, values_[first + k + half] = even - turned;
      }
  }
  auto scale = static_cast<float>(16.0 / (static_cast<double>(size) * static_cast<double>(size)));  // the window's mean is 1/2, a sine's bins share its amplitude
  for (size_t k = 0; k < power_.size(); ++k) power_[k] = scale * std::norm(values_[k]);
  return power_;
}

}  // namespace mg::media
