#include "moviegen/data/world/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "moviegen/core/error.h"
#include "moviegen/data/world/named_enum.h"

namespace mg::world {
namespace {

constexpr std::array<const char*, 9> kCameraMoves = {"static", "pan left", "pan right", "zoom in", "zoom out", "tracking", "tilt up", "tilt down", "handheld"};

// sRGB byte → linear light.
constexpr float kLinearPower = 2.2f;
Color linear(int r, int g, int b) {
  auto one = [](int v) { return std::pow(static_cast<float>(v) / 255.0f, kLinearPower); };
  return {one(r), one(g), one(b)};
}

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

nlohmann::json box_json(const Scene& scene, const ScreenBox& box) {
  auto share = [](float v, int side) { return rounded(std::clamp(static_cast<double>(v) / side, 0.0, 1.0)); };
  return {share(box.left, scene.width), share(box.top, scene.height), share(box.right, scene.width), share(box.bottom, scene.height)};
}

// Share of a box that lies in the frame.
double share_inside(const Scene& scene, const ScreenBox& box) {
  float w = std::min(box.right, static_cast<float>(scene.width)) - std::max(box.left, 0.0f);
  float h = std::min(box.bottom, static_cast<float>(scene.height)) - std::max(box.top, 0.0f);
  return w <= 0 || h <= 0 ? 0.0 : static_cast<double>(w) * h / (static_cast<double>(box.width()) * box.height());
}

nlohmann::json actor_json(const Scene& scene, size_t index) {
  const Actor& actor = scene.actors[index];
  const Role& role = scene.outline.roles[std::min(index, scene.outline.roles.size() - 1)];
  nlohmann::json boxes = nlohmann::json::array(), positions = nlohmann::json::array();
  float tallest = 0;
  double least_inside = 1;
  for (int frame = 0; frame < scene.frames; ++frame) {
    double t = scene.start_s + frame / scene.fps;
    ScreenBox box = screen_box(scene, actor, t);
    boxes.push_back(box_json(scene, box));
    tallest = std::max(tallest, box.height() / scene.height);
    least_inside = std::min(least_inside, share_inside(scene, box));
    positions.push_back({rounded(pose_at(actor.track, t).x), rounded(pose_at(actor.track, t).y)});
  }
  return {{"subject", role.subject},
          {"group", actor.subject->group},
          {"look", role.look},
          {"style", actor.sprite->style},
          {"head_only", actor.sprite->head_only},
          {"motion", role.motion},
          {"direction", name_of(role.direction)},
          {"speed", name_of(role.speed)},
          {"color", role.color},
          {"wears", role.wears},
          {"holds", role.holds},
          {"action", role.action},
          {"thing", role.thing},
          {"aim", name_of(role.aim)},
          {"puppet", role.puppet},
          {"faces", actor.sprite->front ? "front" : actor.flip == actor.sprite->faces_left ? "right" : "left"},
          {"size", tallest > 0.55f ? "large" : tallest > 0.3f ? "medium" : "small"},
          {"least_inside", rounded(least_inside)},
          {"boxes", boxes},
          {"positions", positions}};
}

}  // namespace

std::string_view name_of(CameraMove move) { return kCameraMoves[static_cast<size_t>(move)]; }

CameraMove camera_named(std::string_view name) { return named_enum(name, CameraMove::kHandheld, "camera move"); }

View Camera::at(double t) const {
  double u = std::clamp(t / std::max(duration_s, 1e-6), 0.0, 1.0);
  // Two slow swings whose periods do not meet in a clip.
  auto sway = [&](double hertz, double turn) { return shake * static_cast<float>(std::sin(2 * std::numbers::pi * (hertz * t + turn + shake_phase))); };
  return {.pan_x = pan_speed * static_cast<float>(t) + sway(0.7, 0) + 0.5f * sway(1.9, 0.3),
          .pan_y = tilt_speed * static_cast<float>(t - duration_s / 2) + sway(0.9, 0.6) + 0.5f * sway(2.3, 0.1),
          .zoom = zoom_from + (zoom_to - zoom_from) * static_cast<float>(u)};
}

const std::vector<NamedColor>& named_colors() {
  static const std::vector<NamedColor> colors = {
      {"red", linear(214, 40, 40)},     {"orange", linear(245, 130, 32)}, {"yellow", linear(250, 210, 50)}, {"green", linear(50, 170, 75)},
      {"blue", linear(45, 105, 220)},   {"purple", linear(130, 60, 190)}, {"pink", linear(250, 110, 170)},  {"brown", linear(130, 80, 45)},
      {"black", linear(40, 40, 44)},    {"white", linear(245, 245, 245)}, {"grey", linear(145, 148, 155)},  {"gold", linear(222, 170, 60)}};
  return colors;
}

const Color& color_named(std::string_view name) {
  std::string known;
  for (const NamedColor& one : named_colors()) {
    if (one.name == name) return one.color;
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  throw NotFound("there is no colour '{}'; known: {}", name, known);
}

nlohmann::json labels_of(const Scene& scene) {
  const Outline& outline = scene.outline;
  nlohmann::json subjects = nlohmann::json::array(), pans = nlohmann::json::array(), tilts = nlohmann::json::array(), zooms = nlohmann::json::array();
  for (size_t i = 0; i < scene.actors.size(); ++i) subjects.push_back(actor_json(scene, i));
  for (int frame = 0; frame < scene.frames; ++frame) {
    View view = scene.camera.at(scene.start_s + frame / scene.fps);
    pans.push_back(rounded(view.pan_x));
    tilts.push_back(rounded(view.pan_y));
    zooms.push_back(rounded(view.zoom));
  }
  return {{"world_version", kWorldVersion},
          {"seed", scene.seed},
          {"place", outline.place},
          {"time", scene.place_info->outdoors ? name_of(outline.time) : "none"},
          {"weather", scene.place_info->outdoors ? name_of(outline.weather) : "none"},
          {"camera", {{"move", name_of(outline.camera)}, {"pan_x", pans}, {"pan_y", tilts}, {"zoom", zooms}}},
          {"style", outline.filter == Filter::kNone ? subjects.at(0).at("style") : nlohmann::json(name_of(outline.filter))},
          {"plain", outline.plain},
          {"relation", outline.relation},
          {"count", outline.count},
          {"on", outline.on},
          {"particles", name_of(outline.particles)},
          {"subjects", subjects}};
}

}  // namespace mg::world
