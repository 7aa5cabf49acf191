// Discriminator of the sound codec: three small networks on log-magnitude spectrograms of three resolutions, frequencies as
// channels, a logit for every frame. It judges texture; the phase is left to the waveform's loss.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "moviegen/audio/dac_vae_layers.h"

namespace mg::train {

struct SpectralDiscriminatorImpl : torch::nn::Module {
  explicit SpectralDiscriminatorImpl(int64_t width = 64);
  // Sound [B,S], S > 1024 → logits [B,F] of each resolution, one after the other along F.
  at::Tensor forward(const at::Tensor& sound_BS);
  torch::nn::ModuleList scales;
};
TORCH_MODULE(SpectralDiscriminator);

}  // namespace mg::train
