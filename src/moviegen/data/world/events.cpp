#include "moviegen/data/world/events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "moviegen/data/world/actions.h"
#include "moviegen/data/world/stage.h"

namespace mg::world {
namespace {

constexpr double kIdleGain = 0.6;     // of an engine that stands
constexpr double kFarthest = 0.35;    // what is far away is never softer than this

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

// −1 left edge … +1 right edge.
double position_of(const Scene& scene, const ScreenBox& box) {
  return rounded(std::clamp((box.left + box.right) / scene.width - 1.0, -1.0, 1.0));
}

bool is_inside(const Scene& scene, const ScreenBox& box) {
  float x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
  return x >= 0 && y >= 0 && x < static_cast<float>(scene.width) && y < static_cast<float>(scene.height);
}

// Only depth changes how large a subject is, and with it how loud.
double nearness(const Actor& actor, double t) {
  float largest = actor.track.height * std::max(1.0f, actor.track.end_scale);
  return std::clamp(static_cast<double>(pose_at(actor.track, t).height / largest), kFarthest, 1.0);
}

SoundEvent event_at(const Scene& scene, const Actor& actor, double since_start, const SoundClass& sound) {
  double t = scene.start_s + since_start;
  ScreenBox box = screen_box(scene, actor, t);
  SoundEvent event{.time_s = since_start, .sound = &sound, .subject = actor.subject->name, .surface = ""};
  event.x = event.x_end = position_of(scene, box);
  event.gain = event.gain_end = sound.gain * nearness(actor, t);
  event.rate = pitch_of(*actor.subject);
  event.visible = is_inside(scene, box);
  return event;
}

void add_loop(const Scene& scene, const Actor& actor, const SoundClass& sound, double gain, std::vector<SoundEvent>& score) {
  SoundEvent loop = event_at(scene, actor, 0, sound), end = event_at(scene, actor, scene.duration_s(), sound);
  loop.x_end = end.x, loop.gain = gain * loop.gain, loop.gain_end = gain * end.gain, loop.rate = 1;
  loop.visible = loop.visible || end.visible;
  score.push_back(loop);
}

void add_surrounding(std::string_view name, double gain, std::vector<SoundEvent>& score) {
  const SoundClass& sound = sound_class_named(name);
  SoundEvent event{.sound = &sound, .subject = "", .surface = ""};
  event.gain = event.gain_end = gain * sound.gain;
  score.push_back(event);
}

void add_contacts(const Scene& scene, const Actor& actor, std::vector<SoundEvent>& score) {
  if (actor.in_air || actor.on_water) return;
  Gait gait = actor.track.motion->gait;
  const Subject& subject = *actor.subject;
  bool is_step = gait == Gait::kWalk || gait == Gait::kRun || gait == Gait::kApproach || gait == Gait::kRecede;
  bool has_feet = subject.group == "animal" || subject.group == "person";
  const SoundClass& sound = contact_sound(subject, is_step || (has_feet && subject.sound != "hop_boing"), scene.place_info->surface);
  double gain = gait == Gait::kRun ? 1.2 : 1.0;
  for (double t : contacts(actor.track, scene.start_s + scene.duration_s())) {
    if (t >= scene.start_s) {
      SoundEvent event = event_at(scene, actor, t - scene.start_s, sound);
      event.gain *= gain, event.surface = scene.place_info->surface;
      score.push_back(event);
    }
    if (gait == Gait::kFall) gain *= 0.5;  // each bounce is lower than the last
  }
}

// Strokes of a swimmer at the surface: one splash per cycle, when the body dips deepest.
void add_splashes(const Scene& scene, const Actor& actor, std::vector<SoundEvent>& score) {
  if (!actor.on_water || sign_of(actor.track.direction) == 0 || actor.subject->group == "vehicle") return;
  double period = actor.track.period_s, first = 0.25 - actor.track.phase;
  for (double t = (first < 0 ? first + 1 : first) * period; t < scene.start_s + scene.duration_s(); t += period)
    if (t >= scene.start_s) score.push_back(event_at(scene, actor, t - scene.start_s, sound_class_named("splash")));
}

// A ball that is kicked or lands: where it is then, not where who did it stands.
void add_strikes(const Scene& scene, const Actor& actor, std::vector<SoundEvent>& score) {
  for (const auto& [t, force] : strikes(actor.deed, scene.start_s + scene.duration_s())) {
    if (t < scene.start_s) continue;
    SoundEvent event = event_at(scene, actor, t - scene.start_s, contact_sound(*actor.deed.thing, false, scene.place_info->surface));
    ScreenPose at = screen_pose(scene, actor, pose_at(actor.track, t), scene.camera.at(t));
    double x = at.x + pieces_at(actor.deed, t).front().x * at.height;
    event.subject = actor.deed.thing->name, event.surface = scene.place_info->surface;
    event.gain *= force, event.rate = pitch_of(*actor.deed.thing);
    event.visible = x >= 0 && x < scene.width;
    event.x = event.x_end = rounded(std::clamp(2 * x / scene.width - 1, -1.0, 1.0));
    score.push_back(event);
  }
}

void add_own_sound(const Scene& scene, const Actor& actor, std::vector<SoundEvent>& score) {
  const SoundClass* sound = own_sound(*actor.subject);
  if (sound && sound->kind == SoundKind::kCall)
    for (double t : actor.track.calls) score.push_back(event_at(scene, actor, t - scene.start_s, *sound));
  bool moves = actor.track.velocity > 0;
  if (sound && sound->kind == SoundKind::kLoop) add_loop(scene, actor, *sound, moves || actor.in_air ? 1 : kIdleGain, score);
  bool on_ground = !actor.in_air && !actor.on_water;
  if (!on_ground || !moves) return;
  if (actor.track.on_belt) add_loop(scene, actor, sound_class_named("rolling"), 0.7, score);
  if (actor.track.motion->gait == Gait::kRoll) add_loop(scene, actor, sound_class_named("rolling"), 1, score);
  if (actor.track.motion->gait == Gait::kSlide) add_loop(scene, actor, sound_class_named("sliding"), 1, score);
  if (sound && sound->name == "bicycle_bell") add_loop(scene, actor, sound_class_named("bicycle_wheels"), 1, score);
}

// The class that stands for the ambience of places.cpp at this time and in this weather; "" for none.
std::string_view ambience_class(const Scene& scene) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kClasses = {{
      {"cold wind", "cold_wind"}, {"meadow birds", "birds"}, {"calm sea", "calm_sea"}, {"dry wind", "breeze"}, {"forest birds", "forest_birds"},
      {"city traffic", "traffic"}, {"water lapping", "lapping"}, {"mountain wind", "cold_wind"}, {"autumn wind", "breeze"}, {"gym hall", "hall"},
      {"quiet room", "room"}, {"underwater", "underwater"}, {"space hum", "space_hum"}, {"audience", "audience"}, {"stormy sea", "stormy_sea"}}};
  std::string_view found;
  for (const auto& [ambience, name] : kClasses)
    if (scene.place_info->ambience == ambience) found = name;
  bool is_birds = found == "birds" || found == "forest_birds";
  Weather weather = scene.outline.weather;
  if (is_birds && (weather == Weather::kRain || weather == Weather::kStorm)) return "";
  return is_birds && scene.outline.time == TimeOfDay::kNight ? "crickets" : found;
}

void add_surroundings(const Scene& scene, std::vector<SoundEvent>& score) {
  bool is_wet = scene.place->light().storm == Storm::kRain;
  if (std::string_view ambience = ambience_class(scene); !ambience.empty()) add_surrounding(ambience, 1, score);
  if (!scene.place_info->outdoors) return;
  switch (scene.outline.weather) {
    case Weather::kRain: add_surrounding("rain", 1, score); break;
    case Weather::kStorm:
      add_surrounding("storm_wind", 1, score);
      if (is_wet) add_surrounding("rain", 1.2, score);
      break;
    case Weather::kSnow: add_surrounding("breeze", 0.8, score); break;
    default: break;
  }
}

void add_thunder(const Scene& scene, std::vector<SoundEvent>& score) {
  if (!scene.place_info->outdoors) return;
  for (double t : lightning_times(scene.place->light(), scene.seed, scene.start_s, scene.start_s + scene.duration_s())) {
    const SoundClass& sound = sound_class_named("thunder");
    score.push_back({.time_s = t - scene.start_s, .sound = &sound, .subject = "", .surface = "", .gain = sound.gain, .visible = true});
  }
}

}  // namespace

