// Held-out clips of the world as requests for sound: what a generator is given, and the truth it is measured against.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "moviegen/core/sound_caption.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/eval/sound_events.h"
#include "moviegen/media/image.h"
#include "moviegen/media/sound.h"

namespace mg::eval {

struct SoundItem {
  uint64_t seed = 0;                   // of the clip; a generator draws its noise from it
  std::vector<media::Image> frames{};  // empty: a request by text alone
  double fps = 16, duration_s = 0;
  SoundCaption caption{};
  std::vector<SoundEvent> events{};
  media::Sound sound{};                // the true one
};

// Makes a soundtrack of item.duration_s for the item's frames and caption; what it is measured against it must not read.
using SoundMaker = std::function<media::Sound(const SoundItem&)>;

struct ClipShape {
  int64_t side = 128, frames = 32;
};

class HeldOutClips {
 public:
  HeldOutClips(std::shared_ptr<const world::World> world, data::WorldSettings settings, ClipShape shape);
  // Clip number `index`, with its true sound; without pictures it costs far less. Throws DataError if the world made no sound.
  SoundItem render(int64_t index, bool with_pictures) const;

 private:
  std::shared_ptr<const world::World> world_;
  data::WorldSettings settings_;
  ClipShape shape_;
};

// The classes of an item's audible events, sorted, each once: all of them, or of those that are no loops.
std::vector<std::string> sound_classes(const std::vector<SoundEvent>& events, bool loops_too);

}  // namespace mg::eval
