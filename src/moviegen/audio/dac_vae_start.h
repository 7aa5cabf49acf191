// Weights for a fresh sound codec to learn from: a lapped transform. Every stride starts as a sine-windowed MDCT of each
// channel, sub-bands ordered by frequency, every transposed stride as its inverse; the latent starts as the lowest of them. So
// training begins with a codec that keeps low frequencies in phase, and learns what to add, instead of searching for a phase
// from noise: what is left to chance (rows beside the path, residual units) starts small. With
// envelopes the last half of the latent starts as their smoothest waves, from which the decoder's noise takes its levels.
#pragma once
#include "moviegen/audio/dac_vae.h"

namespace mg::audio {

void start_as_lapped_transform(DacVaeImpl& model);

}  // namespace mg::audio
