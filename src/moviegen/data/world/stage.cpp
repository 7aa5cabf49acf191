#include "moviegen/data/world/stage.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/data/world/actions.h"
#include "moviegen/data/world/caption.h"
#include "moviegen/data/world/limbs.h"
#include "moviegen/data/world/props.h"

namespace mg::world {
namespace {

constexpr int kCodes = 4096;

// Linear light → 8-bit sRGB; 4096 steps are finer than one code even at the dark end.
const std::array<uint8_t, kCodes>& srgb_codes() {
  static const auto codes = [] {
    std::array<uint8_t, kCodes> table{};
    for (int i = 0; i < kCodes; ++i) {
      double v = i / double(kCodes - 1);
      double s = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
      table[i] = static_cast<uint8_t>(std::lround(s * 255));
    }
    return table;
  }();
  return codes;
}

void encode(const Canvas& canvas, uint8_t* out) {
  const auto& codes = srgb_codes();
  for (size_t i = 0; i < canvas.rgb.size(); ++i) {
    float v = canvas.rgb[i];
    v = v > 0 ? (v < 1 ? v : 1.0f) : 0.0f;
    out[i] = codes[static_cast<int>(v * (kCodes - 1) + 0.5f)];
  }
}

// Subjects farther away first; what flies is drawn after what stands.
std::vector<size_t> far_to_near(const Scene& scene, double t) {
  std::vector<size_t> order(scene.actors.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  auto depth = [&](size_t i) {
    const Actor& actor = scene.actors[i];
    constexpr float kRider = 1e-3f;  // drawn after what it rides
    Pose pose = pose_at(actor.track.carrier ? *actor.track.carrier : actor.track, t);
    return pose.y + pose.lift + (actor.in_air ? 10.0f : 0.0f) + (actor.track.carrier ? kRider : 0.0f);
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return depth(a) < depth(b); });
  return order;
}

void draw_actor(Canvas& canvas, const Scene& scene, const Actor& actor, double t, const View& view) {
  Pose pose = pose_at(actor.track, t);
  ScreenPose at = screen_pose(scene, actor, pose, view);
  const Light& light = scene.place->light();
  float width = at.height * actor.track.facts->aspect;
  bool is_carried = actor.track.carrier != nullptr;
  if (!actor.in_air && !actor.on_water && !is_carried) {
    // The shadow stays on the ground, smaller and paler the higher the subject is above it.
    float height_above = std::clamp((at.ground_y - at.y) / std::max(at.height, 1.0f), 0.0f, 2.0f);
    float shrink = 1 / (1 + 0.6f * height_above);
    draw_shadow(canvas, at.x, at.ground_y, 0.82f * width * shrink, 0.13f * std::min(width, at.height) * shrink, light.shadow * shrink);
  }
  SpriteDraw draw{.x = at.x, .y = at.y, .height_px = at.height, .rotation = pose.rotation, .squash = pose.squash, .flip = actor.flip,
                  .time_s = pose.clip_s, .light = light.tint, .haze_color = light.ambient, .haze = light.haze};
  if (actor.recolored) draw.recolor = &actor.recolor;
  if (!actor.garments.empty()) draw.garments = &actor.garments;
  if (actor.on_water) draw.clip_below = at.ground_y, draw.y = at.y + actor.sunk * at.height;
  if (actor.track.on_belt) draw_treadmill(canvas, actor, t, draw, at.ground_y);
  draw.y -= actor.legs * at.height;
  draw_legs(canvas, actor, t, draw);
  draw_puppet(canvas, actor, t, draw);
  draw_sprite(canvas, *actor.sprite, draw);
  draw_props(canvas, actor, draw);
  draw_fire(canvas, actor, t, draw);
  draw_deed(canvas, actor, t, draw);
  if (!actor.in_air && !is_carried) scene.place->draw_front(canvas, t, view, at.ground_y);
}

std::vector<uint8_t> draw_frames(const Scene& scene) {
  size_t frame_bytes = static_cast<size_t>(scene.width) * scene.height * 3;
  std::vector<uint8_t> rgb(frame_bytes * scene.frames);
  Canvas canvas(scene.width, scene.height);
  for (int frame = 0; frame < scene.frames; ++frame) {
    double t = scene.start_s + frame / scene.fps;
    View view = scene.camera.at(t);
    scene.place->draw(canvas, t, view);
    for (size_t i : far_to_near(scene, t)) draw_actor(canvas, scene, scene.actors[i], t, view);
    draw_weather(canvas, scene.place->light(), t, view, scene.seed);
    if (scene.outline.particles != Particles::kNone) draw_particles(canvas, scene.outline.particles, t, scene.seed);
    if (scene.outline.filter != Filter::kNone) apply_filter(canvas, scene.outline.filter, frame, scene.seed);
    encode(canvas, rgb.data() + frame_bytes * frame);
  }
  return rgb;
}

}  // namespace

ScreenPose screen_pose(const Scene& scene, const Actor& actor, const Pose& pose, const View& view) {
  float unit = scene.unit(), cx = scene.width / 2.0f, cy = scene.height / 2.0f;
  ScreenPose out;
  out.x = cx + (pose.x * unit - cx - actor.parallax * view.pan_x * unit) * view.zoom;
  out.y = cy + (pose.y * unit - cy - actor.parallax * view.pan_y * unit) * view.zoom;
  out.ground_y = cy + ((pose.y + pose.lift) * unit - cy - actor.parallax * view.pan_y * unit) * view.zoom;
  out.height = pose.height * unit * view.zoom;
  return out;
}

ScreenBox screen_box(const Scene& scene, const Actor& actor, double t) {
  Pose pose = pose_at(actor.track, t);
  ScreenPose at = screen_pose(scene, actor, pose, scene.camera.at(t));
  AlphaBox alpha = actor.track.facts->frames[actor.track.facts->frame_at(pose.clip_s)];
  if (actor.flip) alpha = {1 - alpha.right, alpha.top, 1 - alpha.left, alpha.bottom};
  float height = at.height * pose.squash, width = at.height * actor.track.facts->aspect;
  float bottom = at.y + (actor.sunk - actor.legs) * at.height, cy = bottom - height / 2;
  float c = std::cos(pose.rotation), s = std::sin(pose.rotation);
  ScreenBox box{1e9f, 1e9f, -1e9f, -1e9f};
  for (float u : {alpha.left, alpha.right})
    for (float v : {alpha.top, alpha.bottom}) {
      float dx = (u - 0.5f) * width, dy = (v - 0.5f) * height;
      float x = at.x + c * dx - s * dy, y = cy + s * dx + c * dy;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x), std::max(box.bottom, y)};
    }
  if (actor.legs > 0) box.bottom = std::max(box.bottom, at.y);
  if (actor.on_water) box.bottom = std::min(box.bottom, at.ground_y);
  return box;
}

Clip shoot(const Scene& scene, bool pictures) {
  Clip clip;
  clip.width = scene.width, clip.height = scene.height, clip.frames = scene.frames, clip.fps = scene.fps;
  if (pictures) clip.rgb = draw_frames(scene);
  clip.captions = captions_of(scene);
  clip.labels = labels_of(scene);
  return clip;
}

}  // namespace mg::world
