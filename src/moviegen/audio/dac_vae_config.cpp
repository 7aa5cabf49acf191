#include "moviegen/audio/dac_vae_config.h"

#include <cmath>

#include "moviegen/audio/dac_vae_layers.h"
#include "moviegen/core/error.h"

namespace mg::audio {
namespace {

constexpr int64_t kMostParameters = int64_t{1} << 31;

// Walks the layers of one half and adds up parameters and multiply-adds.
struct Tally {
  double rate;  // steps a second of the current level
  DacVaeCost cost{};

  // Of weight norm's pair: a direction a tap and a length a row; `steps` counts kernel positions a second.
  void conv(int64_t in, int64_t out, int64_t kernel, bool transposed = false) {
    cost.parameters += in * out * kernel + (transposed ? in : out) + out;
    cost.flops += 2.0 * static_cast<double>(in * out * kernel) * rate;
  }
  void transform(const DacVaeConfig& c) { cost.flops += 4.0 * static_cast<double>(c.patch * c.sample_rate); }
  void snake(int64_t width) { cost.parameters += width; }
  void units(int64_t width) {
    for (size_t i = 0; i < std::size(kDilations); ++i) snake(width), conv(width, width, kUnitKernel), snake(width), conv(width, width, 1);
  }
};

int64_t units_reach() {
  int64_t reach = 0;
  for (int64_t dilation : kDilations) reach += dilation * (kUnitKernel / 2);
  return reach;
}
int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

int64_t DacVaeConfig::hop() const {
  int64_t hop = patch;
  for (int64_t stride : strides) hop *= stride;
  return hop;
}

int64_t DacVaeConfig::hidden_width() const { return encoder_width << strides.size(); }

void DacVaeConfig::check() const {
  auto within = [](const char* name, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) throw DataError("sound codec: {} must be {} to {}, got {}", name, least, most, value);
  };
  within("sample_rate", sample_rate, 1, 192000);
  within("patch", patch, 1, 64);
  within("encoder_width", encoder_width, 1, 4096);
  within("decoder_width", decoder_width, 1, 8192);
  within("latent_channels", latent_channels, 1, 1024);
  within("number of strides", static_cast<int64_t>(strides.size()), 1, 8);
  double samples = static_cast<double>(patch);
  for (int64_t stride : strides) within("stride", stride, 2, 64), samples *= static_cast<double>(stride);
  if (samples > 65536) throw DataError("sound codec: a latent of {:.0f} samples is too long, at most 65536", samples);
  if (envelope && patch % 2) throw DataError("sound codec: envelopes need frames: an even patch, got {}", patch);
  if (decoder_width % (int64_t{1} << strides.size()) != 0)
    throw DataError("sound codec: decoder_width {} must halve {} times", decoder_width, strides.size());
  if (int64_t count = encoder_cost(*this).parameters + decoder_cost(*this).parameters; count > kMostParameters)
    throw DataError("sound codec: {} parameters, at most {}", count, kMostParameters);
  for (const auto* list : {&latent_mean, &latent_std})
    if (!list->empty() && static_cast<int64_t>(list->size()) != latent_channels)
      throw DataError("sound codec: {} latent statistics for {} channels", list->size(), latent_channels);
  if (latent_mean.empty() != latent_std.empty()) throw DataError("sound codec: latent_mean and latent_std come together");
  for (double mean : latent_mean)
    if (!std::isfinite(mean)) throw DataError("sound codec: a latent mean is not finite");
  for (double std : latent_std)
    if (!std::isfinite(std) || std <= 0) throw DataError("sound codec: a latent deviation of {} is not positive", std);
}

DacVaeConfig dac_vae_preset(const std::string& name) {
  if (name == "movie-gen") return {};
  // ours: frames of 64 samples at the ends, which start as 64 bands of 375 Hz, so that no layer runs at the full rate and
  // layers are wide (docs/decisions/0008). 10.6M parameters.
  if (name == "mini") return {.patch = 64, .strides = {6, 5}, .encoder_width = 80, .decoder_width = 704, .latent_channels = 64, .tanh = false, .envelope = true};
  throw UsageError("sound codec preset '{}' is not known; there are mini and movie-gen", name);
}

DacVaeCost encoder_cost(const DacVaeConfig& c) {
  Tally tally{static_cast<double>(c.sample_rate) / static_cast<double>(c.patch)};
  tally.conv(1, c.encoder_width, edge_kernel(c.patch));
  int64_t width = c.encoder_width;
  for (int64_t stride : c.strides) {
    tally.units(width), tally.snake(width);
    tally.rate /= static_cast<double>(stride);
    tally.conv(width, 2 * width, 2 * stride);
    width *= 2;
  }
  tally.snake(width), tally.conv(width, width, kHiddenKernel), tally.conv(width, 2 * c.latent_channels, 1);
  if (c.envelope) tally.transform(c), tally.conv(c.slots() * c.patch, 2 * c.latent_channels, kHiddenKernel);
  return tally.cost;
}

DacVaeCost decoder_cost(const DacVaeConfig& c) {
  Tally tally{c.latent_rate()};
  tally.conv(c.latent_channels, c.hidden_width(), 1);
  if (c.envelope) tally.conv(c.latent_channels, c.slots() * c.patch, kHiddenKernel);
  tally.conv(c.hidden_width(), c.decoder_width, kUnitKernel);
  int64_t width = c.decoder_width;
  for (auto stride = c.strides.rbegin(); stride != c.strides.rend(); ++stride) {
    tally.snake(width), tally.conv(width, width / 2, 2 * *stride, true);
    tally.rate *= static_cast<double>(*stride);
    width /= 2;
    tally.units(width);
  }
  if (c.envelope) tally.conv(width, c.patch, 1), tally.transform(c);
  tally.snake(width), tally.conv(width, 1, edge_kernel(c.patch), c.patch > 1);
  return tally.cost;
}

int64_t encoder_context(const DacVaeConfig& c) {
  int64_t reach = kHiddenKernel / 2;
  for (auto stride = c.strides.rbegin(); stride != c.strides.rend(); ++stride) reach = (reach + 2) * *stride + units_reach();
  return ceil_div((reach + 1) * c.patch + kUnitKernel / 2, c.hop());
}

int64_t decoder_context(const DacVaeConfig& c) {
  int64_t reach = kUnitKernel / 2;
  for (int64_t stride : c.strides) reach = ceil_div(reach + units_reach(), stride) + 1;
  return reach + kUnitKernel / 2;
}

}  // namespace mg::audio
