// How close a decoded sound is to the original. All take mono sound [S] at 48 kHz or another rate, longer than 1024 samples.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>

#include "moviegen/audio/dac_vae.h"

namespace mg::train {

// Scale-invariant signal to distortion ratio in dB: both sounds made zero-mean, the original scaled to explain as much of the
// other as it can, the energy of that over the energy of the rest (Le Roux et al. 2019). Nothing for a silent original.
std::optional<double> si_sdr(const at::Tensor& sound_S, const at::Tensor& target_S);
// As the Descript Audio Codec measures it: Σ over windows 32, 64 … 2048 with 5, 10 … 320 mel bands of the mean of
// |log10 mel(x) − log10 mel(y)|, mel of magnitudes, at least 1e-5.
double mel_distance(const at::Tensor& sound_S, const at::Tensor& target_S, int64_t sample_rate);
// As audiotools measures it: Σ over windows 2048 and 512 of the mean of |log10 |X|² − log10 |Y|²| + ||X| − |Y||, at least 1e-5.
double stft_distance(const at::Tensor& sound_S, const at::Tensor& target_S);

struct SoundFigures {
  std::optional<double> si_sdr;
  double mel_distance = 0, stft_distance = 0;
};
SoundFigures measure_sound(const at::Tensor& sound_S, const at::Tensor& target_S, int64_t sample_rate);

// Encodes and decodes mono sound [S] through the mean latent, in pieces, without the latent statistics.
at::Tensor reconstruct_sound(audio::DacVae& model, const at::Tensor& sound_S);

}  // namespace mg::train
