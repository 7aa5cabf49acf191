// Long clips in flat memory (facts 1.6). The encoder takes tiles of 32 frames side by side; the decoder takes tiles of 4
// latent frames that overlap by 2, and the 16 frames that two tiles share are a linear ramp from the earlier to the later.
//   decode_tiles(model, latent, frames, [&](const at::Tensor& part) { writer.write(part); });
// Tiled and whole results agree only nearly: at a tile's border the network sees its edge frame repeated instead of the
// neighbour. They are equal for a still scene, and for clips that fit one tile. Encoding with tiles of 32 frames is also
// what training sees, so nothing is lost there.
#pragma once
#include <functional>

#include "moviegen/tae/autoencoder.h"

namespace mg::tae {

struct TemporalTiling {
  int64_t encoder_frames = 32;   // pixels frames of an encoder tile, a multiple of the temporal factor
  int64_t decoder_latents = 4;   // latent frames of a decoder tile
  int64_t overlap_latents = 2;   // shared by neighbouring decoder tiles, at most half a tile
};

// As Autoencoder::encode and decode.
Tensor encode_tiled(Autoencoder& model, const Tensor& pixels_BCTHW, const TemporalTiling& tiling = {});
Tensor decode_tiled(Autoencoder& model, const Tensor& latent_BCTHW, int64_t frames, const TemporalTiling& tiling = {});
// Hands over finished parts [B,3,t,H,W] in order; their t add up to `frames`. Holds two tiles at most.
void decode_tiles(Autoencoder& model, const Tensor& latent_BCTHW, int64_t frames, const std::function<void(const Tensor&)>& take,
                  const TemporalTiling& tiling = {});

// The N frames two tiles share: frame j is (1 − j/N)·earlier + j/N·later.
Tensor blend_overlap(const Tensor& earlier_BCTHW, const Tensor& later_BCTHW);

}  // namespace mg::tae
