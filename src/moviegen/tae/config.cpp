#include "moviegen/tae/config.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::tae {
namespace {

// Walks the layers of one half and adds up parameters and multiply-adds.
struct Tally {
  double frames, pixels;  // of the current level
  int64_t parameters = 0;
  double flops = 0;

  void conv(int64_t in, int64_t out, int64_t taps) {
    parameters += in * out * taps + out;
    flops += 2.0 * static_cast<double>(in * out * taps) * frames * pixels;
  }
  void time(int64_t in, int64_t out) {
    conv(in, out, 3);
    if (frames == 1) flops -= 4.0 * static_cast<double>(in * out) * pixels;  // a lone frame meets the sum of the taps
  }
  void pair(int64_t in, int64_t out) { conv(in, out, 9), time(out, out); }
  void block(int64_t width) {
    parameters += 2 * width;  // norms
    pair(width, width), pair(width, width);
  }
  void attention(int64_t width) {
    for (int axis = 0; axis < 2; ++axis) parameters += width, conv(width, 3 * width, 1), conv(width, width, 1);
  }
};

Tally tally_encoder(const TaeConfig& c, int64_t frames, int64_t height, int64_t width) {
  double fold = static_cast<double>(c.pixel_unshuffle);
  Tally tally{static_cast<double>(frames), static_cast<double>(height) / fold * static_cast<double>(width) / fold};
  tally.pair(3 * c.pixel_unshuffle * c.pixel_unshuffle, c.encoder_widths[0]);
  for (size_t level = 0; level < c.encoder_widths.size(); ++level) {
    int64_t w = c.encoder_widths[level];
    for (int64_t i = 0; i < c.encoder_blocks[level]; ++i) tally.block(w);
    if (level + 1 == c.encoder_widths.size()) break;
    if (c.spatial_steps[level]) tally.pixels /= 4, tally.conv(w, w, 9);
    if (c.temporal_steps[level]) tally.frames = std::ceil(tally.frames / 2);
    tally.time(w, c.encoder_widths[level + 1]);
  }
  int64_t last = c.encoder_widths.back();
  tally.block(last);
  if (c.attention) tally.attention(last), tally.block(last);
  tally.parameters += last;
  tally.pair(last, 2 * c.latent_channels);
  return tally;
}

Tally tally_decoder(const TaeConfig& c, int64_t frames, int64_t height, int64_t width) {
  bool is_still = frames == 1;
  int64_t area = c.spatial_factor() * c.spatial_factor();
  double latents = std::ceil(static_cast<double>(frames) / static_cast<double>(c.temporal_factor()));
  Tally tally{latents, static_cast<double>(height * width) / static_cast<double>(area)};
  int64_t first = c.decoder_widths.front();
  tally.pair(c.latent_channels, first);
  tally.block(first);
  if (c.attention) tally.attention(first), tally.block(first);
  for (size_t level = 0; level < c.decoder_widths.size(); ++level) {
    int64_t w = c.decoder_widths[level];
    for (int64_t i = 0; i < c.decoder_blocks[level]; ++i) tally.block(w);
    if (level + 1 == c.decoder_widths.size()) break;
    size_t step = c.spatial_steps.size() - 1 - level;
    int64_t next = c.decoder_widths[level + 1];
    double before = tally.flops;
    tally.time(w, c.temporal_steps[step] ? 2 * next : next);  // both frames of a doubling, at the lower rate
    if (c.temporal_steps[step] && is_still) tally.flops = (tally.flops + before) / 2;
    if (c.temporal_steps[step] && !is_still) tally.frames *= 2;
    if (c.spatial_steps[step]) tally.pixels *= 4, tally.conv(next, next, 9);
  }
  int64_t last = c.decoder_widths.back();
  tally.parameters += last;
  tally.pair(last, 3 * c.pixel_unshuffle * c.pixel_unshuffle);
  return tally;
}

}  // namespace

int64_t TaeConfig::spatial_factor() const {
  int64_t factor = pixel_unshuffle;
  for (int64_t step : spatial_steps) factor <<= step;
  return factor;
}

int64_t TaeConfig::temporal_factor() const {
  int64_t factor = 1;
  for (int64_t step : temporal_steps) factor <<= step;
  return factor;
}

void TaeConfig::check() const {
  auto in_range = [](const std::vector<int64_t>& list, int64_t low, int64_t high) {
    for (int64_t value : list)
      if (value < low || value > high) return false;
    return !list.empty();
  };
  size_t levels = encoder_widths.size();
  if (levels < 1 || levels > 8 || encoder_blocks.size() != levels || decoder_widths.size() != levels ||
      decoder_blocks.size() != levels || spatial_steps.size() != levels - 1 || temporal_steps.size() != levels - 1)
    throw UsageError("tae: widths and blocks need one entry a level, steps one fewer; got {} encoder widths, {} encoder blocks, {} "
                     "decoder widths, {} decoder blocks, {} spatial and {} temporal steps",
                     levels, encoder_blocks.size(), decoder_widths.size(), decoder_blocks.size(), spatial_steps.size(),
                     temporal_steps.size());
  bool ok = in_range(encoder_widths, 1, 8192) && in_range(decoder_widths, 1, 8192) && in_range(encoder_blocks, 0, 16) &&
            in_range(decoder_blocks, 0, 16) && (levels == 1 || (in_range(spatial_steps, 0, 1) && in_range(temporal_steps, 0, 1))) &&
            latent_channels >= 1 && latent_channels <= 256 && shortcut_channels >= 0 && shortcut_channels <= latent_channels && pixel_unshuffle >= 1 && pixel_unshuffle <= 16;
  if (!ok) throw UsageError("tae: a width, block count, step or channel count is out of range");
}

TaeConfig tae_preset(const std::string& name) {
  if (name == "mini") return {};
  if (name == "paper") {  // facts 1.2: latent-diffusion autoencoder, inflated
    TaeConfig config;
    config.pixel_unshuffle = 1;
    config.encoder_widths = {128, 256, 512, 512};
    config.encoder_blocks = {2, 2, 2, 2};
    config.decoder_widths = {512, 512, 256, 128};
    config.decoder_blocks = {3, 3, 3, 3};
    config.spatial_steps = {1, 1, 1};
    config.attention = true;
    return config;
  }
  throw UsageError("tae preset: expected mini or paper, got '{}'", name);
}

int64_t parameter_count(const TaeConfig& config) {
  return tally_encoder(config, 8, 64, 64).parameters + tally_decoder(config, 8, 64, 64).parameters;
}

double encode_flops(const TaeConfig& config, int64_t frames, int64_t height, int64_t width) {
  return tally_encoder(config, frames, height, width).flops;
}

double decode_flops(const TaeConfig& config, int64_t frames, int64_t height, int64_t width) {
  return tally_decoder(config, frames, height, width).flops;
}

}  // namespace mg::tae
