// The contact sheet of `eval sound`: a strip for each clip, what truly sounds above what a model makes of it.
#pragma once
#include <string>
#include <vector>

#include "moviegen/eval/sound_clips.h"
#include "moviegen/media/image.h"
#include "moviegen/media/sound.h"

namespace mg::cli {

class SoundSheet {
 public:
  // A clip and a soundtrack made for it; item.sound itself where none was made.
  void add(const eval::SoundItem& item, const media::Sound& made);
  // Throws UsageError if nothing was added.
  void write(const std::string& path) const;

 private:
  std::vector<media::Image> strips_;
};

}  // namespace mg::cli
