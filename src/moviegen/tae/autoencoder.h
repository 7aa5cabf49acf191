// The temporal autoencoder (facts sheet 1): pixels ↔ latents, factor 8 in time, height and width.
//   pixels  [B,3,T',H',W'] in [−1,1]  →  latent [B,C,T,H,W], T = ceil(T'/8), H = H'/8, W = W'/8
// Any number of frames; an image is one frame. The decoder makes 8·T frames and keeps the first T'.
#pragma once
#include "moviegen/tae/config.h"
#include "moviegen/tae/layers.h"
#include "moviegen/weights/state.h"

namespace mg::tae {

struct EncoderImpl : torch::nn::Module {
  explicit EncoderImpl(const TaeConfig& config);
  // → mean and log variance, each [B,C,T,H,W].
  std::pair<Tensor, Tensor> forward(const Tensor& pixels_BCTHW);
  TaeConfig config;
  PairConv stem{nullptr}, out{nullptr};
  torch::nn::ModuleList levels, steps, middle;
  nn::RmsNorm norm{nullptr};
};
TORCH_MODULE(Encoder);

struct DecoderImpl : torch::nn::Module {
  explicit DecoderImpl(const TaeConfig& config);
  // → 8·T frames [B,3,8T,H',W'], or with is_still (T = 1 only) one frame at an eighth of the cost: of every doubling
  // only the first frame is made. Images are trained and decoded that way.
  Tensor forward(const Tensor& latent_BCTHW, bool is_still = false);
  TaeConfig config;
  PairConv stem{nullptr}, out{nullptr};
  torch::nn::ModuleList levels, steps, middle;
  nn::RmsNorm norm{nullptr};
};
TORCH_MODULE(Decoder);

struct AutoencoderImpl : torch::nn::Module {
  explicit AutoencoderImpl(const TaeConfig& config);
  // Mean latent, normalised per channel to mean 0 and deviation 1: what the transformers see.
  Tensor encode(const Tensor& pixels_BCTHW);
  // Inverse of encode; the first `frames` (T') of the 8·T decoded ones. One frame of one latent frame decodes as a still.
  Tensor decode(const Tensor& latent_BCTHW, int64_t frames);
  // Cheap linear look at a normalised latent: [B,C,T,H,W] → [B,3,T,H,W] in [−1,1].
  Tensor preview(const Tensor& latent_BCTHW);
  Tensor normalise(const Tensor& raw) const;
  Tensor denormalise(const Tensor& normalised) const;
  TaeConfig config;
  Encoder encoder{nullptr};
  Decoder decoder{nullptr};
  Tensor latent_mean, latent_std;  // [C] buffers, measured on data
  Tensor preview_matrix;           // [3, C+1] buffer, least squares
};
TORCH_MODULE(Autoencoder);

// Throws UsageError unless pixels are [B,3,T,H,W] with H and W multiples of the spatial factor.
void check_pixels(const TaeConfig& config, const Tensor& pixels_BCTHW);

// Measures latent_mean, latent_std and preview_matrix on clips (call with a representative set once training is done).
struct LatentStatistics {
  explicit LatentStatistics(int64_t channels);
  void add(const Tensor& raw_latent_BCTHW, const Tensor& pixels_BCTHW);
  void store(AutoencoderImpl& model) const;
  Tensor sum, sum_squares, normal_matrix, right_side;  // f64
  int64_t count = 0;
};

// Model-folder part "vae", class "MovieGenTae".
Autoencoder load_autoencoder(const std::string& folder);
// Copies a smaller model's weights into one that has more blocks in some of its levels or more latent channels beside those its shortcuts
// carry, and nothing else that differs. Further blocks start as the identity and the decoder does not look at further channels, so that
// both do the same. `name` leads the message of the DataError for others.
void load_grown(Autoencoder& model, const Autoencoder& smaller, const std::string& name);
void save_autoencoder(const std::string& folder, const Autoencoder& model, const std::string& dtype);

}  // namespace mg::tae
