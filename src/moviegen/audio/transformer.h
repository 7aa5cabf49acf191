// The Movie Gen Audio transformer (facts 10.3): noisy sound latents, flow time, frames, text and given sound → velocity.
//   x [B,C,S], t [B] in [0,1], conditions  →  velocity [B,C,S]
// One token a latent step. Noisy latents, given latents and their mask are joined along channels; frame features are added
// step by step; text is read by cross-attention in every layer; one modulation network serves all layers.
// Easy to get wrong: the mask is 1 where sound is to be made, and given latents are zero there; frame features must be at
// the latent rate already (resample_features.h).
#pragma once
#include <torch/nn/modules/container/modulelist.h>

#include "moviegen/audio/transformer_config.h"
#include "moviegen/nn/layers.h"

namespace mg::audio {

using at::Tensor;

// What a batch of B sounds of S latent steps is to follow.
struct Conditions {
  Tensor given_BCS;                 // latents that are known, zero where the mask is 1
  Tensor mask_BS;                   // f32: 1 = to be made, 0 = known
  Tensor video_BSV;                 // frame features at the latent rate; undefined = no picture
  Tensor has_video_B;               // f32: 1 = has a picture; undefined = all have one
  Tensor text_BLE, text_mask_BL;    // text encoder's output; no text = the encoding of the empty caption
};

// Text as the cross-attention of one layer reads it.
struct TextMemory {
  Tensor keys_BLNK, values_BLNK;
};

// Conditions as the layers read them; made once a prompt, not once a solver step.
struct Memory {
  Tensor given_BSE;                // given latents and mask [B,S,C+1]
  Tensor video_BSD;                // [B,S,D], or [1,1,D] without pictures
  Tensor turns;                    // rotary_turns of the steps
  std::vector<TextMemory> text;    // of each layer
  Tensor text_mask_BL;
};

// Keys: q, k, v, out (bias-free), q_norm, k_norm [head width].
struct AttentionImpl : torch::nn::Module {
  explicit AttentionImpl(const TransformerConfig& config);
  // Self-attention with rotary positions: `turns` [2,S,K/2] holds cosines and sines.
  Tensor self(const Tensor& x_BSD, const Tensor& turns);
  TextMemory read(const Tensor& text_BLD);
  Tensor cross(const Tensor& x_BSD, const TextMemory& text, const Tensor& mask_BL);
  nn::Linear q{nullptr}, k{nullptr}, v{nullptr}, out{nullptr};
  nn::RmsNorm q_norm{nullptr}, k_norm{nullptr};
  int64_t heads;

 private:
  Tensor split(const Tensor& x_BSD, const nn::RmsNorm& norm) const;
};
TORCH_MODULE(Attention);

// w_out · gelu(w_in · x), or SwiGLU with gate and value stacked in w_in; no biases.
struct FeedForwardImpl : torch::nn::Module {
  explicit FeedForwardImpl(const TransformerConfig& config);
  Tensor forward(const Tensor& x);
  nn::Linear w_in{nullptr}, w_out{nullptr};
  bool is_gated;
};
TORCH_MODULE(FeedForward);

struct LayerImpl : torch::nn::Module {
  explicit LayerImpl(const TransformerConfig& config);
  Tensor forward(Tensor h_BSD, const Tensor& modulation_B6D, const Memory& memory, const TextMemory& text);
  nn::RmsNorm attention_norm{nullptr}, cross_norm{nullptr}, feed_forward_norm{nullptr};
  Attention attention{nullptr}, cross_attention{nullptr};
  FeedForward feed_forward{nullptr};
  Tensor modulation_table;  // [6, D]: shift, scale, gate of attention, then of feed-forward
};
TORCH_MODULE(Layer);

struct TransformerImpl : torch::nn::Module {
  explicit TransformerImpl(const TransformerConfig& config);
  // Throws UsageError if shapes do not fit.
  Memory condition(const Conditions& conditions);
  Tensor forward(const Tensor& x_BCS, const Tensor& t_B, const Memory& memory);
  TransformerConfig config;

 private:
  Tensor video_tokens(const Conditions& conditions);
  nn::Linear latent_in_{nullptr}, video_in_{nullptr}, text_in_{nullptr}, modulation_{nullptr}, out_{nullptr};
  nn::RmsNorm video_norm_{nullptr}, text_norm_{nullptr}, out_norm_{nullptr};
  Tensor video_gate_;  // [1]: g, of which tanh(g) of the frame features is added
  Tensor video_null_;  // [D]: added where there is no picture
  nn::TimestepEmbedding time_embed_{nullptr};
  torch::nn::ModuleList layers_;
  Tensor out_table_;  // [2, D]
};
TORCH_MODULE(Transformer);

// Cosines and sines of rotary positions (Su et al. 2021), base 10000: [2, S, head_width/2].
Tensor rotary_turns(int64_t steps, int64_t head_width);
// Turns pairs (i, i + K/2) of each head by its position's angles. x [B,S,N,K].
Tensor rotate(const Tensor& x_BSNK, const Tensor& turns);

// Model-folder part "sound_transformer", class "MovieGenAudioTransformer".
Transformer load_transformer(const std::string& folder);
void save_transformer(const std::string& folder, const Transformer& model, const std::string& dtype);

}  // namespace mg::audio
