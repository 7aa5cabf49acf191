// Shape of the sound transformer (facts 10.3), with the paper's sizes and ours as presets in recipes/models/.
#pragma once
#include <cstdint>
#include <string>

namespace mg::audio {

struct TransformerConfig {
  int64_t num_layers = 10;
  int64_t width = 256;
  std::string feed_forward = "gelu";    // "gelu" (two matrices, as the paper's count asks for) or "swiglu" (three)
  int64_t feed_forward_width = 1024;
  int64_t num_heads = 4;
  int64_t latent_channels = 64;
  int64_t video_width = 256;            // of a frame's features
  int64_t text_width = 256;             // of the text encoder
  std::string video_resampling = "linear";  // frame times → latent rate: "linear" (ours) or "nearest" earlier frame (facts 13)
  double video_gate = 0.5;              // tanh(g) at the start; 0 as a public cousin has it (facts 10.3) learns to look later
  bool query_key_norm = true;           // ours: steadies small-batch training; the paper does not say
  bool preconditioned = true;           // ours: docs/decisions/0007

  void check() const;
  int64_t head_width() const { return width / num_heads; }
  int64_t input_channels() const { return 2 * latent_channels + 1; }  // noisy latents, given latents, mask
};

template <class V>
void fields(V& v, TransformerConfig& c) {
  v("num_layers", c.num_layers, "transformer layers");
  v("width", c.width, "model width");
  v("feed_forward", c.feed_forward, "gelu (two matrices) or swiglu (three)");
  v("feed_forward_width", c.feed_forward_width, "hidden width of the feed-forward");
  v("num_heads", c.num_heads, "attention heads");
  v("latent_channels", c.latent_channels, "channels of a sound latent");
  v("video_width", c.video_width, "width of a frame's features");
  v("text_width", c.text_width, "width of the text encoder");
  v("video_resampling", c.video_resampling, "frame features to the latent rate: linear or nearest (earlier frame)");
  v("video_gate", c.video_gate, "share of the frame features that is added at the start of training, -1 to 1");
  v("query_key_norm", c.query_key_norm, "RMS norm of queries and keys, per head");
  v("preconditioned", c.preconditioned, "the network predicts what the best linear guess of the velocity leaves over");
}

// Counts from the shape alone, nothing allocated.
int64_t parameter_count(const TransformerConfig& config);
// Matrix FLOPs (two per multiply-add) of one forward pass over `steps` latents with `text_tokens` keys of text.
double forward_flops(const TransformerConfig& config, double steps, double text_tokens);

}  // namespace mg::audio
