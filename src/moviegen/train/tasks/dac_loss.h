// Losses of the sound codec, after the Descript Audio Codec: spectrograms and mel spectrograms at several resolutions, and the
// waveform itself, without which the phase is anybody's. Every one is zero where both sounds agree, and blind to their level.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace mg::train {

struct DacLossWeights {
  std::vector<int64_t> windows{2048, 1024, 512, 256, 128, 64, 32};  // of both kinds of spectrogram
  std::vector<int64_t> mels{320, 160, 80, 40, 20, 10, 5};           // bands for each window; 0 = none
  double log_spectrum = 1, convergence = 1, mel = 2;  // ours: the mel bands weigh as much as both of the others
  double floor = 1e-3;     // of magnitudes, of a signal of full scale: ours, so that near silence does not rule the gradient
  double waveform = 1;     // share of the spectral gradient
  double kl = 1e-1;        // ours, of the mean over latent values: noise of some percent of a channel's spread
  double adversarial = 0.2;  // share of the reconstruction's gradient that the discriminator may add
};

template <class V>
void fields(V& v, DacLossWeights& w) {
  v("windows", w.windows, "windows of the spectrograms, in samples");
  v("mels", w.mels, "mel bands for each window; 0 = none");
  v("log_spectrum", w.log_spectrum, "weight of the error of log magnitudes");
  v("convergence", w.convergence, "weight of the error of magnitudes relative to their size");
  v("mel", w.mel, "weight of the error of log mel bands");
  v("floor", w.floor, "magnitude below which sounds count as equal, relative to full scale");
  v("waveform", w.waveform, "gradient of the waveform's error relative to that of the spectra");
  v("kl", w.kl, "weight of the KL divergence per latent value");
  v("adversarial", w.adversarial, "gradient of the discriminator relative to that of the reconstruction");
}

struct SpectralLoss {
  at::Tensor log_spectrum, convergence, mel;  // means over windows, before weights
  at::Tensor total;                           // weighted
};
SpectralLoss spectral_loss(const at::Tensor& sound_BS, const at::Tensor& target_BS, int64_t sample_rate, const DacLossWeights& weights);
// Mean |error| over mean |target|, item by item.
at::Tensor waveform_loss(const at::Tensor& sound_BS, const at::Tensor& target_BS);

}  // namespace mg::train
