#include "moviegen/data/world/events.h"

#include <algorithm>
#include <cmath>

namespace mg::world {
namespace {

// Levels, linear, relative to an event in the foreground.
constexpr double kCallGain = 1.0, kStepGain = 0.7, kImpactGain = 1.0, kEngineGain = 0.6, kAmbienceGain = 0.25, kWeatherGain = 0.45;
constexpr double kCallShare = 0.75;  // share of clips in which an animal is heard

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

// −1 left edge … +1 right edge.
double position_of(const Scene& scene, const Actor& actor, double t) {
  ScreenBox box = screen_box(scene, actor, t);
  return rounded(std::clamp((box.left + box.right) / scene.width - 1.0, -1.0, 1.0));
}

nlohmann::json event_at(const Scene& scene, const Actor& actor, double since_start, const std::string& sound, double gain) {
  double t = scene.start_s + since_start;
  return {{"frame", static_cast<int>(since_start * scene.fps)}, {"time_s", rounded(since_start)}, {"sound", sound},
          {"subject", actor.subject->name}, {"x", position_of(scene, actor, t)}, {"gain", rounded(gain)}};
}

nlohmann::json loop_of(const std::string& sound, double gain, double x = 0) {
  return {{"frame", 0}, {"time_s", 0.0}, {"sound", sound}, {"subject", ""}, {"x", x}, {"gain", rounded(gain)}, {"loop", true}};
}

void add_contacts(const Scene& scene, const Actor& actor, nlohmann::json& events) {
  Gait gait = actor.track.motion->gait;
  bool is_step = gait == Gait::kWalk || gait == Gait::kRun || gait == Gait::kApproach || gait == Gait::kRecede;
  bool is_round = actor.subject->locomotion == Locomotion::kRoll;
  if (actor.in_air) return;
  for (double t : contacts(actor.track, scene.start_s + scene.duration_s())) {
    if (t < scene.start_s) continue;
    std::string sound = is_step || actor.subject->group == "animal" || actor.subject->group == "person" ? "footsteps" : is_round ? "ball_bounce" : "thud";
    double gain = is_step ? kStepGain * (gait == Gait::kRun ? 1.2 : 1.0) : kImpactGain;
    nlohmann::json event = event_at(scene, actor, t - scene.start_s, sound, gain);
    event["surface"] = scene.place_info->surface;
    events.push_back(event);
  }
}

// Strokes of a swimmer at the surface: one splash per cycle.
void add_splashes(const Scene& scene, const Actor& actor, nlohmann::json& events) {
  if (!actor.on_water || sign_of(actor.track.direction) == 0) return;
  double period = actor.track.period_s;
  for (double t = (1 - actor.track.phase) * period; t < scene.start_s + scene.duration_s(); t += period)
    if (t >= scene.start_s) events.push_back(event_at(scene, actor, t - scene.start_s, "splash", 0.5));
}

void add_voice(Generator& generator, const Scene& scene, const Actor& actor, nlohmann::json& events) {
  const std::string& sound = actor.subject->sound;
  bool calls = generator.chance(kCallShare);
  double first = generator.uniform(0.05, 0.6), second = generator.uniform(0.7, 0.95);
  bool twice = generator.chance(0.3);
  if (sound.empty()) return;
  if (actor.subject->group == "vehicle") {
    nlohmann::json loop = loop_of(sound, kEngineGain, position_of(scene, actor, scene.start_s));
    loop["subject"] = actor.subject->name;
    loop["x_end"] = position_of(scene, actor, scene.start_s + scene.duration_s());
    events.push_back(loop);
  } else if (actor.subject->group == "animal" && calls) {
    events.push_back(event_at(scene, actor, first * scene.duration_s(), sound, kCallGain));
    if (twice && scene.duration_s() > 2) events.push_back(event_at(scene, actor, second * scene.duration_s(), sound, 0.9 * kCallGain));
  }
}

void add_surroundings(const Scene& scene, nlohmann::json& events) {
  if (!scene.place_info->ambience.empty()) events.push_back(loop_of(scene.place_info->ambience, kAmbienceGain));
  if (!scene.place_info->outdoors) return;
  switch (scene.outline.weather) {
    case Weather::kRain: events.push_back(loop_of("rain", kWeatherGain)); break;
    case Weather::kStorm:
      events.push_back(loop_of("wind", 1.3 * kWeatherGain));
      break;
    case Weather::kSnow: events.push_back(loop_of("wind", 0.5 * kWeatherGain)); break;
    default: break;
  }
  if (scene.outline.time == TimeOfDay::kNight && scene.outline.weather == Weather::kClear) events.push_back(loop_of("night", kAmbienceGain));
}

}  // namespace

nlohmann::json events_of(const Scene& scene) {
  nlohmann::json events = nlohmann::json::array();
  if (scene.frames < 2) return events;  // a still is silent
  Generator generator(scene.seed, "events");
  add_surroundings(scene, events);
  for (const Actor& actor : scene.actors) {
    add_contacts(scene, actor, events);
    add_splashes(scene, actor, events);
    add_voice(generator, scene, actor, events);
  }
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a["time_s"] < b["time_s"]; });
  return events;
}

}  // namespace mg::world
