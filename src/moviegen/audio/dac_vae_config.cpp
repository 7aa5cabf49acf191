#include "moviegen/audio/dac_vae_config.h"

#include "moviegen/core/error.h"

namespace mg::audio {

int64_t DacVaeConfig::hop() const {
  int64_t hop = patch;
  for (int64_t stride : strides) hop *= stride;
  return hop;
}

void DacVaeConfig::check() const {
  auto positive = [](const char* name, int64_t value, int64_t most) {
    if (value < 1 || value > most) throw DataError("sound codec: {} must be 1 to {}, got {}", name, most, value);
  };
  positive("sample_rate", sample_rate, 192000);
  positive("patch", patch, 64);
  positive("encoder_width", encoder_width, 4096);
  positive("decoder_width", decoder_width, 8192);
  positive("latent_channels", latent_channels, 1024);
  positive("number of strides", static_cast<int64_t>(strides.size()), 8);
  for (int64_t stride : strides) positive("stride", stride, 64);
  if (decoder_width % (int64_t{1} << strides.size()) != 0)
    throw DataError("sound codec: decoder_width {} must halve {} times", decoder_width, strides.size());
  for (const auto* list : {&latent_mean, &latent_std})
    if (!list->empty() && static_cast<int64_t>(list->size()) != latent_channels)
      throw DataError("sound codec: {} latent statistics for {} channels", list->size(), latent_channels);
}

DacVaeConfig dac_vae_preset(const std::string& name) {
  if (name == "movie-gen") return {};
  // ours: sixteen samples a frame at the ends, so that no layer runs at the full rate; sized for two cores.
  if (name == "mini") return {.patch = 16, .strides = {10, 12}, .encoder_width = 96, .decoder_width = 512, .latent_channels = 64};
  throw UsageError("sound codec preset '{}' is not known; there are mini and movie-gen", name);
}

}  // namespace mg::audio
