// Mixing: mono takes laid into a stereo clip at their time, level and place.
#pragma once
#include <cstdint>
#include <vector>

#include "moviegen/data/world/events.h"
#include "moviegen/data/world/sound_library.h"

namespace mg::world {

using Stereo = std::vector<float>;  // interleaved at kSoundRate

// A one-shot, from its event's time; what reaches beyond the end is cut.
void add_shot(const Take& take, const SoundEvent& event, double rate, Stereo& mix);
// A loop over the whole clip, from `start` (a share of the loop); moves from x to x_end. What surrounds the listener has
// two different moments of the loop on the two sides.
void add_loop(const Take& take, const SoundEvent& event, double start, Stereo& mix);

}  // namespace mg::world
