// Shape of the video transformer, with the paper's sizes and ours as presets in recipes/models/.
#pragma once
#include <cstdint>
#include <string>

#include "moviegen/text/conditioner.h"

namespace mg::video {

struct TransformerConfig {
  int64_t num_layers = 12;
  int64_t width = 384;
  int64_t feed_forward_width = 1024;
  int64_t num_heads = 6;
  int64_t latent_channels = 16;
  int64_t patch_size = 2;       // in space; one latent frame in time (1×2×2)
  int64_t max_frames = 16;      // latent frames, positions table
  int64_t max_rows = 16;        // token rows and columns, position tables
  int64_t max_columns = 16;
  bool feed_forward_conv = true;  // ours: depthwise 3×3×3 convolution inside the feed-forward (docs/decisions/0002)
  bool query_key_norm = true;     // ours: steadies small-batch training; the paper does not say
  bool preconditioned = false;    // ours: the network adds to the best linear guess of the velocity (docs/decisions/0007)
  text::TextWidths text;

  void check() const;
  int64_t head_width() const { return width / num_heads; }
  int64_t token_values() const { return latent_channels * patch_size * patch_size; }
};

template <class V>
void fields(V& v, TransformerConfig& c) {
  v("num_layers", c.num_layers, "transformer layers");
  v("width", c.width, "model width");
  v("feed_forward_width", c.feed_forward_width, "SwiGLU hidden width");
  v("num_heads", c.num_heads, "attention heads");
  v("latent_channels", c.latent_channels, "channels of the latent");
  v("patch_size", c.patch_size, "side of a token in latent pixels");
  v("max_frames", c.max_frames, "latent frames with a position");
  v("max_rows", c.max_rows, "token rows with a position");
  v("max_columns", c.max_columns, "token columns with a position");
  v("feed_forward_conv", c.feed_forward_conv, "depthwise convolution over the token grid in the feed-forward");
  v("query_key_norm", c.query_key_norm, "RMS norm of queries and keys, per head");
  v("preconditioned", c.preconditioned, "the network predicts what the best linear guess of the velocity leaves over");
  v("text", c.text, "widths of the text encoders");
}

// Tokens of a latent of T frames, H×W; its sides must be multiples of the patch (UsageError).
struct TokenGrid {
  int64_t frames, rows, columns;
  int64_t count() const { return frames * rows * columns; }
};
TokenGrid token_grid(const TransformerConfig& config, int64_t latent_frames, int64_t latent_height, int64_t latent_width);

// Counts from the shape alone, nothing allocated.
int64_t parameter_count(const TransformerConfig& config);
// Matrix FLOPs (two per multiply-add) of one forward pass over `tokens` with `text_tokens` keys of text.
double forward_flops(const TransformerConfig& config, double tokens, double text_tokens);
double attention_flops(const TransformerConfig& config, double tokens, double text_tokens);

}  // namespace mg::video
