// Sounds made by code, for classes the pack has no recordings of. One-shots begin at their first sample; loops have no
// seam. Levels are the library's business.
#pragma once
#include <string_view>

#include "moviegen/core/random.h"
#include "moviegen/data/world/sound_filter.h"

namespace mg::world {

inline constexpr double kLoop_s = 5;  // of a synthesised loop

// Another generator, another variation. Every class of sound_class.h has one; throws NotFound for other names.
Samples synthesize(std::string_view name, Generator generator);

// The parts of it, by family; each returns nothing for names of the others.
Samples synthesize_voice(std::string_view name, Generator& generator);     // animals and other things that call
Samples synthesize_strike(std::string_view name, Generator& generator);    // contacts, bells, splashes
Samples synthesize_machine(std::string_view name, Generator& generator);   // engines, wheels
Samples synthesize_nature(std::string_view name, Generator& generator);    // wind, water, fire, birds, rooms

}  // namespace mg::world
