#include "moviegen/train/tasks/dac_loss.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "moviegen/train/tasks/dac_spectrum.h"

namespace mg::train {
namespace {

using at::Tensor;

struct Patch {
  int64_t window, frames, mels;  // frames are a quarter of a window apart
};
// 11 to 21 ms each, and enough values for the energy of noise to vary by a decibel or two.
constexpr Patch kPatches[] = {{2048, 2, 32}, {512, 4, 16}, {128, 16, 8}};

constexpr int64_t kOnsetWindow = 1024, kOnsetBands = 40, kOnsetLag = 3;  // frames from which the rise is taken
constexpr double kOnsetRange = 1e-3, kOnsetJitter_db = 4;                // of magnitudes below the loudest band; of single bands

constexpr double kLeastLevel = 1e-3;  // of a target's mean size: near silence is not amplified without end

// Of [B,F,K], each of K weighted.
Tensor log_error(const Tensor& a, const Tensor& b, double floor, const Tensor& weight_K) {
  return (((a + floor).log10() - (b + floor).log10()).abs() * weight_K).mean();
}

int64_t first_above(double hz, int64_t sample_rate, int64_t window) {
  return std::min<int64_t>(std::llround(hz * static_cast<double>(window) / static_cast<double>(sample_rate)), window / 2 + 1);
}

// 1 for each frequency of a window below texture_hz, `fine` from there on.
Tensor frequency_weights(const DacLossWeights& weights, int64_t sample_rate, int64_t window) {
  auto list = at::ones({window / 2 + 1});
  int64_t first = first_above(weights.texture_hz, sample_rate, window);
  list.narrow(0, first, list.size(0) - first).fill_(weights.fine);
  return list;
}

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
    auto weight = frequency_weights(weights, sample_rate, window);
    loss.log_spectrum = loss.log_spectrum + share * log_error(made, wanted, weights.floor, weight);
    auto error = ((made - wanted) * weight).flatten(1).norm(2, 1), size = (wanted * weight).flatten(1).norm(2, 1);
    double least = kLeastLevel * std::sqrt(static_cast<double>(wanted[0].numel()));
    loss.convergence = loss.convergence + share * (error / (size + least)).mean();
    if (mels == 0) continue;
    auto bands = mean_bands(sample_rate, window, mels);
    loss.mel = loss.mel + share * log_error(made.matmul(bands), wanted.matmul(bands), weights.floor, weight.matmul(bands));
  }
  loss.total = weights.log_spectrum * loss.log_spectrum + weights.convergence * loss.convergence + weights.mel * loss.mel;
  return loss;
}

Tensor texture_loss(const Tensor& sound, const Tensor& target, int64_t sample_rate, const DacLossWeights& weights) {
  auto loss = at::zeros({}, sound.options());
  for (const auto& [window, frames, mels] : kPatches) {
    if (target.size(1) <= window / 2 || target.size(1) / (window / 4) + 1 < frames) continue;  // too short for one
    auto bands = mean_bands(sample_rate, window, mels);
    auto power = [&](const Tensor& x) { return (spectrum(x, window) / window_gain(window)).square() + weights.floor * weights.floor; };
    auto mean = [&](const Tensor& x) { return at::avg_pool2d(x.matmul(bands).unsqueeze(1), {frames, 1}, {frames / 2, 1}); };
    auto made = power(sound), wanted = power(target);
    auto energy = mean(made).log10() - mean(wanted).log10(), level = mean(made.log10()) - mean(wanted.log10());
    loss = loss + (energy.abs().mean() + level.abs().mean()) / (4.0 * std::size(kPatches));  // halved as of power, and again as of two
  }
  return loss;
}

Tensor onset_loss(const Tensor& sound, const Tensor& target, int64_t sample_rate) {
  auto bands = mean_bands(sample_rate, kOnsetWindow, kOnsetBands) / window_gain(kOnsetWindow);
  auto level = [&](const Tensor& x) { return spectrum(x, kOnsetWindow).matmul(bands); };
  auto made = level(sound), wanted = level(target);
  auto floor = (kOnsetRange * wanted.amax({1, 2}, true)).clamp_min(kOnsetRange * kLeastLevel);
  auto rises = [&](const Tensor& x) {
    auto level_db = 20 * (x / floor + 1).log10();
    int64_t moments = x.size(1) - kOnsetLag;
    auto rise_db = level_db.narrow(1, kOnsetLag, moments) - level_db.narrow(1, 0, moments);
    return at::softplus(rise_db - kOnsetJitter_db).mean(2);  // soft: a band that does not rise yet is drawn up as well
  };
  return (rises(made) - rises(wanted)).abs().mean() / 10;
}

Tensor waveform_loss(const Tensor& sound, const Tensor& target) {
  return ((sound - target).abs().mean(1) / (target.abs().mean(1) + kLeastLevel)).mean();
}

}  // namespace mg::train