std::vector<SoundEvent> score_of(const Scene& scene, bool surroundings) {
  std::vector<SoundEvent> score;
  if (scene.frames < 2) return score;  // a still is silent
  if (surroundings) add_surroundings(scene, score);
  add_thunder(scene, score);
  for (const Actor& actor : scene.actors) {
    add_contacts(scene, actor, score);
    add_splashes(scene, actor, score);
    add_strikes(scene, actor, score);
    add_own_sound(scene, actor, score);
  }
  std::stable_sort(score.begin(), score.end(), [](const auto& a, const auto& b) { return a.time_s < b.time_s; });
  return score;
}

nlohmann::json events_json(const std::vector<SoundEvent>& score, double fps) {
  nlohmann::json events = nlohmann::json::array();
  for (const SoundEvent& event : score) {
    std::string name(event.sound->name);
    nlohmann::json item = {{"frame", static_cast<int>(event.time_s * fps)}, {"time_s", rounded(event.time_s)},
                           {"sound", name.starts_with("footsteps") ? "footsteps" : name}, {"class", name}, {"kind", name_of(event.sound->kind)},
                           {"subject", event.subject}, {"x", event.x}, {"gain", rounded(event.gain)}, {"visible", event.visible}};
    if (!event.surface.empty()) item["surface"] = event.surface;
    if (event.loop()) item["loop"] = true, item["x_end"] = event.x_end, item["gain_end"] = rounded(event.gain_end);
    events.push_back(item);
  }
  return events;
}

}  // namespace mg::world
