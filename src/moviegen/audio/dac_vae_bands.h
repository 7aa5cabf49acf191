// Frames of bands: the lapped transform that a codec with frames starts from, and spectral envelopes in it.
// B batch · S samples, F·p of them · p bands of a frame of p samples · T latents
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mg::audio {

using at::Tensor;

// MDCT of p bands over 2p samples, sine window, orthonormal with its shifts by p: [p,2p].
Tensor mdct_basis(int64_t p);
// [B,S] → [B,F,p]; zeros beyond the ends.
Tensor to_bands(const Tensor& sound_BS, const Tensor& basis);
// Its adjoint, which gives the sound back between the ends: white bands make white sound. [B,F,p] → [B,S].
Tensor from_bands(const Tensor& bands_BFp, const Tensor& basis);

// Decimal logarithms of the mean power of `frames` frames, band by band, so scaled that sounds lie about within ±1, with those
// of a latent in one row: [B,F,p] → [B,T,slots·p], slot after slot, F = T·slots·frames.
Tensor envelope_of(const Tensor& bands_BFp, int64_t frames, int64_t slots);
// Amplitudes of such levels, bounded.
Tensor amplitudes_of(const Tensor& level);

// The `count` smoothest waves over slots and bands, orthonormal rows: [count,slots·p].
Tensor smoothest_waves(int64_t count, int64_t slots, int64_t p);

}  // namespace mg::audio
