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

// Clips of still looks, small enough to draw hundreds of them.
inline RenderOptions small_options(int frames) {
  RenderOptions options;
  options.width = options.height = 64;
  options.frames = frames, options.fps = 8, options.animated_assets = false;
  return options;
}
inline Clip sample_clip(const nlohmann::json& scene, int frames = 12, uint64_t seed = 3) { return sample_world()->render_scene(scene, seed, small_options(frames)); }

}  // namespace mg::world
