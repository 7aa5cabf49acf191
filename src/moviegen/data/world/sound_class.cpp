#include "moviegen/data/world/sound_class.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

using enum SoundKind;

constexpr std::array<std::string_view, 8> kKindNames = {"contact", "splash", "call", "loop", "ambience", "weather", "thunder", "music"};

// Ambience lies 12 dB below events.
constexpr double kUnder = 0.25, kStep = 0.7, kEngine = 0.6, kSoft = 0.45;

std::vector<SoundClass> calls() {
  return {
      {"dog_bark", kCall, 1, {"{a} barks", "{a} woofs"}},
      {"cat_meow", kCall, 1, {"{a} meows", "{a} miaows"}},
      {"horse_neigh", kCall, 1, {"{a} neighs", "{a} whinnies"}},
      {"cow_moo", kCall, 1, {"{a} moos"}},
      {"pig_oink", kCall, 1, {"{a} oinks", "{a} grunts"}},
      {"sheep_baa", kCall, 1, {"{a} bleats"}},
      {"camel_groan", kCall, 1, {"{a} groans", "{a} bellows"}},
      {"elephant_trumpet", kCall, 1, {"{a} trumpets"}},
      {"lion_roar", kCall, 1, {"{a} roars"}},
      {"tiger_roar", kCall, 1, {"{a} roars", "{a} growls"}},
      {"roar", kCall, 1, {"{a} roars"}},
      {"fox", kCall, 1, {"{a} barks", "{a} yelps"}},
      {"deer", kCall, 1, {"{a} calls", "{a} bellows"}},
      {"frog_croak", kCall, 1, {"{a} croaks"}},
      {"giraffe", kCall, 1, {"{a} hums"}},
      {"monkey", kCall, 1, {"{a} chatters", "{a} hoots"}},
      {"mouse_squeak", kCall, 1, {"{a} squeaks"}},
      {"owl_hoot", kCall, 1, {"{a} hoots"}},
      {"penguin_call", kCall, 1, {"{a} calls", "{a} honks"}},
      {"rabbit", kCall, 1, {"{a} squeaks"}},
      {"rooster_crow", kCall, 1, {"{a} crows"}},
      {"duck_quack", kCall, 1, {"{a} quacks"}},
      {"exotic_bird", kCall, 1, {"{a} squawks", "{a} screeches"}},
      {"hawk", kCall, 1, {"{a} screeches", "{a} cries"}},
      {"dolphin_click", kCall, 1, {"{a} whistles", "{a} clicks and whistles"}},
      {"whale_song", kCall, 1, {"{a} sings"}},
      {"zebra", kCall, 1, {"{a} brays", "{a} calls"}},
      {"bubbles", kCall, 1, {"{a} blows bubbles"}},
      {"soft_grunt", kCall, 0.8, {"{a} grunts softly", "{a} grunts"}},
      {"bicycle_bell", kCall, 1, {"{a} rings a bell"}},
      {"ship_horn", kCall, 1, {"{a} sounds its horn"}},
      {"duck_squeak", kCall, 1, {"{a} squeaks"}},
      {"balloon_squeak", kCall, 0.8, {"{a} squeaks"}},
      {"robot_beep", kCall, 1, {"{a} beeps"}},
      {"ghost", kCall, 1, {"{a} wails", "{a} moans"}},
      {"mouse_click", kCall, 1, {"{a} clicks"}},
      {"chimes", kCall, 1, {"{a} chimes", "{a} tinkles"}},
      {"heartbeat", kCall, 1, {"{a} beats"}},
      {"guitar", kCall, 1, {"{a} is strummed"}},
      {"gas_burner", kCall, 1, {"the burner of {a} hisses"}},
  };
}

std::vector<SoundClass> contacts() {
  return {
      {"footsteps_grass", kContact, kStep, {"footsteps on grass", "steps in the grass"}},
      {"footsteps_snow", kContact, kStep, {"footsteps on snow", "steps crunching in the snow"}},
      {"footsteps_sand", kContact, kStep, {"footsteps on sand", "steps in the sand"}},
      {"footsteps_gravel", kContact, kStep, {"footsteps on gravel", "steps on a gravelly road"}},
      {"footsteps_wood", kContact, kStep, {"footsteps on a wooden floor", "steps on wood"}},
      {"thud", kContact, 1, {"{a} thuds on the ground", "{a} lands with a thud"}},
      {"knock", kContact, 1, {"{a} knocks on the floor", "{a} clatters"}},
      {"ball_bounce", kContact, 1, {"{a} bounces", "{a} hits the ground"}},
      {"boing", kContact, 0.9, {"springy bounces as {a} lands", "{a} lands with a boing"}},
      {"splash", kSplash, 0.6, {"{a} splashes", "splashing water"}},
  };
}

