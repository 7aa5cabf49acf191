#include "moviegen/audio/transformer_config.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::audio {

void TransformerConfig::check() const {
  // Far above every published size, and small enough that products of the sizes do not overflow.
  auto bounded = [](const char* field, int64_t value, int64_t most) {
    if (value < 1 || value > most) throw UsageError("sound transformer: {}: expected 1 to {}, got {}", field, most, value);
  };
  bounded("num_layers", num_layers, 1 << 10);
  bounded("width", width, 1 << 16);
  bounded("feed_forward_width", feed_forward_width, 1 << 18);
  bounded("num_heads", num_heads, 1 << 10);
  bounded("latent_channels", latent_channels, 1 << 10);
  bounded("video_width", video_width, 1 << 16);
  bounded("text_width", text_width, 1 << 16);
  if (width % num_heads || head_width() % 2)
    throw UsageError("sound transformer: width {} does not divide into {} heads of even width", width, num_heads);
  if (feed_forward != "gelu" && feed_forward != "swiglu")
    throw UsageError("sound transformer: feed_forward: expected gelu or swiglu, got '{}'", feed_forward);
  if (video_resampling != "linear" && video_resampling != "nearest")
    throw UsageError("sound transformer: video_resampling: expected linear or nearest, got '{}'", video_resampling);
  if (!(std::abs(video_gate) < 1)) throw UsageError("sound transformer: video_gate must lie between -1 and 1, got {}", video_gate);
}

int64_t parameter_count(const TransformerConfig& c) {
  int64_t d = c.width, matrices = c.feed_forward == "swiglu" ? 3 : 2;
  int64_t attention = 4 * d * d + (c.query_key_norm ? 2 * c.head_width() : 0);
  int64_t layer = 2 * attention + matrices * d * c.feed_forward_width + 3 * d + 6 * d;  // norms, modulation table
  int64_t ends = c.input_channels() * d + d + d * c.latent_channels + c.latent_channels + d + 2 * d;
  int64_t time = 256 * d + d + d * d + d, modulation = 6 * d * d + 6 * d;
  int64_t video = c.video_width * d + d + 1 + d, text = c.text_width * d + d;
  return c.num_layers * layer + ends + time + modulation + video + text;
}

double forward_flops(const TransformerConfig& c, double steps, double text_tokens) {
  auto d = static_cast<double>(c.width), f = static_cast<double>(c.feed_forward_width);
  double per_step = 2 * (4 * d * d + 2 * d * d + (c.feed_forward == "swiglu" ? 3 : 2) * d * f);
  double attention = 4 * d * steps * (steps + text_tokens);
  double layer = per_step * steps + 2 * 2 * d * d * text_tokens + attention;
  double ends = 2 * d * static_cast<double>(c.input_channels() + c.latent_channels + c.video_width);
  return static_cast<double>(c.num_layers) * layer + ends * steps + 2 * d * static_cast<double>(c.text_width) * text_tokens;
}

}  // namespace mg::audio
