#include "moviegen/tae/temporal_tiling.h"

#include "moviegen/core/error.h"

namespace mg::tae {
namespace {

void check_tiling(const TemporalTiling& t, int64_t factor) {
  if (t.encoder_frames < factor || t.encoder_frames % factor || t.decoder_latents < 1 || t.overlap_latents < 0 ||
      2 * t.overlap_latents > t.decoder_latents)
    throw UsageError("tae tiling: encoder tiles need a multiple of {} frames, decoder tiles at least twice their overlap; got {} frames, "
                     "{} latent frames with an overlap of {}",
                     factor, t.encoder_frames, t.decoder_latents, t.overlap_latents);
}

}  // namespace

Tensor blend_overlap(const Tensor& earlier, const Tensor& later) {
  int64_t n = earlier.size(2);
  check(later.size(2) == n, "tae tiling: {} frames meet {} in an overlap", n, later.size(2));
  auto later_share = torch::arange(n, earlier.options()).div(static_cast<double>(std::max<int64_t>(n, 1))).view({1, 1, n, 1, 1});
  return earlier + later_share * (later - earlier);
}

Tensor encode_tiled(Autoencoder& model, const Tensor& pixels, const TemporalTiling& tiling) {
  check_pixels(model->config, pixels);
  check_tiling(tiling, model->config.temporal_factor());
  std::vector<Tensor> parts;
  for (int64_t t = 0; t < pixels.size(2); t += tiling.encoder_frames)
    parts.push_back(model->encode(pixels.narrow(2, t, std::min(tiling.encoder_frames, pixels.size(2) - t))));
  return parts.size() == 1 ? parts[0] : at::cat(parts, 2);
}

void decode_tiles(Autoencoder& model, const Tensor& latent, int64_t frames, const std::function<void(const Tensor&)>& take,
                  const TemporalTiling& tiling) {
  int64_t factor = model->config.temporal_factor(), latents = latent.size(2), tile = tiling.decoder_latents;
  check_tiling(tiling, factor);
  if (frames <= (latents - 1) * factor || frames > latents * factor)
    throw UsageError("tae decode: {} latent frames hold {} to {} frames, asked for {}", latents, (latents - 1) * factor + 1, latents * factor, frames);
  if (latents <= tile) return take(model->decode(latent, frames));
  int64_t overlap = tiling.overlap_latents, shared = overlap * factor, done = 0;
  Tensor tail;  // the last frames of the tile before, not yet handed over
  auto hand_over = [&](const Tensor& part) {
    int64_t count = std::min(part.size(2), frames - done);
    if (count > 0) take(part.narrow(2, 0, count));
    done += std::max<int64_t>(count, 0);
  };
  for (int64_t start = 0;; start += tile - overlap) {
    int64_t count = std::min(tile, latents - start);
    bool is_last = start + count == latents;
    auto part = model->decode(latent.narrow(2, start, count), count * factor);
    if (tail.defined() && shared) {
      hand_over(blend_overlap(tail, part.narrow(2, 0, shared)));
      part = part.narrow(2, shared, part.size(2) - shared);
    }
    if (is_last) return hand_over(part);
    hand_over(part.narrow(2, 0, part.size(2) - shared));
    tail = part.narrow(2, part.size(2) - shared, shared).clone();  // frees the rest of the tile
  }
}

Tensor decode_tiled(Autoencoder& model, const Tensor& latent, int64_t frames, const TemporalTiling& tiling) {
  std::vector<Tensor> parts;
  decode_tiles(model, latent, frames, [&](const Tensor& part) { parts.push_back(part); }, tiling);
  return parts.size() == 1 ? parts[0] : at::cat(parts, 2);
}

}  // namespace mg::tae
