#include "moviegen/train/tasks/dac_loss.h"

#include <cmath>

#include "moviegen/train/tasks/dac_spectrum.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr double kLeastLevel = 1e-3;  // of a target's mean size: near silence is not amplified without end

Tensor log_error(const Tensor& a, const Tensor& b, double floor) { return ((a + floor).log10() - (b + floor).log10()).abs().mean(); }

// Bands as weighted means of magnitudes over the window's gain, so that the floor is the same everywhere.
Tensor mean_bands(int64_t sample_rate, int64_t window, int64_t mels) {
  const auto& filters = mel_filters(sample_rate, window, mels);
  return filters / filters.sum(0).clamp_min(1e-12);
}

}  // namespace

SpectralLoss spectral_loss(const Tensor& sound, const Tensor& target, int64_t sample_rate, const DacLossWeights& weights) {
  auto zero = at::zeros({}, sound.options());
  SpectralLoss loss{zero, zero, zero, zero};
  double share = 1 / static_cast<double>(weights.windows.size());
  for (size_t i = 0; i < weights.windows.size(); ++i) {
    int64_t window = weights.windows[i], mels = weights.mels[i];
    double gain = 1 / window_gain(window);
    auto made = spectrum(sound, window) * gain, wanted = spectrum(target, window) * gain;
    loss.log_spectrum = loss.log_spectrum + share * log_error(made, wanted, weights.floor);
    auto error = (made - wanted).flatten(1).norm(2, 1), size = wanted.flatten(1).norm(2, 1);
    double least = kLeastLevel * std::sqrt(static_cast<double>(wanted[0].numel()));
    loss.convergence = loss.convergence + share * (error / (size + least)).mean();
    if (mels == 0) continue;
    auto bands = mean_bands(sample_rate, window, mels);
    loss.mel = loss.mel + share * log_error(made.matmul(bands), wanted.matmul(bands), weights.floor);
  }
  loss.total = weights.log_spectrum * loss.log_spectrum + weights.convergence * loss.convergence + weights.mel * loss.mel;
  return loss;
}

Tensor waveform_loss(const Tensor& sound, const Tensor& target) {
  return ((sound - target).abs().mean(1) / (target.abs().mean(1) + kLeastLevel)).mean();
}

}  // namespace mg::train