std::vector<SoundClass> loops() {
  return {
      {"bee_buzz", kLoop, kSoft, {"{a} buzzes", "the buzzing of {a}"}},
      {"flutter", kLoop, 0.3, {"the wings of {a} flutter", "soft fluttering wings"}},
      {"car_engine", kLoop, kEngine, {"the engine of {a} hums", "a {} engine"}},
      {"truck_engine", kLoop, kEngine, {"the engine of {a} rumbles", "a heavy {} engine"}},
      {"motorbike", kLoop, kEngine, {"the engine of {a} roars", "a {} engine"}},
      {"jet_engine", kLoop, kEngine, {"the engines of {a} roar", "roaring {} engines"}},
      {"helicopter", kLoop, kEngine, {"the blades of {a} chop", "chopping {} blades"}},
      {"siren", kLoop, kEngine, {"the siren of {a} wails", "a {} siren"}},
      {"train", kLoop, kEngine, {"{a} rattles along", "the clatter of {a}"}},
      {"rocket", kLoop, 0.35, {"the jet pack of {a} hisses", "hissing gas"}},
      {"rocket_takeoff", kLoop, kEngine, {"the engine of {a} thunders", "the roar of {a}"}},
      {"ufo", kLoop, kSoft, {"{a} warbles", "the eerie hum of {a}"}},
      {"bicycle_wheels", kLoop, 0.3, {"ticking {} wheels", "the wheels of {a} tick"}},
      {"rolling", kLoop, 0.35, {"{a} rolls along", "the rolling of {a}"}},
      {"sliding", kLoop, 0.3, {"{a} slides along", "the sliding of {a}"}},
      {"campfire", kLoop, kSoft, {"a fire crackles", "a crackling fire"}},
      {"leaves_wind", kLoop, kUnder, {"leaves rustle in the wind", "rustling leaves"}},
      {"waves", kLoop, 0.35, {"waves wash", "washing waves"}},
  };
}

std::vector<SoundClass> surroundings() {
  return {
      {"birds", kAmbience, kUnder, {"birds chirp", "birdsong"}},
      {"forest_birds", kAmbience, kUnder, {"birds sing in the trees", "forest birds"}},
      {"crickets", kAmbience, kUnder, {"crickets chirp at night", "night crickets"}},
      {"breeze", kAmbience, kUnder, {"light wind", "a soft breeze"}},
      {"cold_wind", kAmbience, kUnder, {"cold wind", "a cold wind blows"}},
      {"calm_sea", kAmbience, kUnder, {"calm waves", "the calm sea"}},
      {"stormy_sea", kAmbience, 0.5, {"high waves crash", "a stormy sea"}},
      {"traffic", kAmbience, kUnder, {"distant traffic", "city traffic in the background"}},
      {"lapping", kAmbience, kUnder, {"water laps", "lapping water"}},
      {"hall", kAmbience, 0.12, {"the hum of a large hall", "a quiet hall"}},
      {"room", kAmbience, 0.06, {"a quiet room", "faint room noise"}},
      {"underwater", kAmbience, kUnder, {"deep underwater rumble", "muffled underwater sound"}},
      {"space_hum", kAmbience, 0.18, {"a low hum", "a deep drone"}},
      {"audience", kAmbience, 0.2, {"a murmuring audience", "people murmur"}},
      {"rain", kWeather, kSoft, {"rain falls", "rain"}},
      {"storm_wind", kWeather, 0.55, {"strong wind", "a storm howls"}},
      {"thunder", kThunder, 1, {"thunder rolls", "thunder"}},
  };
}

bool is_step_surface(std::string_view name) { return name == "grass" || name == "snow" || name == "sand" || name == "gravel" || name == "wood"; }

}  // namespace

std::string_view name_of(SoundKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

bool is_looped(SoundKind kind) { return kind == kLoop || kind == kAmbience || kind == kWeather || kind == kMusic; }

const std::vector<SoundClass>& sound_classes() {
  static const std::vector<SoundClass> all = [] {
    std::vector<SoundClass> list = calls();
    for (const auto& more : {contacts(), loops(), surroundings()}) list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return all;
}

const SoundClass& sound_class_named(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SoundClass& one : sound_classes()) {
    if (one.name == name) return one;
    names.push_back(one.name);
  }
  throw NotFound("there is no sound class '{}'; known: {}", name, fmt::join(names, ", "));
}

const SoundClass* own_sound(const Subject& subject) {
  // Sounds of subjects.toml that are heard otherwise: as contacts, as the place, or under another name.
  static constexpr std::array<std::string_view, 14> kNotOwn = {"footsteps", "hop_boing", "ball_bounce", "apple_bite", "eat", "music", "fanfare", "rain",
                                                               "wind",      "birds",     "roll",        "pour",       "sip", ""};
  if (subject.name == "bicycle" || subject.name == "cyclist") return &sound_class_named("bicycle_bell");
  if (subject.name == "butterfly") return &sound_class_named("flutter");
  if (subject.name == "turtle" || subject.name == "sloth" || subject.name == "hedgehog") return &sound_class_named("soft_grunt");
  if (subject.sound == "pop") return &sound_class_named("balloon_squeak");
  if (std::find(kNotOwn.begin(), kNotOwn.end(), subject.sound) != kNotOwn.end()) return nullptr;
  for (const SoundClass& one : sound_classes())
    if (one.name == subject.sound) return &one;
  return nullptr;  // a recipe of another version
}

const SoundClass& contact_sound(const Subject& subject, bool steps, std::string_view surface) {
  if (subject.sound == "hop_boing" && !steps) return sound_class_named("boing");
  if (steps) return sound_class_named("footsteps_" + std::string(is_step_surface(surface) ? surface : "wood"));
  if (subject.sound == "ball_bounce") return sound_class_named("ball_bounce");
  bool hard = surface == "wood" || surface == "gravel";
  return sound_class_named(hard && subject.size < 0.33f ? "knock" : "thud");
}

double pitch_of(const Subject& subject) { return std::clamp(std::sqrt(0.42 / std::max(0.05f, subject.size)), 0.7, 1.35); }

}  // namespace mg::world
