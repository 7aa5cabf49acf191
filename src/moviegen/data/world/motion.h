// Motions: what a subject can do, and where it is at every moment while it does it. Lengths are units (1 = the short
// side of the frame), times seconds; x grows to the right, y downwards, both in the frame of the camera at rest.
//
//   Track track{.motion = &motion_named("run"), .direction = Direction::kLeft, .x = 0.8f, .velocity = 0.3f, …};
//   Pose pose = pose_at(track, 1.25);
//
// Easy to get wrong: direction is movement relative to the background, whatever the camera does.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "moviegen/data/world/place.h"
#include "moviegen/data/world/sprite.h"

namespace mg::world {

enum class Direction { kNone, kLeft, kRight, kUp, kDown, kCloser, kAway };
enum class Speed { kSlow, kNormal, kFast };
std::string_view name_of(Direction);
std::string_view name_of(Speed);
Direction direction_named(std::string_view name);  // throws NotFound
Speed speed_named(std::string_view name);          // throws NotFound
// −1 to the left, +1 to the right, else 0.
float sign_of(Direction direction);

enum class Gait {
  kStand, kSit, kLie, kDance, kWalk, kRun, kHop, kJump, kFly, kSwim, kDrive, kSlide, kFloat, kDrift, kRoll, kBounce, kSpin, kFall, kRise,
  kApproach, kRecede
};

struct Verb {
  std::string third, ing;  // "runs", "running"
};

struct Motion {
  std::string name;         // label and filter: "run"
  Gait gait;
  std::vector<Verb> verbs;  // for anybody; a subject's own verbs come on top
  bool sideways = false;    // moves left or right
  bool in_place = true;     // may also stay where it is (bounce); sideways motions that may not always have a direction
  Direction direction = Direction::kNone;  // of motions that are not sideways
  float walk_speed = 0, track_speed = 0;   // units per second at normal speed: static camera, tracking camera
};

const std::vector<Motion>& motions();
const Motion& motion_named(std::string_view name);  // throws NotFound listing the names
// What this subject can do at this place; empty if it does not belong there.
std::vector<const Motion*> motions_for(const Subject& subject, const PlaceInfo& place);
// How one says that this subject does this, its own words first: a penguin "waddles".
std::vector<Verb> verbs_for(const Subject& subject, const Motion& motion);
// Third person → infinitive: "runs" → "run", "goes up" → "go up".
std::string infinitive(const std::string& third);
// Third person → participle: "runs" → "running", "moves about" → "moving about".
std::string participle(const std::string& third);

struct AlphaBox {
  float left = 0, top = 0, right = 1, bottom = 1;  // 0..1 within the sprite's box
};

// What is measured once from a sprite's frames.
struct SpriteFacts {
  float aspect = 1;              // width / height of the sprite's box
  std::vector<AlphaBox> frames;  // opaque part of each frame
  float own_lift = 0;            // how far the lowest opaque row rises during the loop, in heights: a drawn hop
  std::vector<float> advance;    // frames + 1 values 0..1: share of a loop's way covered when moving only in the air
  double loop_s = 0;
  bool loops = true;
  bool is_still() const { return frames.size() < 2; }
  size_t frame_at(double time_s) const;
};
SpriteFacts measure(const Sprite& sprite);

// The numbers of one subject's motion.
struct Track {
  const Motion* motion = nullptr;
  Direction direction = Direction::kNone;
  Speed speed = Speed::kNormal;
  std::shared_ptr<const SpriteFacts> facts;
  float x = 0, y = 0;        // bottom centre at time 0
  float height = 0.5f;       // drawn height at time 0
  float velocity = 0;        // units per second along the direction
  float end_y = 0, end_scale = 1;  // closer and away: foot row and scale at the end
  float ground_y = 0;        // where a falling subject lands; a rising one starts
  float amplitude = 0;       // bounce and jump height, air waves, units
  double phase = 0;          // 0..1 of a cycle at time 0
  double period_s = 1;       // of a stride, hop, bounce, turn, bob
  double duration_s = 2;     // closer and away take this long
  double clip_rate = 1;      // playback rate of the sprite's own frames
  double clip_offset_s = 0;
  bool on_belt = false;      // of a treadmill, which goes the other way: it stays where it is
  const Track* carrier = nullptr;  // what it rides, of the same scene: then x and y are its seat's offset in the carrier's heights
  std::vector<double> calls;  // moments when the subject gives sound: its body swells for kPulse_s
};
inline constexpr double kPulse_s = 0.25;

struct Pose {
  float x = 0, y = 0;      // bottom centre; y includes the lift
  float height = 0.5f;
  float rotation = 0;      // radians
  float squash = 1;
  float lift = 0;          // how far above its ground or water line
  double clip_s = 0;       // time in the sprite's own loop
};

Pose pose_at(const Track& track, double t);

// Moments in [0, duration) when something touches the ground: footsteps, landings, bounces.
std::vector<double> contacts(const Track& track, double duration_s);

}  // namespace mg::world
