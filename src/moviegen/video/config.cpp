#include "moviegen/video/config.h"

#include "moviegen/core/error.h"

namespace mg::video {

void TransformerConfig::check() const {
  for (int64_t value : {num_layers, width, feed_forward_width, num_heads, latent_channels, patch_size, max_frames, max_rows, max_columns,
                        text.ul2, text.metaclip, text.byt5})
    if (value < 1 || value > (1 << 20)) throw UsageError("transformer: a size is out of range: {}", value);
  if (width % num_heads) throw UsageError("transformer: width {} is not a multiple of {} heads", width, num_heads);
}

TokenGrid token_grid(const TransformerConfig& c, int64_t frames, int64_t height, int64_t width) {
  if (height % c.patch_size || width % c.patch_size)
    throw UsageError("transformer: latent {}×{} does not divide into patches of {}", width, height, c.patch_size);
  return {frames, height / c.patch_size, width / c.patch_size};
}

int64_t parameter_count(const TransformerConfig& c) {
  int64_t d = c.width, f = c.feed_forward_width;
  int64_t attention = 4 * d * d + (c.query_key_norm ? 2 * c.head_width() : 0);
  int64_t layer = 2 * attention + 3 * d * f + (c.feed_forward_conv ? 27 * f : 0) + 3 * d + 6 * d;  // norms, modulation table
  int64_t patch = c.token_values() * d + d, out = d * c.token_values() + c.token_values() + d + 2 * d;
  int64_t time = 256 * d + d + d * d + d, modulation = 6 * d * d + 6 * d;
  int64_t positions = (c.max_frames + c.max_rows + c.max_columns) * d;
  int64_t text = (c.text.ul2 + c.text.metaclip + c.text.byt5) * d + 3 * d;
  return c.num_layers * layer + patch + out + time + modulation + positions + text;
}

double forward_flops(const TransformerConfig& c, double tokens, double text_tokens) {
  double d = static_cast<double>(c.width), f = static_cast<double>(c.feed_forward_width);
  double per_token = 2 * (4 * d * d + 2 * d * d + 3 * d * f) + (c.feed_forward_conv ? 2 * 27 * f : 0);
  double per_text_token = 2 * 2 * d * d;
  double ends = 2 * 2 * d * static_cast<double>(c.token_values());
  return static_cast<double>(c.num_layers) * (per_token * tokens + per_text_token * text_tokens) + ends * tokens +
         attention_flops(c, tokens, text_tokens);
}

double attention_flops(const TransformerConfig& c, double tokens, double text_tokens) {
  return static_cast<double>(c.num_layers * c.width) * 4 * tokens * (tokens + text_tokens);
}

}  // namespace mg::video
