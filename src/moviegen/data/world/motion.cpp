#include "moviegen/data/world/motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "moviegen/core/error.h"
#include "moviegen/data/world/named_enum.h"

namespace mg::world {
namespace {

constexpr double kTau = 2 * std::numbers::pi;
constexpr float kAirborne = 0.72f;   // share of a hop's period spent in the air
constexpr float kGravity = 1.9f;     // units per s²: slow enough to read at 16 frames per second
constexpr float kDrawnHop = 0.09f;   // a loop whose feet rise by more than this share of the height hops by itself

const std::array<const char*, 7> kDirections = {"none", "left", "right", "up", "down", "closer", "away"};
const std::array<const char*, 3> kSpeeds = {"slow", "normal", "fast"};

float wave(double turns) { return static_cast<float>(std::sin(kTau * turns)); }
double fraction(double x) { return x - std::floor(x); }
float arc(double u) { return static_cast<float>(4 * u * (1 - u)); }  // parabola 0 → 1 → 0

// Distance covered after t seconds by something that advances only while in the air: by its own drawn hop if it has one.
float hopped(const Track& track, double t) {
  const SpriteFacts& facts = *track.facts;
  if (facts.own_lift > kDrawnHop && facts.loop_s > 0) {
    auto along = [&](double clip_s) {
      double loops = clip_s / facts.loop_s, turn = std::floor(loops), frame = (loops - turn) * facts.frames.size();
      size_t i = std::min<size_t>(static_cast<size_t>(frame), facts.frames.size() - 1);
      double part = facts.advance[i] + (facts.advance[i + 1] - facts.advance[i]) * (frame - i);
      return (turn + part) * facts.loop_s;
    };
    double start = track.clip_offset_s, end = start + t * track.clip_rate;
    return static_cast<float>(track.velocity * (along(end) - along(start)) / track.clip_rate);
  }
  auto along = [&](double cycles) { return std::floor(cycles) + std::min(1.0, fraction(cycles) / kAirborne); };
  double start = track.phase, end = start + t / track.period_s;
  return static_cast<float>(track.velocity * track.period_s * (along(end) - along(start)));
}

// Squashed at the ground, stretched in the air. `u` is the share of the flight, outside 0..1 on the ground.
float hop_squash(double u, float amount) {
  if (u < 0 || u > 1) return 1 - amount;
  double near_ground = std::min(u, 1 - u);
  return near_ground < 0.12 ? 1 - amount * static_cast<float>(1 - near_ground / 0.12) : 1 + 0.25f * amount;
}

// Legs that are not drawn: bob and lean per step.
void step(const Track& track, double t, float bob, float tilt, float lean, Pose& pose) {
  double turns = track.phase + t / track.period_s;
  float share = track.facts->is_still() ? 1.0f : 0.35f;
  pose.lift = track.height * bob * share * std::abs(wave(turns));
  pose.rotation = share * (tilt * wave(turns) + lean * sign_of(track.direction));
}

void jump(const Track& track, double t, float squash, Pose& pose) {
  double u = fraction(track.phase + t / track.period_s) / kAirborne;
  pose.lift = u < 1 ? track.amplitude * arc(u) : 0;
  pose.squash = hop_squash(u, squash);
}

void bounce(const Track& track, double t, Pose& pose) {
  double u = fraction(track.phase + t / track.period_s);
  pose.lift = track.amplitude * arc(u);
  double near_ground = std::min(u, 1 - u);
  pose.squash = near_ground < 0.1 ? 1 - 0.22f * static_cast<float>(1 - near_ground / 0.1) : 1.0f;
}

// Falls from rest, then bounces twice, each bounce a quarter as high.
void fall(const Track& track, double t, Pose& pose) {
  float drop = track.ground_y - track.y;
  double fall_s = std::sqrt(2 * drop / kGravity), since = t - fall_s;
  if (since < 0) {
    pose.lift = drop - 0.5f * kGravity * static_cast<float>(t * t);
    pose.rotation = track.amplitude * static_cast<float>(1 - t / fall_s);
    return;
  }
  double hop_s = fall_s;  // first bounce: half the fall's speed, so the whole hop takes as long as the fall
  float height = drop / 4;
  for (int hop = 0; hop < 2 && since >= hop_s; ++hop) since -= hop_s, hop_s /= 2, height /= 4;
  double u = since / hop_s;
  if (u < 1 && height > drop / 65) pose.lift = height * arc(u);
  if (since < 0.09) pose.squash = 0.82f + 2.0f * static_cast<float>(since);
}

// Turns on the spot; a box that turns stands on its lowest corner, a ball hardly rises.
void spin(const Track& track, double t, Pose& pose) {
  pose.rotation = static_cast<float>(kTau * (track.phase + t / track.period_s)) * (track.direction == Direction::kLeft ? -1 : 1);
  float half_w = track.height * track.facts->aspect / 2, half_h = track.height / 2;
  float reach = std::hypot(half_w * std::sin(pose.rotation), half_h * std::cos(pose.rotation));
  pose.lift = std::max(0.0f, reach - half_h);
}

void depth(const Track& track, double t, Pose& pose) {
  float u = static_cast<float>(std::clamp(t / track.duration_s, 0.0, 1.0));
  // Even speed through depth means 1/scale is linear in time.
  float scale = 1 / (1 + u * (1 / track.end_scale - 1));
  float along = track.end_scale == 1 ? u : (scale - 1) / (track.end_scale - 1);
  pose.height *= scale;
  pose.y += (track.end_y - track.y) * along;
  if (track.amplitude > 0) {
    pose.lift = track.amplitude * scale * std::abs(wave(track.phase + t / track.period_s));
    pose.rotation = track.facts->is_still() ? 0.05f * wave(track.phase + t / track.period_s) : 0;
  }
}

void in_air(const Track& track, double t, float tilt, Pose& pose) {
  double turns = track.phase + t / track.period_s;
  pose.y += track.amplitude * wave(turns);
  pose.rotation = tilt * wave(turns + 0.2);
}

// Goes where its carrier goes, and leans with it.
void ride(const Track& track, double t, Pose& pose) {
  Pose below = pose_at(*track.carrier, t);
  pose.x = below.x + track.x * below.height, pose.y = below.y + track.y * below.height;
  pose.rotation += below.rotation;
  pose.lift = below.lift;
}

// The body at a call: quickly up, slower back.
void pulse(const Track& track, double t, Pose& pose) {
  constexpr float kTaller = 0.12f, kLarger = 0.05f;  // ours: seen at 16 frames a second and 64 pixels
  for (double call : track.calls) {
    double u = (t - call) / kPulse_s;
    if (u <= 0 || u >= 1) continue;
    float swell = static_cast<float>(std::sin(std::numbers::pi * std::sqrt(u)));
    pose.squash *= 1 + kTaller * swell, pose.height *= 1 + kLarger * swell;
  }
}

}  // namespace

std::string_view name_of(Direction direction) { return kDirections[static_cast<size_t>(direction)]; }
std::string_view name_of(Speed speed) { return kSpeeds[static_cast<size_t>(speed)]; }
Direction direction_named(std::string_view name) { return named_enum(name, Direction::kAway, "direction"); }
Speed speed_named(std::string_view name) { return named_enum(name, Speed::kFast, "speed"); }
float sign_of(Direction direction) {
  return direction == Direction::kLeft ? -1.0f : direction == Direction::kRight ? 1.0f : 0.0f;
}

size_t SpriteFacts::frame_at(double time_s) const {
  if (is_still() || loop_s <= 0) return 0;
  double u = loops ? fraction(time_s / loop_s) : std::clamp(time_s / loop_s, 0.0, 1.0);
  return std::min(frames.size() - 1, static_cast<size_t>(u * frames.size()));
}

SpriteFacts measure(const Sprite& sprite) {
  SpriteFacts facts;
  check(!sprite.mips.empty() && !sprite.mips[0].empty(), "sprite {} has no frames", sprite.id);
  size_t level = 0;
  while (level + 1 < sprite.mips.size() && sprite.mips[level][0].height > 48) ++level;
  facts.aspect = static_cast<float>(sprite.mips[0][0].width) / static_cast<float>(sprite.mips[0][0].height);
  facts.loop_s = sprite.duration_s();
  facts.loops = sprite.loops;
  for (const SpriteFrame& frame : sprite.mips[level]) {
    int left = frame.width, right = 0, top = frame.height, bottom = 0;
    for (int y = 0; y < frame.height; ++y)
      for (int x = 0; x < frame.width; ++x)
        if (frame.rgba[(static_cast<size_t>(y) * frame.width + x) * 4 + 3] > 16384)
          left = std::min(left, x), right = std::max(right, x + 1), top = std::min(top, y), bottom = std::max(bottom, y + 1);
    auto share = [](int a, int b) { return static_cast<float>(a) / static_cast<float>(b); };
    facts.frames.push_back(right > left ? AlphaBox{share(left, frame.width), share(top, frame.height), share(right, frame.width),
                                                   share(bottom, frame.height)}
                                        : AlphaBox{});
  }
  float lowest = 0, highest = 1;
  for (const auto& box : facts.frames) lowest = std::max(lowest, box.bottom), highest = std::min(highest, box.bottom);
  facts.own_lift = lowest - highest;
  facts.advance.assign(1, 0.0f);
  for (const auto& box : facts.frames)
    facts.advance.push_back(facts.advance.back() + (lowest - box.bottom > 0.3f * facts.own_lift ? 1.0f : 0.08f));
  for (float& value : facts.advance) value /= facts.advance.back();
  return facts;
}

Pose pose_at(const Track& track, double t) {
  Pose pose{.x = track.x, .y = track.y, .height = track.height};
  pose.clip_s = track.clip_offset_s + t * track.clip_rate;
  float moved = sign_of(track.direction) * track.velocity * static_cast<float>(t);
  switch (track.motion->gait) {
    case Gait::kStand:
    case Gait::kSit:
    case Gait::kLie:
    case Gait::kDance:
      if (track.facts->is_still()) pose.squash = 1 + 0.012f * wave(track.phase + t / track.period_s);
      break;
    case Gait::kWalk: step(track, t, 0.035f, 0.05f, 0, pose); break;
    case Gait::kRun: step(track, t, 0.09f, 0.085f, 0.06f, pose); break;
    case Gait::kHop:
      moved = sign_of(track.direction) * hopped(track, t);
      if (track.facts->own_lift <= kDrawnHop) jump(track, t, 0.12f, pose);
      break;
    case Gait::kJump: jump(track, t, 0.16f, pose); break;
    case Gait::kFly: in_air(track, t, track.facts->is_still() ? 0.10f : 0.05f, pose); break;
    case Gait::kSwim: in_air(track, t, 0.05f, pose); break;
    case Gait::kDrive: pose.lift = 0.006f * track.height * std::abs(wave(track.phase + t / track.period_s)); break;
    case Gait::kFloat: in_air(track, t, 0.06f, pose), moved = 0; break;
    case Gait::kDrift: in_air(track, t, 0.06f, pose); break;
    case Gait::kSlide: break;
    case Gait::kRoll: pose.rotation = moved / (track.height / 2); break;
    case Gait::kBounce: bounce(track, t, pose); break;
    case Gait::kSpin: spin(track, t, pose), moved = 0; break;
    case Gait::kFall: pose.y = track.ground_y, fall(track, t, pose); break;
    case Gait::kRise: in_air(track, t, 0.03f, pose), pose.y -= track.velocity * static_cast<float>(t); break;
    case Gait::kApproach:
    case Gait::kRecede: depth(track, t, pose); break;
  }
  if (!track.on_belt) pose.x += moved;
  pose.y -= pose.lift;
  if (track.carrier) ride(track, t, pose);
  pulse(track, t, pose);
  return pose;
}

std::vector<double> contacts(const Track& track, double duration_s) {
  std::vector<double> times;
  // Every t with phase + t / period = first + k · turn.
  auto every = [&](double first, double turn) {
    for (double k = std::ceil((track.phase - first) / turn);; ++k) {
      double t = (first + k * turn - track.phase) * track.period_s;
      if (t >= duration_s) break;
      times.push_back(t);
    }
  };
  switch (track.motion->gait) {
    case Gait::kWalk:
    case Gait::kRun: every(0, 0.5); break;
    case Gait::kHop:
      if (track.facts->own_lift > kDrawnHop) {  // drawn hop: where the lowest row comes back to the ground
        const auto& frames = track.facts->frames;
        float lowest = 0;
        for (const auto& box : frames) lowest = std::max(lowest, box.bottom);
        bool was_up = false;
        for (double t = 0; t < duration_s; t += 1.0 / 60) {
          double clip_s = track.clip_offset_s + t * track.clip_rate;
          bool up = lowest - frames[track.facts->frame_at(clip_s)].bottom > 0.3f * track.facts->own_lift;
          if (was_up && !up) times.push_back(t);
          was_up = up;
        }
      } else {
        every(kAirborne, 1);
      }
      break;
    case Gait::kJump: every(kAirborne, 1); break;
    case Gait::kBounce: every(0, 1); break;
    case Gait::kFall: {
      double fall_s = std::sqrt(2 * (track.ground_y - track.y) / kGravity);
      for (double t : {fall_s, 2 * fall_s, 2.5 * fall_s})
        if (t < duration_s) times.push_back(t);
      break;
    }
    case Gait::kApproach:
    case Gait::kRecede:
      if (track.amplitude > 0) every(0, 0.5);
      break;
    default: break;
  }
  return times;
}

}  // namespace mg::world
