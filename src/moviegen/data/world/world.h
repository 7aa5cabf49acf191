// The training world: a deterministic source of labelled clips. clip = f(world version, seed, options).
//
//   auto world = mg::world::World::open(folder);
//   auto clip = world->render(seed, {.width = 128, .height = 128, .frames = 32});
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "moviegen/core/sound_caption.h"

namespace mg::world {

inline constexpr int kWorldVersion = 5;

struct RenderOptions {
  int width = 128, height = 128;
  int frames = 32;                     // 1 = a still image
  double fps = 16;
  std::vector<std::string> subjects;   // restrict to these names; empty = all
  std::vector<std::string> places;
  std::vector<std::string> motions;
  std::vector<std::string> styles;     // looks: "3d cartoon", "photo", …
  std::vector<std::string> cameras;    // camera moves; a static camera, and one that follows what would leave, are always there
  double filters = 0.08;               // share of scenes that are not plain seen through a filter (filters.h)
  double company = 0.35;               // of those scenes: with more than one kind of subject
  double colors = 0.5;                 // of those subjects that take a colour: in a named one
  double clothes = 0.25;               // of those who can wear something: with it; three fifths of that hold something
  double actions = 0, puppets = 0;     // of those scenes: one that eats, throws, kicks or juggles (actions.h); a head with a body of clothes (limbs.h)
  int max_subjects = 2;                // kinds of subject in one scene, 1 to 3; with 1 there are no groups either
  double plain = 0;                    // share of scenes kept to one subject, day, clear, static camera, no extras
  bool animated_assets = true;         // --no-anim: 3D stills and procedural motion only
  bool pictures = true;                // false: no frames are drawn, for training that only listens
  bool sound = false;                  // also mixes the sound of the clip
  double music = 0.35;                 // share of clips with music, where a soundfont is found
  bool surroundings = true;            // ambience and weather are heard
  double poor_sound = 0.1;             // share of clips whose sound is made bad, and labelled so
};

struct Captions {
  std::string brief, normal, full;     // short / one sentence / with camera, light, style, speed
};

inline constexpr int kSoundRate = 48000;  // samples a second

struct Clip {
  int width = 0, height = 0, frames = 0;
  double fps = 16;
  std::vector<uint8_t> rgb;            // frames × height × width × 3, sRGB
  Captions captions{};
  nlohmann::json labels;               // docs/world.md: subjects, place, time, weather, motion, camera, colour, style, boxes
  nlohmann::json events;               // what sounds at which frame and why (events.h), also where no sound is mixed
  std::vector<float> sound;            // stereo at kSoundRate, interleaved, as long as the clip; empty unless asked for
  SoundCaption sound_caption{};
};

class World {
 public:
  // Opens the asset pack; throws NotFound naming `moviegen world fetch`. `held_out` is the list of what is never rendered;
  // empty = recipes/world/held_out.toml beside the program.
  static std::shared_ptr<World> open(const std::string& folder, const std::string& held_out = "");
  virtual ~World() = default;
  // Thread-safe. The held-out combinations (tests/prompts/) never come out of it.
  virtual Clip render(uint64_t seed, const RenderOptions& options) const = 0;
  // Renders one named scene as the prompt says, for acceptance scenes and ceilings: {"subject": "fox", "place": …, "motion": …, "direction": …}.
  virtual Clip render_scene(const nlohmann::json& scene, uint64_t seed, const RenderOptions& options) const = 0;
};

// Where packs are looked for: $MOVIEGEN_WORLD, else $XDG_DATA_HOME/moviegen/world/pack.
std::string default_pack_folder();

}  // namespace mg::world
