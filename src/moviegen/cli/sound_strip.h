// A clip as a strip for contact sheets: some frames, what is heard as a spectrogram with its events marked, and words.
#pragma once
#include <string>
#include <vector>

#include "moviegen/media/image.h"
#include "moviegen/media/sound.h"

namespace mg::cli {

struct EventMark {
  double time_s = 0;
  std::string name;
};

struct SoundStrip {
  std::vector<media::Image> frames;  // of one size; none: the spectrogram alone
  media::Sound sound;
  std::vector<EventMark> marks;
  std::string text;
};

// Strips with as many frames of one size have one size. Without sound the spectrogram is left white.
media::Image draw_strip(const SoundStrip& strip);

}  // namespace mg::cli
