// A sound prompt in everyday words → the parts of the sound caption that models read (core/sound_caption.h).
//   "rain on leaves, a dog barks once, calm piano" → sounds "rain on leaves, a dog barks once", music "calm piano"
#pragma once
#include <string>

#include "moviegen/core/sound_caption.h"

namespace mg::generate {

// Splits at commas and semicolons; what names music, a genre or an instrument is music, "no music" and "without music" say
// that there is none, the rest are sounds. Quality is that of facts 10.6: 8 with music, 7 without.
SoundCaption parse_sound_prompt(const std::string& prompt);

}  // namespace mg::generate
