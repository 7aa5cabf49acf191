// The structured caption of a soundtrack (facts 10.5): quality, what is present, the sounds, the music, in fixed sentences.
// The wording stands here and nowhere else: training, requests and reports share it.
//
//   caption_text({.quality = 7, .sounds = "a dog barks once, light wind", .music_description = "no music"})
#pragma once
#include <string>

namespace mg {

struct SoundCaption {
  double quality = 7;            // 1 to 10; facts 10.6 asks for 7 without music, 8 with it
  bool speech = false, singing = false;
  double music = 0;              // probability of music, 0 to 1
  std::string sounds{};          // part 3; empty is said as "no particular sounds"
  std::string music_description{};  // part 4; empty is said as "no music"
};

std::string caption_text(const SoundCaption& caption);

}  // namespace mg
