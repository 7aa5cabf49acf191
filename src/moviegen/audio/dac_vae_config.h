// Sizes of the sound codec (facts 10.2): waveform ↔ latents at sample_rate / hop a second.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mg::audio {

struct DacVaeConfig {
  int64_t sample_rate = 48000;
  int64_t patch = 1;                           // samples per frame of the first and last convolution; 1 = the paper's
  std::vector<int64_t> strides{2, 8, 10, 12};  // of the encoder; the decoder walks them backwards
  int64_t encoder_width = 64;                  // channels after the first convolution, doubled by every stride
  int64_t decoder_width = 1536;                // channels before the first stride of the decoder, halved by every one
  int64_t latent_channels = 128;
  bool tanh = true;                            // bounds the decoder's output; ours without: it costs loud peaks
  bool envelope = false;                       // ours: the encoder reads spectral envelopes beside the waveform, and the decoder sets levels of bands of noise, for
                                               // rain is no function of a few numbers (docs/decisions/0010)
  std::vector<double> latent_mean{}, latent_std{};  // of training latents, one a channel; empty = not measured
  int64_t slots() const { return strides.empty() ? 0 : hop() / (patch * strides.front()); }  // of an envelope: levels of a band in a latent
  int64_t hop() const;                         // samples a latent stands for
  int64_t hidden_width() const;                // channels on both sides of the bottleneck
  double latent_rate() const { return static_cast<double>(sample_rate) / static_cast<double>(hop()); }
  void check() const;                          // throws DataError: configs come from files
};

template <class V>
void fields(V& v, DacVaeConfig& c) {
  v("sample_rate", c.sample_rate, "samples a second");
  v("patch", c.patch, "samples per frame of the first and last convolution");
  v("strides", c.strides, "strides of the encoder, after the patch");
  v("encoder_width", c.encoder_width, "channels of the encoder's first layer");
  v("decoder_width", c.decoder_width, "channels of the decoder's first layer");
  v("latent_channels", c.latent_channels, "channels of a latent");
  v("tanh", c.tanh, "bound the decoder's output by tanh");
  v("envelope", c.envelope, "read spectral envelopes beside the waveform, and set levels of bands of noise");
  v("latent_mean", c.latent_mean, "mean of each latent channel on training sound");
  v("latent_std", c.latent_std, "standard deviation of each latent channel on training sound");
}

// "mini" or "movie-gen" (facts 10.2); throws UsageError.
DacVaeConfig dac_vae_preset(const std::string& name);

// Counts from the sizes alone, nothing allocated. FLOPs are two per multiply-add, of the convolutions of one second.
struct DacVaeCost {
  int64_t parameters = 0;
  double flops = 0;
};
DacVaeCost encoder_cost(const DacVaeConfig& config);  // with the projection into the latent
DacVaeCost decoder_cost(const DacVaeConfig& config);  // with the projection out of it

// Latents on either side that one latent's value, or one latent's worth of samples, depends on.
int64_t encoder_context(const DacVaeConfig& config);
int64_t decoder_context(const DacVaeConfig& config);

}  // namespace mg::audio
