// Turns an outline into numbers (declared in scene.h): how large, where, how fast, which camera. The rule it keeps: a
// subject stays at least 85 % inside the frame unless it enters by falling.
#include <algorithm>
#include <cmath>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/data/world/actions.h"
#include "moviegen/data/world/formation.h"
#include "moviegen/data/world/limbs.h"
#include "moviegen/data/world/props.h"
#include "moviegen/data/world/scene.h"
#include "moviegen/data/world/sound_class.h"

namespace mg::world {
namespace {

constexpr float kSlowest = 0.55f;      // a static camera may slow a motion down to this share of its speed
constexpr int kFitRounds = 24;

float between(Generator& generator, double low, double high) { return static_cast<float>(generator.uniform(low, high)); }

float speed_factor(Speed speed) { return speed == Speed::kSlow ? 0.62f : speed == Speed::kFast ? 1.45f : 1.0f; }

bool is_depth(const Motion& motion) { return motion.gait == Gait::kApproach || motion.gait == Gait::kRecede; }

// How a subject is held by the place it is in.
enum class Footing { kGround, kSurface, kSubmerged, kAir };

Footing footing_of(const Subject& subject, const PlaceInfo& place, const Motion& motion) {
  bool flies = subject.locomotion == Locomotion::kFly || subject.locomotion == Locomotion::kFloat || motion.gait == Gait::kFly;
  if (place.medium == Medium::kUnderwater) return Footing::kSubmerged;
  if (place.medium == Medium::kAir || (flies && motion.gait != Gait::kStand)) return Footing::kAir;
  return place.medium == Medium::kWater ? Footing::kSurface : Footing::kGround;
}

// Share of the height below the water line.
float draught(const Subject& subject) {
  switch (subject.locomotion) {
    case Locomotion::kSail: return 0.07f;
    case Locomotion::kRoll: return 0.30f;
    case Locomotion::kStill: return 0.30f;
    default: return 0.22f;
  }
}

float height_for(Generator& generator, const Subject& subject, bool plain) {
  // Plain scenes are for learning what things look like: everything is large, nature's sizes only lean on it.
  float readable = std::clamp(0.42f + 0.34f * (subject.size - 0.25f), 0.44f, 0.66f);
  if (plain) return readable * between(generator, 0.95, 1.08);
  float natural = 0.5f * (subject.size + readable);
  return std::clamp(natural * between(generator, 0.85, 1.12), 0.32f, 0.74f);
}

void place_on_ground(Generator& generator, const Scene& scene, Actor& actor, bool plain) {
  float far = scene.place->far_ground(), near = scene.place->near_ground();
  float ground = far + (near - far) * between(generator, plain ? 0.55 : 0.25, 1.0);
  if (!plain) actor.track.height *= 0.5f + 0.5f * scene.place->scale_at(ground);
  actor.track.y = actor.track.ground_y = ground * scene.frame_height();
}

void place_by_footing(Generator& generator, Scene& scene, Actor& actor, Footing footing) {
  Track& track = actor.track;
  float tall = scene.frame_height();
  switch (footing) {
    case Footing::kGround: place_on_ground(generator, scene, actor, scene.outline.plain); break;
    case Footing::kSurface: {
      float far = scene.place->far_ground(), near = scene.place->near_ground();
      float line = far + (near - far) * between(generator, 0.35, 0.85);
      actor.on_water = true, actor.sunk = draught(*actor.subject);
      track.y = track.ground_y = line * tall;
      break;
    }
    case Footing::kSubmerged:
      actor.in_air = true;
      track.y = tall * between(generator, 0.42, 0.62) + track.height / 2;
      break;
    case Footing::kAir:
      actor.in_air = true;
      track.y = tall * between(generator, 0.34, 0.48) + track.height / 2;
      break;
  }
}

void set_cycle(Generator& generator, const Subject& subject, Actor& actor) {
  Track& track = actor.track;
  float quick = speed_factor(track.speed), h = track.height;
  track.phase = generator.uniform();
  switch (track.motion->gait) {
    case Gait::kWalk: track.period_s = 0.95; break;
    case Gait::kRun: track.period_s = 0.52; break;
    case Gait::kHop: track.period_s = 0.62, track.amplitude = 0.30f * h; break;
    case Gait::kJump: track.period_s = 0.85, track.amplitude = std::min(0.45f * h, 0.24f); break;
    case Gait::kBounce: track.period_s = 0.8, track.amplitude = between(generator, 0.24, 0.34); break;
    case Gait::kFly: {
      bool machine = subject.group == "vehicle";
      track.period_s = machine ? 2.6 : 1.3, track.amplitude = machine ? 0.012f : 0.05f;
      break;
    }
    case Gait::kSwim: track.period_s = 1.3, track.amplitude = actor.on_water ? 0.010f : 0.03f; break;
    case Gait::kFloat:
    case Gait::kDrift: track.period_s = 2.2, track.amplitude = actor.on_water ? 0.014f : 0.035f; break;
    case Gait::kSpin: track.period_s = generator.uniform(1.1, 1.8); break;
    case Gait::kDrive: track.period_s = 0.21; break;
    case Gait::kRise: track.period_s = 1.8, track.amplitude = 0.012f; break;
    case Gait::kFall: track.amplitude = between(generator, -0.5, 0.5); break;
    case Gait::kApproach:
    case Gait::kRecede: track.period_s = 0.9, track.amplitude = actor.in_air || subject.locomotion == Locomotion::kRoll ? 0 : 0.03f * h; break;
    default: track.period_s = 1.6; break;
  }
  track.period_s /= track.motion->sideways ? std::sqrt(quick) : 1.0;
  track.clip_rate = (track.motion->gait == Gait::kRun && actor.sprite->pose != "run" ? 1.5 : 1.0) * std::sqrt(quick);
  track.clip_offset_s = generator.uniform() * track.facts->loop_s;
}

// Where on a static camera's frame a sideways motion starts, and whether it fits at a fair speed.
bool fit_crossing(Generator& generator, const Scene& scene, Actor& actor, const Reach& reach) {
  Track& track = actor.track;
  float free = scene.frame_width() - reach.left - reach.right;
  float duration = static_cast<float>(scene.span_s());
  float wanted = track.velocity, spare = between(generator, 0, 1);
  track.velocity = std::min(wanted, std::max(free, 0.05f) / duration);
  float before = spare * std::max(0.0f, free - track.velocity * duration);
  track.x = track.direction == Direction::kRight ? reach.left + before : scene.frame_width() - reach.right - before;
  return track.velocity >= kSlowest * wanted;
}

void set_depth(Scene& scene, Actor& actor) {
  Track& track = actor.track;
  float far = scene.place->far_ground(), near = scene.place->near_ground(), tall = scene.frame_height();
  float ratio = std::clamp(scene.place->scale_at(near) / std::max(scene.place->scale_at(far), 0.1f), 1.8f, 2.4f);
  float far_y = actor.in_air ? 0.36f * tall + track.height / ratio / 2 : (far + 0.1f * (near - far)) * tall;
  float near_y = actor.in_air ? 0.52f * tall + track.height / 2 : near * tall;
  bool closer = track.motion->gait == Gait::kApproach;
  track.height = closer ? track.height / ratio : track.height;
  track.y = closer ? far_y : near_y, track.end_y = closer ? near_y : far_y;
  track.ground_y = track.y;
  track.end_scale = closer ? ratio : 1 / ratio;
  track.duration_s = scene.span_s();
  actor.parallax = 1;
}

void set_camera(Generator& generator, Scene& scene) {
  Camera& camera = scene.camera;
  camera.move = scene.outline.camera;
  camera.duration_s = scene.span_s();
  float pan = between(generator, 0.08, 0.15), zoom = between(generator, 1.25, 1.45);
  // A camera that tilts or shakes shows a part of the picture, so that its edges stay outside.
  constexpr float kTiltZoom = 1.3f, kShakeZoom = 1.08f, kShake = 0.016f;
  float tilt = 0.8f * (1 - 1 / kTiltZoom) / static_cast<float>(camera.duration_s);
  const Actor& lead = *company_of(scene).front();
  switch (camera.move) {
    case CameraMove::kStatic: break;
    case CameraMove::kPanLeft: camera.pan_speed = -pan; break;
    case CameraMove::kPanRight: camera.pan_speed = pan; break;
    case CameraMove::kZoomIn: camera.zoom_to = zoom; break;
    case CameraMove::kZoomOut: camera.zoom_from = zoom; break;
    case CameraMove::kTiltUp: camera.tilt_speed = -tilt, camera.zoom_from = camera.zoom_to = kTiltZoom; break;
    case CameraMove::kTiltDown: camera.tilt_speed = tilt, camera.zoom_from = camera.zoom_to = kTiltZoom; break;
    case CameraMove::kHandheld: camera.shake = kShake, camera.zoom_from = camera.zoom_to = kShakeZoom, camera.shake_phase = pan; break;
    case CameraMove::kTracking:
      camera.pan_speed = sign_of(lead.track.direction) * lead.track.velocity / std::max(lead.parallax, 0.2f);
      break;
  }
}

void set_path(Generator& generator, Scene& scene, Actor& actor, const Reach& reach) {
  Track& track = actor.track;
  const Motion& motion = *track.motion;
  float wide = scene.frame_width(), middle = (reach.right - reach.left) / 2;  // of the company, from its first member
  track.x = wide * between(generator, 0.38, 0.62) - middle;
  if (track.on_belt) {
    track.velocity = motion.walk_speed * speed_factor(track.speed);
  } else if (sign_of(track.direction) != 0) {
    float wobble = between(generator, 0.92, 1.08) * speed_factor(track.speed);
    bool tracking = scene.outline.camera == CameraMove::kTracking;
    track.velocity = (tracking ? motion.track_speed : motion.walk_speed) * wobble;
    // What is passed would leave the picture with a camera that follows.
    bool can_track = scene.outline.camera == CameraMove::kStatic && scene.outline.relation != "past";
    if (!tracking && !fit_crossing(generator, scene, actor, reach) && can_track) {
      scene.outline.camera = CameraMove::kTracking;
      track.velocity = motion.track_speed * wobble;
      tracking = true;
    }
    // The followed subject keeps room in front of it.
    if (tracking) track.x = wide * (0.5f - 0.06f * sign_of(track.direction)) - middle;
  } else if (motion.gait == Gait::kRise) {
    track.velocity = motion.walk_speed * between(generator, 0.9, 1.2);
    track.y = std::min(track.y + track.velocity * static_cast<float>(scene.span_s()) / 2, 0.98f * scene.frame_height());
  } else if (motion.gait == Gait::kFall) {
    track.y = between(generator, 0.1, 0.25) * track.height;
  } else if (is_depth(motion)) {
    set_depth(scene, actor);
  }
}

struct Extent {
  ScreenBox box{1e9f, 1e9f, -1e9f, -1e9f};  // of all frames
  float widest = 0;
};

Extent extent_of(const Scene& scene, const Actor& actor) {
  constexpr int kLooks = 13;
  Extent extent;
  for (int i = 0; i < kLooks; ++i) {
    ScreenBox box = screen_box(scene, actor, scene.span_s() * i / (kLooks - 1));
    extent.box = {std::min(extent.box.left, box.left), std::min(extent.box.top, box.top), std::max(extent.box.right, box.right), std::max(extent.box.bottom, box.bottom)};
    extent.widest = std::max(extent.widest, box.width());
  }
  return extent;
}

// What sticks out of the frame, in pixels; what is in it is below zero.
struct Overhang {
  float left, right, top, bottom;
  bool too_tall = false;
};

Overhang overhang_of(const Scene& scene, const Actor& actor, const Extent& extent) {
  float cut = kMayBeCut * extent.widest, wide = static_cast<float>(scene.width), tall = static_cast<float>(scene.height);
  bool falls = actor.track.motion->gait == Gait::kFall;
  const ScreenBox& box = extent.box;
  return {.left = -cut - box.left, .right = box.right - wide - cut, .top = falls ? -1 : 1 - box.top, .bottom = box.bottom - (tall - 1), .too_tall = box.height() > tall - 2};
}

// Puts one actor back into the frame from above and below; true where it has to be smaller for that.
bool lift(float unit, const Overhang& over, Actor& actor) {
  constexpr float kFine = 0.5f;
  Track& track = actor.track;
  if (std::max(over.top, over.bottom) <= kFine) return false;
  if (track.carrier) return true;
  float shift = (over.top > kFine ? over.top : -over.bottom) / unit;
  if (actor.in_air && !over.too_tall) track.y += shift, track.end_y += shift;
  if (!actor.in_air && over.bottom > kFine) track.y -= over.bottom / unit, track.ground_y -= over.bottom / unit, track.end_y -= over.bottom / unit;
  return actor.in_air ? over.too_tall : over.top > kFine;
}

// Moves and shrinks those who keep their distance until they stay in the picture from the first frame to the last.
void fit(Scene& scene, const std::vector<Actor*>& company) {
  constexpr float kFine = 0.5f, kShrink = 0.94f;
  float unit = scene.unit();
  for (int round = 0; round < kFitRounds; ++round) {
    float left = -1e9f, right = -1e9f;  // the farthest out of all
    bool is_out = false, must_shrink = false;
    for (Actor* actor : company) {
      Overhang over = overhang_of(scene, *actor, extent_of(scene, *actor));
      left = std::max(left, over.left), right = std::max(right, over.right);
      is_out |= std::max({over.left, over.right, over.top, over.bottom}) > kFine;
      must_shrink |= lift(unit, over, *actor);
    }
    if (!is_out) return;
    bool is_too_wide = left + right > 0;
    float shift = is_too_wide ? 0 : left > kFine ? left / unit : right > kFine ? -right / unit : 0, lead_x = company.front()->track.x;
    for (Actor* actor : company) {
      Track& track = actor->track;
      bool shrinks = must_shrink || is_too_wide;
      if (shrinks) track.height *= kShrink, track.amplitude *= kShrink, track.velocity *= is_too_wide ? kShrink : 1;
      if (track.carrier) continue;
      if (shrinks) track.x = lead_x + kShrink * (track.x - lead_x);
      track.x += shift;
    }
  }
}

// When a subject is heard: once or twice, in long clips now and then; a heart all the time. The first of each kind only,
// so that calls can be told apart. From a stream of its own: calls shift nothing else of the scene.
void set_calls(Scene& scene) {
  constexpr double kShare = 0.75, kAgain = 0.4, kTail_s = 0.3;  // ours: of clips with a call; of a second one in a short clip; a call is heard at least so long
  if (scene.frames < 2) return;
  Generator generator(scene.seed, "calls");
  std::set<std::string> heard;
  for (Actor& actor : scene.actors) {
    Generator own = generator.fork(actor.subject->name);
    const SoundClass* sound = own_sound(*actor.subject);
    if (!sound || sound->kind != SoundKind::kCall || !heard.insert(actor.subject->name).second) continue;
    bool beats = sound->name == "heartbeat";
    double end = scene.duration_s() - kTail_s, beat_s = 60 / own.uniform(60, 96);
    double t = own.uniform(0.05, beats ? 0.5 : 0.6 * std::min(scene.duration_s(), 4.0));
    if (!beats && !own.chance(kShare)) continue;
    for (; t < end; t += beats ? beat_s : own.uniform(0.7, scene.duration_s() > 4 ? 3.0 : 1.3)) {
      actor.track.calls.push_back(t);
      if (!beats && scene.duration_s() <= 4 && (actor.track.calls.size() == 2 || !own.chance(kAgain))) break;
    }
  }
}

// A subject with its size and rhythm; where it goes is set when all are there.
Actor make_actor(Generator& generator, Scene& scene, const Role& role, const Wardrobe& wardrobe) {
  Actor actor;
  actor.subject = &wardrobe.assets().subject(role.subject);
  actor.sprite = wardrobe.sprite(role.look);
  Track& track = actor.track;
  track.motion = &motion_named(role.motion);
  track.direction = role.direction, track.speed = role.speed;
  track.facts = wardrobe.facts(*actor.sprite);
  track.height = height_for(generator, *actor.subject, scene.outline.plain);
  float widest = scene.frame_width() * (track.motion->sideways ? 0.66f : 0.8f);
  track.height = std::min(track.height, widest / track.facts->aspect);
  give_body(role, actor);
  place_by_footing(generator, scene, actor, footing_of(*actor.subject, *scene.place_info, *track.motion));
  if (!role.color.empty()) actor.recolor = color_named(role.color), actor.recolored = true;
  dress(wardrobe, role, actor);
  if (!scene.outline.on.empty()) step_on_treadmill(scene, actor);
  Generator deed = generator.fork("deed");
  if (!role.action.empty()) actor.deed = make_deed(deed, wardrobe, role, actor);
  return actor;
}

void face(Generator& generator, const Role& role, Actor& actor) {
  // A front view has no side to face; mirroring it would only move its lettering and light.
  Direction toward = sign_of(role.direction) != 0 ? role.direction : role.aim;
  bool faces_right = actor.sprite->front ? !actor.sprite->faces_left : sign_of(toward) != 0 ? toward == Direction::kRight : generator.chance(0.5);
  actor.flip = faces_right == actor.sprite->faces_left;
}

void stage_actors(Generator& generator, Scene& scene, const Wardrobe& wardrobe) {
  const auto& roles = scene.outline.roles;
  auto role_of = [&](size_t i) -> const Role& { return roles[std::min(i, roles.size() - 1)]; };
  size_t count = std::max(roles.size(), static_cast<size_t>(scene.outline.count));
  std::vector<Generator> streams;  // of each actor, so that company shifts nothing of the first
  for (size_t i = 0; i < count; ++i) streams.push_back(i == 0 ? generator : generator.fork("actor " + std::to_string(i)));
  for (size_t i = 0; i < count; ++i) scene.actors.push_back(make_actor(streams[i], scene, role_of(i), wardrobe));
  std::vector<Actor*> company = company_of(scene);
  if (scene.outline.count > 1)
    for (Actor* actor : company) actor->track.height = company.front()->track.height;
  shrink_company(scene, company);
  for (size_t i = 0; i < count; ++i) set_cycle(streams[i], *scene.actors[i].subject, scene.actors[i]);
  Generator formation = generator.fork("formation");
  line_up(formation, scene, company);
  set_path(streams[0], scene, *company.front(), reach_of(company));
  follow_lead(company);
  for (size_t i = 1; i < count && scene.outline.relation == "past"; ++i) set_path(streams[i], scene, scene.actors[i], reach_of({&scene.actors[i]}));
  for (size_t i = 0; i < count; ++i) face(streams[i], role_of(i), scene.actors[i]);
  if (scene.outline.relation == "rides") mount(scene);
}

}  // namespace

Scene stage(const Outline& outline, uint64_t seed, const Wardrobe& wardrobe, const RenderOptions& options) {
  check(!outline.roles.empty(), "a scene needs a subject");
  Scene scene;
  scene.outline = outline;
  scene.place_info = &place_named(outline.place);
  scene.seed = seed;
  scene.width = options.width, scene.height = options.height, scene.frames = options.frames, scene.fps = options.fps;
  Generator generator(seed, "staging");
  // Where nothing is drawn only the ground and the light of the place count, which do not depend on its size.
  constexpr int kSmallest = 16;
  int width = options.pictures ? scene.width : kSmallest, height = options.pictures ? scene.height : kSmallest;
  scene.place = make_place(outline.place, outline.time, outline.weather, generator.fork("place").next(), width, height);
  Generator actors = generator.fork("actors"), camera = generator.fork("camera"), moment = generator.fork("moment");
  stage_actors(actors, scene, wardrobe);
  set_calls(scene);
  set_camera(camera, scene);
  std::vector<Actor*> company = company_of(scene);
  if (outline.relation == "rides") company.push_back(&scene.actors.front());
  fit(scene, company);
  for (size_t i = 1; i < scene.actors.size() && outline.relation == "past"; ++i) fit(scene, {&scene.actors[i]});
  set_camera(camera = generator.fork("camera"), scene);  // the speed of the followed subject may have changed
  if (scene.frames == 1) scene.start_s = moment.uniform(0, scene.span_s());
  return scene;
}

}  // namespace mg::world
