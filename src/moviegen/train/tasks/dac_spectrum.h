// Magnitude spectrograms with gradients, and mel filters, for losses and figures of the sound codec.
// B batch · S samples · F frames, a quarter of a window apart · K = window/2 + 1 frequencies
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mg::train {

// |STFT| with a Hann window, not normalised, frames centred, ends reflected. S > window/2. → [B,F,K].
at::Tensor spectrum(const at::Tensor& sound_BS, int64_t window);
// Root of the sum of the window's squares: white noise of deviation σ has magnitudes of about σ times this.
double window_gain(int64_t window);
// Triangles on Slaney's mel scale from 0 to half the rate, each of area one over frequency in Hz (the default of librosa and
// audiotools). → [K,mels], kept for the life of the program.
const at::Tensor& mel_filters(int64_t sample_rate, int64_t window, int64_t mels);

}  // namespace mg::train
