// Power spectra of short pieces of sound, Hann-windowed, by a radix-2 Fourier transform of our own: small, and the media
// library needs no other.
#pragma once
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace mg::media {

class PowerSpectrum {
 public:
  explicit PowerSpectrum(size_t window);  // samples, a power of two from 8 to 65536; throws UsageError
  // |X_k|² of `window` samples for k = 0 … window/2, scaled so that a sine of amplitude 1 on bin k gives 1. The result is
  // valid until the next call.
  std::span<const float> operator()(std::span<const float> samples);
  size_t window() const { return hann_.size(); }
  size_t bins() const { return hann_.size() / 2 + 1; }

 private:
  std::vector<float> hann_, power_;
  std::vector<std::complex<float>> turns_, values_;  // exp(−2πik/N), and the transform in place
  std::vector<size_t> reversed_;                     // bit-reversed indices
};

}  // namespace mg::media
