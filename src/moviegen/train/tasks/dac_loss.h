// Losses of the sound codec, after the Descript Audio Codec: spectrograms and mel spectrograms at several resolutions, and the
// waveform itself, without which the phase is anybody's; ours, energies and peakiness of patches, for noise cannot be coded
// value by value. Every one is zero where both sounds agree, and blind to their level.
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
  double texture = 0, onset = 0;       // ours
  double texture_hz = 500, fine = 1;   // ours: from there on single frequencies and bands count `fine` times as much as below
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
  v("texture", w.texture, "weight of the error of energy and peakiness of patches");
  v("onset", w.onset, "weight of the error of how steeply sounds begin");
  v("texture_hz", w.texture_hz, "frequency from which single ones weigh `fine`");
  v("fine", w.fine, "weight of single frequencies and bands from texture_hz on, relative to those below");
  v("waveform", w.waveform, "gradient of the waveform's error relative to that of the spectra");
  v("kl", w.kl, "weight of the KL divergence per latent value");
  v("adversarial", w.adversarial, "gradient of the discriminator relative to that of the reconstruction");
}

struct SpectralLoss {
  at::Tensor log_spectrum, convergence, mel;  // means over windows, before weights
  at::Tensor total;                           // weighted
};
SpectralLoss spectral_loss(const at::Tensor& sound_BS, const at::Tensor& target_BS, int64_t sample_rate, const DacLossWeights& weights);
// Of patches, mel bands of 11 to 21 ms: the error of the logarithm of their mean power and that of their mean logarithm of
// power. Errors of single bands ask for the median of a noise, which is smooth; the difference of the two means tells noise from
// a smooth spectrum (2.5 dB) and from tones (more).
at::Tensor texture_loss(const at::Tensor& sound_BS, const at::Tensor& target_BS, int64_t sample_rate, const DacLossWeights& weights);
// What mel bands rise by within 16 ms beyond the jitter of single ones, their mean compared moment by moment, in bels: an attack
// that is a little soft in every band costs what it lacks, and the errors of single bands cancel. Down to 60 dB below the
// target's loudest band.
at::Tensor onset_loss(const at::Tensor& sound_BS, const at::Tensor& target_BS, int64_t sample_rate);
// Mean |error| over mean |target|, item by item.
at::Tensor waveform_loss(const at::Tensor& sound_BS, const at::Tensor& target_BS);

}  // namespace mg::train
