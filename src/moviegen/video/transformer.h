// The Movie Gen video transformer (facts sheet 3): noisy latents, flow time and text tokens → velocity.
//   x [B,C,T,H,W], t [B] in [0,1], text tokens [B,L,D] with mask [B,L]  →  velocity [B,C,T,H,W]
// One network for images (T = 1) and videos. Full bidirectional attention over all T·H·W/4 tokens, cross-attention to the
// text in every layer, learned factorised positions added before every layer, and one modulation network for all layers.
// Easy to get wrong: a modulation matrix per layer would add 10.9e9 parameters to the 30B model; layers own a table only.
#pragma once
#include <torch/nn/modules/container/modulelist.h>

#include "moviegen/video/config.h"

namespace mg::video {

using at::Tensor;

// Keys: q, k, v, out (bias-free), q_norm, k_norm [head width].
struct AttentionImpl : torch::nn::Module {
  explicit AttentionImpl(const TransformerConfig& config);
  Tensor forward(const Tensor& x_BSD, const Tensor& memory_BLD, const Tensor& mask_BL = {});
  nn::Linear q{nullptr}, k{nullptr}, v{nullptr}, out{nullptr};
  nn::RmsNorm q_norm{nullptr}, k_norm{nullptr};
  int64_t heads;
};
TORCH_MODULE(Attention);

struct LayerImpl : torch::nn::Module {
  explicit LayerImpl(const TransformerConfig& config);
  Tensor forward(Tensor h_BSD, const Tensor& modulation_B6D, const Tensor& text_BLD, const Tensor& mask_BL, std::array<int64_t, 3> grid);
  nn::RmsNorm attention_norm{nullptr}, cross_norm{nullptr}, feed_forward_norm{nullptr};
  Attention attention{nullptr}, cross_attention{nullptr};
  nn::SwiGlu feed_forward{nullptr};
  Tensor modulation_table;  // [6, D]: shift, scale, gate of attention, then of feed-forward
};
TORCH_MODULE(Layer);

struct TransformerImpl : torch::nn::Module {
  explicit TransformerImpl(const TransformerConfig& config);
  Tensor forward(const Tensor& x_BCTHW, const Tensor& t_B, const Tensor& text_BLD, const Tensor& mask_BL);
  TransformerConfig config;
  text::TextConditioner conditioner{nullptr};  // belongs to these weights; call it once a prompt, not once a step

 private:
  nn::Linear patch_embed_{nullptr}, modulation_{nullptr}, out_{nullptr};
  nn::TimestepEmbedding time_embed_{nullptr};
  nn::FactorizedPositions positions_{nullptr};
  torch::nn::ModuleList layers_;
  nn::RmsNorm out_norm_{nullptr};
  Tensor out_table_;  // [2, D]
};
TORCH_MODULE(Transformer);

// Model-folder part "transformer", class "MovieGenTransformer3D".
Transformer load_transformer(const std::string& folder);
// Copies the weights of a transformer with fewer layers or latent channels and nothing else that differs into a larger one. Further layers
// lie evenly between the given ones and start as the identity; positions, which every layer adds, become as much smaller, so that both do
// about the same. Further channels follow the given ones, are not looked at and predicted as nothing at first. `name` leads the message
// of the DataError for others.
void load_grown(Transformer& model, const Transformer& smaller, const std::string& name);
void save_transformer(const std::string& folder, const Transformer& model, const std::string& dtype);

}  // namespace mg::video
