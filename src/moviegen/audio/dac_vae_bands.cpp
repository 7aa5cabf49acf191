#include "moviegen/audio/dac_vae_bands.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace mg::audio {
namespace {

constexpr double kLeastPower = 1e-10;                // −100 dB of full scale
constexpr double kMiddle = -6, kSpread = 2;          // decades of power: scale of envelopes
constexpr double kSoftest = -2.5, kLoudest = 3.5;    // of envelopes: −110 and 10 dB
constexpr double kSlotCost = 2;                      // a wave over slots counts as rough as so many over bands

double cosine(int64_t wave, int64_t at, int64_t size) {
  double length = std::sqrt((wave == 0 ? 1.0 : 2.0) / static_cast<double>(size));
  return length * std::cos(std::numbers::pi * static_cast<double>(wave) * (static_cast<double>(at) + 0.5) / static_cast<double>(size));
}

}  // namespace

Tensor mdct_basis(int64_t p) {
  auto basis = at::empty({p, 2 * p}, at::kFloat);
  double size = static_cast<double>(p);
  for (int64_t m = 0; m < p; ++m)
    for (int64_t n = 0; n < 2 * p; ++n) {
      double at = static_cast<double>(n) + 0.5, window = std::sin(std::numbers::pi * at / (2 * size));
      double wave = std::cos(std::numbers::pi / size * (at + size / 2) * (static_cast<double>(m) + 0.5));
      basis.data_ptr<float>()[m * 2 * p + n] = static_cast<float>(std::sqrt(2 / size) * window * wave);
    }
  return basis;
}

Tensor to_bands(const Tensor& sound, const Tensor& basis) {
  int64_t p = basis.size(0);
  return at::constant_pad_nd(sound, {p / 2, p - p / 2}).unfold(1, 2 * p, p).matmul(basis.t());
}

Tensor from_bands(const Tensor& bands, const Tensor& basis) {
  int64_t p = basis.size(0), frames = bands.size(1);
  auto pieces = bands.matmul(basis);
  auto sum = at::constant_pad_nd(pieces.narrow(2, 0, p), {0, 0, 0, 1}) + at::constant_pad_nd(pieces.narrow(2, p, p), {0, 0, 1, 0});
  return sum.flatten(1).narrow(1, p / 2, frames * p);
}

Tensor envelope_of(const Tensor& bands, int64_t frames, int64_t slots) {
  int64_t B = bands.size(0), p = bands.size(2);
  auto power = bands.square().view({B, -1, frames, p}).mean(2);
  return (((power + kLeastPower).log10() - kMiddle) / kSpread).view({B, -1, slots * p});
}

Tensor amplitudes_of(const Tensor& level) { return at::pow(10.0, (level.clamp(kSoftest, kLoudest) * kSpread + kMiddle) / 2); }

Tensor smoothest_waves(int64_t count, int64_t slots, int64_t p) {
  struct Wave {
    int64_t slot, band;
    double roughness() const { return kSlotCost * static_cast<double>(slot) + static_cast<double>(band); }
  };
  std::vector<Wave> waves;
  for (int64_t a = 0; a < slots; ++a)
    for (int64_t b = 0; b < p; ++b) waves.push_back({a, b});
  std::stable_sort(waves.begin(), waves.end(), [](const Wave& x, const Wave& y) { return x.roughness() < y.roughness(); });
  auto rows = at::zeros({count, slots * p}, at::kFloat);
  for (int64_t i = 0; i < std::min(count, slots * p); ++i)
    for (int64_t s = 0; s < slots; ++s)
      for (int64_t k = 0; k < p; ++k)
        rows.data_ptr<float>()[i * slots * p + s * p + k] = static_cast<float>(cosine(waves[static_cast<size_t>(i)].slot, s, slots) * cosine(waves[static_cast<size_t>(i)].band, k, p));
  return rows;
}

}  // namespace mg::audio
