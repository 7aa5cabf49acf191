#include "moviegen/core/sound_caption.h"

#include <fmt/format.h>

namespace mg {

std::string caption_text(const SoundCaption& c) {
  auto presence = [](bool is_there) { return is_there ? "yes" : "no"; };
  return fmt::format("Audio quality: {:.1f}. Speech: {}. Singing: {}. Music: {:.2f}. Sounds: {}. Music description: {}.", c.quality, presence(c.speech),
                     presence(c.singing), c.music, c.sounds.empty() ? "no particular sounds" : c.sounds,
                     c.music_description.empty() ? "no music" : c.music_description);
}

}  // namespace mg
