// The sound codec DAC-VAE (facts 10.2): mono waveform ↔ latents, the Descript Audio Codec with a VAE's bottleneck in place of
// its quantizer.
//   sound [B,1,S] in [−1,1] at sample_rate  →  latent [B,C,T], T = ceil(S / hop)
// Any length: the end is filled up by reflection, and decoding keeps the first S of hop·T samples. For long sound see
// dac_vae_stream.h. Keys are those of the public codec: encoder.block.N…, decoder.model.N…, quantizer.in_proj/out_proj.
// Easy to get wrong: encode() is raw, latents() and decode() are normalised by the statistics of the config.
#pragma once
#include "moviegen/audio/dac_vae_config.h"
#include "moviegen/audio/dac_vae_layers.h"

namespace mg::audio {

struct DacEncoderImpl : torch::nn::Module {
  explicit DacEncoderImpl(const DacVaeConfig& config);
  Tensor forward(const Tensor& sound_BS1);  // → [B,T,hidden]; S a multiple of the hop
  torch::nn::ModuleList block;
};
TORCH_MODULE(DacEncoder);

struct DacDecoderImpl : torch::nn::Module {
  explicit DacDecoderImpl(const DacVaeConfig& config);
  // → [B,hop·T,1]. Envelopes [B,T,slots·patch] and noise [1,hop/patch·T,patch] are read if the config has them.
  Tensor forward(const Tensor& hidden_BTC, const Tensor& envelope_BTE, const Tensor& noise_1SC);
  torch::nn::ModuleList model;
  WeightNormConv noise_level{nullptr};
  Tensor basis;  // of the bands of envelopes
  int64_t slots;
  bool tanh;
};
TORCH_MODULE(DacDecoder);

// Keys in_proj (hidden → mean and scale) and out_proj (latent → hidden), both kernel 1. With envelopes envelope_in (→ mean and
// scale) and envelope_out (latent →), kernel 3.
struct DacBottleneckImpl : torch::nn::Module {
  explicit DacBottleneckImpl(const DacVaeConfig& config);
  WeightNormConv in_proj{nullptr}, out_proj{nullptr}, envelope_in{nullptr}, envelope_out{nullptr};
};
TORCH_MODULE(DacBottleneck);

struct Encoded {
  Tensor mean, log_variance;  // [B,C,T], raw; deviation = softplus(scale) + 1e-4
};

struct DacVaeImpl : torch::nn::Module {
  explicit DacVaeImpl(const DacVaeConfig& config);
  Encoded encode(const Tensor& sound_BCS);
  // Raw latents → hop·T samples [B,1,hop·T]; with gradients, for training. `first` is the number of the first latent: noise is
  // a function of it, so that pieces of a sound fit together.
  Tensor synthesise(const Tensor& raw_BCS, int64_t first = 0);
  // Mean latents, normalised per channel to mean 0 and deviation 1: what the transformer sees.
  Tensor latents(const Tensor& sound_BCS);
  // Inverse of latents(): the first `samples` of hop·T.
  Tensor decode(const Tensor& latent_BCS, int64_t samples, int64_t first = 0);
  Tensor normalise(const Tensor& raw_BCS) const;
  Tensor denormalise(const Tensor& latent_BCS) const;
  // Multiplies out weight norm once, for a model that is only used (load_dac_vae does it).
  void fold_weights();
  DacVaeConfig config;
  DacEncoder encoder{nullptr};
  DacBottleneck quantizer{nullptr};
  DacDecoder decoder{nullptr};
};
TORCH_MODULE(DacVae);

// Throws UsageError unless sound is [B,1,S] with S ≥ 1.
void check_sound(const Tensor& sound_BCS);
// Sound filled up at its end to a multiple of `hop` by reflection, back and forth where it is shorter than the fill.
Tensor pad_to_hop(const Tensor& sound_BCS, int64_t hop);

// Model-folder part "sound_codec", class "MovieGenDacVae".
DacVae load_dac_vae(const std::string& folder);
void save_dac_vae(const std::string& folder, const DacVae& model, const std::string& dtype);

}  // namespace mg::audio
