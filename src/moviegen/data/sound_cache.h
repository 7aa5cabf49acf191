// Rendered clips with sound of one length, encoded once and kept: training then reads sound latents, small pictures, captions
// and events in place of rendering. A cache is a folder: latents.bf16 (items of C·S values), pictures.u8 (items of F·side·side·3
// bytes), items.jsonl (one line an item), cache.json (its key: world options, seeds, codec). Building is resumable: it goes
// on after the last complete item.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/config.h"
#include "moviegen/core/files.h"
#include "moviegen/data/world/world.h"

namespace mg::data {

struct SoundCacheSpec {
  world::RenderOptions render;
  uint64_t first_seed = 0;
  int64_t items = 0;
  int64_t picture_side = 64;  // of the kept pictures, squeezed to squares by area
};

// The sound codec as a cache sees it.
struct SoundCodec {
  std::function<at::Tensor(const at::Tensor& sound_BCS)> encode;  // mono sound [B,1,samples] at kSoundRate → latents [B,C,S]
  int64_t channels = 0, hop = 0;
  std::string fingerprint;
};

struct SoundItem {
  SoundCaption caption;
  Json events;  // world.h: Clip::events
};

class SoundCache {
 public:
  // Opens the cache in `folder`, building what is missing (progress on stderr, Ctrl-C keeps what is done). A cache made with
  // other options or another codec is replaced; a longer one serves a smaller `items`.
  static std::shared_ptr<SoundCache> open_or_build(const std::string& folder, const SoundCacheSpec& spec, const world::World& world,
                                                   const SoundCodec& codec);
  int64_t size() const { return static_cast<int64_t>(items_.size()); }
  int64_t steps() const { return steps_; }    // latents of an item
  int64_t frames() const { return frames_; }  // pictures of an item
  const SoundItem& item(int64_t index) const { return items_[static_cast<size_t>(index)]; }
  // Latents [C,count] from step `first`, f32.
  at::Tensor latents(int64_t item, int64_t first, int64_t count) const;
  // Pictures [count,side,side,3] from frame `first`, 8 bits.
  at::Tensor pictures(int64_t item, int64_t first, int64_t count) const;

 private:
  void check_range(const char* what, int64_t item, int64_t first, int64_t count, int64_t most) const;
  std::vector<SoundItem> items_;
  std::unique_ptr<MappedFile> latents_, pictures_;
  int64_t channels_ = 0, steps_ = 0, frames_ = 0, side_ = 0;
};

// The mean of both channels: [1,1,samples].
at::Tensor mono_sound(const world::Clip& clip);
// 8-bit pictures [...,H,W,3] → pixels [N,3,H,W] in [−1,1].
at::Tensor pixels_of(const at::Tensor& pictures);

}  // namespace mg::data
