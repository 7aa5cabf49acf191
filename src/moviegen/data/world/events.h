// What sounds, and at which frame its cause is seen: the score for the audio side of the world (docs/world.md).
#pragma once
#include <nlohmann/json.hpp>

#include "moviegen/data/world/scene.h"

namespace mg::world {

nlohmann::json events_of(const Scene& scene);

}  // namespace mg::world
