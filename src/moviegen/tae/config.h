// Shape of the temporal autoencoder, with the paper's and our presets.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mg::tae {

// Level i has width widths[i] and blocks[i] residual blocks; between level i and i+1 space halves if spatial_steps[i]
// and time halves if temporal_steps[i]. The decoder mirrors the steps with its own widths (listed from the latent outwards).
// Defaults are the mini model. ours: pixels are unshuffled first, so that wide layers only run at low resolution.
struct TaeConfig {
  int64_t latent_channels = 16;
  int64_t shortcut_channels = 0;  // the first so many start as block means; 0 = all
  int64_t pixel_unshuffle = 4;
  std::vector<int64_t> encoder_widths{48, 96, 192, 192};
  std::vector<int64_t> encoder_blocks{1, 1, 2, 1};
  std::vector<int64_t> decoder_widths{384, 192, 96, 48};
  std::vector<int64_t> decoder_blocks{1, 2, 3, 2};
  std::vector<int64_t> spatial_steps{0, 1, 0};
  std::vector<int64_t> temporal_steps{1, 1, 1};
  bool attention = false;  // spatial and temporal attention in the middle

  int64_t spatial_factor() const;
  int64_t temporal_factor() const;
  int64_t carried_channels() const { return shortcut_channels ? shortcut_channels : latent_channels; }
  void check() const;
};

template <class V>
void fields(V& v, TaeConfig& c) {
  v("latent_channels", c.latent_channels, "channels of the latent");
  v("shortcut_channels", c.shortcut_channels, "of those, how many the shortcuts around the latent carry; 0 = all");
  v("pixel_unshuffle", c.pixel_unshuffle, "side of the pixel blocks folded into channels before the first layer");
  v("encoder_widths", c.encoder_widths, "channels of each encoder level, from pixels to latent");
  v("encoder_blocks", c.encoder_blocks, "residual blocks of each encoder level");
  v("decoder_widths", c.decoder_widths, "channels of each decoder level, from latent to pixels");
  v("decoder_blocks", c.decoder_blocks, "residual blocks of each decoder level");
  v("spatial_steps", c.spatial_steps, "1 where space halves between encoder levels");
  v("temporal_steps", c.temporal_steps, "1 where time halves between encoder levels");
  v("attention", c.attention, "spatial and temporal attention in the middle block");
}

// "mini" or "paper" (128 channels × 1, 2, 4, 4; facts 1.2); throws UsageError.
TaeConfig tae_preset(const std::string& name);

// Counts from the shape alone, nothing allocated. FLOPs are two per multiply-add; one frame counts as a still.
int64_t parameter_count(const TaeConfig& config);
double encode_flops(const TaeConfig& config, int64_t frames, int64_t height, int64_t width);
double decode_flops(const TaeConfig& config, int64_t frames, int64_t height, int64_t width);

}  // namespace mg::tae
