// Rendered clips of one size, encoded once and kept: training then reads latents instead of rendering and encoding.
// A cache is a folder: latents.bf16 (items of C·T·H·W values), clips.jsonl (one line an item: its captions and where its
// subjects are), cache.json (its key: world options, seeds, hash of the autoencoder). Building is resumable: it goes on after the last complete item.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/config.h"
#include "moviegen/core/files.h"
#include "moviegen/data/world/world.h"
#include "moviegen/tae/autoencoder.h"

namespace mg::data {

struct LatentCacheSpec {
  world::RenderOptions render;
  uint64_t first_seed = 0;
  int64_t items = 0;
};

using Box = std::array<float, 4>;  // left, top, right, bottom, as shares of the picture's sides

struct CachedClip {
  world::Captions captions;
  std::vector<std::vector<Box>> subjects;  // of each latent frame: what each subject covers in one of its frames or another
};

class LatentCache {
 public:
  // Opens the cache in `folder`, building what is missing (progress on stderr, Ctrl-C keeps what is done). A cache made with
  // other options or another autoencoder is replaced; a longer one serves a smaller `items`.
  static std::shared_ptr<LatentCache> open_or_build(const std::string& folder, const LatentCacheSpec& spec, const world::World& world,
                                                    tae::Autoencoder& autoencoder);
  // Opens what another run made in `folder`, whatever its world, as far as it got: training clips of `size` and of this autoencoder, else
  // DataError; NotFound where there is none.
  static std::shared_ptr<LatentCache> open(const std::string& folder, const world::RenderOptions& size, const tae::Autoencoder& autoencoder);
  int64_t size() const { return static_cast<int64_t>(clips_.size()); }
  // Normalised latents [B,C,T,H,W] in f32.
  at::Tensor latents(const std::vector<int64_t>& items) const;
  const world::Captions& captions(int64_t item) const { return clips_[static_cast<size_t>(item)].captions; }
  // The share of each latent that lies in a subject's box [B,1,T,H,W].
  at::Tensor subjects(const std::vector<int64_t>& items) const;

 private:
  std::vector<CachedClip> clips_;
  std::unique_ptr<MappedFile> file_;
  std::vector<int64_t> shape_;  // C, T, H, W
};

}  // namespace mg::data
