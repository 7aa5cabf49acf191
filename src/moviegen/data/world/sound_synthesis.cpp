#include "moviegen/data/world/sound_synthesis.h"

#include "moviegen/core/error.h"

namespace mg::world {

Samples synthesize(std::string_view name, Generator generator) {
  for (auto make : {synthesize_voice, synthesize_strike, synthesize_machine, synthesize_nature})
    if (Samples made = make(name, generator); !made.empty()) return made;
  throw NotFound("there is no synthesis of the sound '{}'", name);
}

}  // namespace mg::world
