// The part of a recipe that says which clips the world makes: [task_settings.world].
#pragma once
#include <string>
#include <vector>

#include "moviegen/data/world/world.h"

namespace mg::data {

struct WorldSettings {
  std::string folder;  // empty: world::default_pack_folder()
  std::vector<std::string> subjects, places, motions, styles, cameras;
  int64_t max_subjects = 1;
  double plain = 0, filters = 0.08, company = 0.35, colors = 0.5, clothes = 0.25, actions = 0, puppets = 0;
  bool animated_assets = true;

  world::RenderOptions render(int64_t width, int64_t height, int64_t frames) const {
    world::RenderOptions options;
    options.width = static_cast<int>(width), options.height = static_cast<int>(height), options.frames = static_cast<int>(frames);
    options.subjects = subjects, options.places = places, options.motions = motions, options.styles = styles, options.cameras = cameras, options.filters = filters;
    options.max_subjects = static_cast<int>(max_subjects), options.plain = plain;
    options.company = company, options.colors = colors, options.clothes = clothes, options.actions = actions, options.puppets = puppets, options.animated_assets = animated_assets;
    return options;
  }
  std::shared_ptr<world::World> open() const { return world::World::open(folder.empty() ? world::default_pack_folder() : folder); }
};

template <class V>
void fields(V& v, WorldSettings& c) {
  v("folder", c.folder, "asset pack; empty = where `moviegen world fetch` put it");
  v("subjects", c.subjects, "only these subjects, those named twice twice as often; empty = all");
  v("places", c.places, "only these places; empty = all");
  v("motions", c.motions, "only these motions; empty = all");
  v("styles", c.styles, "only these styles; empty = all");
  v("cameras", c.cameras, "only these camera moves; empty = all");
  v("max_subjects", c.max_subjects, "most kinds of subject in one scene, 1 to 3; with 1 no groups");
  v("plain", c.plain, "share of scenes kept to one subject by day without extras");
  v("filters", c.filters, "share of the other scenes seen through a filter, such as black and white");
  v("company", c.company, "share of the other scenes with more than one kind of subject");
  v("colors", c.colors, "share in a named colour, of subjects that take one");
  v("clothes", c.clothes, "share that wears something, of those who can; three fifths of that hold something");
  v("actions", c.actions, "share of the other scenes in which one eats, throws, kicks or juggles");
  v("puppets", c.puppets, "share of the other scenes with a head on a body that walks");
  v("animated_assets", c.animated_assets, "use animated looks");
}

// What of the options decides the picture, for caches. Options that came later count where they are used, so that caches made before stay.
inline nlohmann::json render_key(const world::RenderOptions& r) {
  nlohmann::json key = {{"world_version", world::kWorldVersion}, {"width", r.width}, {"height", r.height}, {"frames", r.frames}, {"fps", r.fps}, {"subjects", r.subjects},
          {"places", r.places}, {"motions", r.motions}, {"styles", r.styles}, {"cameras", r.cameras}, {"filters", r.filters}, {"max_subjects", r.max_subjects},
          {"plain", r.plain}, {"company", r.company}, {"colors", r.colors}, {"clothes", r.clothes}, {"animated_assets", r.animated_assets}};
  if (r.actions > 0) key["actions"] = r.actions;
  if (r.puppets > 0) key["puppets"] = r.puppets;
  return key;
}

// Seeds of rendered clips by use, so that no two uses ever share a clip.
inline constexpr uint64_t kTrainSeeds = 0, kValidationSeeds = 1ull << 40, kEvaluationSeeds = 1ull << 41;

}  // namespace mg::data
