// What a score sounds like in words: "a dog barks twice, footsteps on snow, light wind".
#pragma once
#include <string>
#include <vector>

#include "moviegen/data/world/events.h"

namespace mg::world {

// Every word is true of the score: who, how often, on what, in order of time, surroundings last. Wording from `generator`.
std::string sounds_in_words(const std::vector<SoundEvent>& score, Generator& generator);

}  // namespace mg::world
