// The world of the sample pack, opened once.
#pragma once
#include <memory>
#include <string>

#include "moviegen/data/world/sprite.h"
#include "moviegen/data/world/world.h"

namespace mg::world {

inline const std::string kSamplePack = std::string(MG_SOURCE_DIR) + "/tests/data/world_sample";
inline const std::string kHeldOutList = std::string(MG_SOURCE_DIR) + "/recipes/world/held_out.toml";

inline std::shared_ptr<World> sample_world() {
  static auto world = World::open(kSamplePack, kHeldOutList);
  return world;
}
inline std::shared_ptr<Assets> sample_assets() { return Assets::open(kSamplePack); }

}  // namespace mg::world
