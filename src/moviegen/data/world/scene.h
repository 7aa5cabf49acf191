// A scene in two steps. The outline says in words what is seen (this is what captions, labels and the held-out list
// speak about); staging turns it into numbers: sizes, paths, camera, light.
//
//   Outline outline = draw_outline(generator, assets, options);     // or outline_from_json(scene, …)
//   Scene scene = stage(outline, seed, assets, options);
//   Clip clip = shoot(scene);                                        // stage.h
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/world/filters.h"
#include "moviegen/data/world/motion.h"
#include "moviegen/data/world/place.h"
#include "moviegen/data/world/sprite.h"
#include "moviegen/data/world/world.h"

namespace mg::world {

enum class CameraMove { kStatic, kPanLeft, kPanRight, kZoomIn, kZoomOut, kTracking, kTiltUp, kTiltDown, kHandheld };
std::string_view name_of(CameraMove);
CameraMove camera_named(std::string_view name);  // throws NotFound

// One subject, in words.
struct Role {
  std::string subject, look;  // look: a sprite id of the subject
  std::string motion;
  Direction direction = Direction::kNone;
  Speed speed = Speed::kNormal;
  std::string color{};             // "" = its own colours
  std::vector<std::string> wears{};  // accessory names, may start with a colour: "pink sunglasses"
  std::string holds{};
  std::string action{}, thing{};   // "eats", "donut" (actions.h)
  Direction aim = Direction::kNone;  // where a thing is thrown or kicked
  bool puppet = false;             // a head on a body that walks on two legs (limbs.h)
};

struct Outline {
  std::string place;
  TimeOfDay time = TimeOfDay::kDay;
  Weather weather = Weather::kClear;
  CameraMove camera = CameraMove::kStatic;
  bool plain = false;
  std::vector<Role> roles;  // the first is what the clip is about
  // Of the others to the first: "next to", "behind", "in front of", "chases"; of the first to the other: "past", "rides".
  std::string relation;
  Filter filter = Filter::kNone;
  int count = 1;            // a group of the same subject when > 1
  std::string on;           // "treadmill": walks or runs on its belt and stays where it is
  Particles particles = Particles::kNone;
};

// A picture that is worn or held (props.h).
struct Prop {
  std::shared_ptr<const Sprite> sprite;
  Anchor centre{};  // within the wearer's box
  float size = 0;   // height as a share of the wearer's
  Color recolor{1, 1, 1};
  bool recolored = false;
};

// What an actor does with a thing (actions.h).
enum class Action { kNone, kEat, kThrow, kKick, kJuggle };
struct Deed {
  Action action = Action::kNone;
  const Subject* thing = nullptr;
  std::shared_ptr<const Sprite> sprite{};
  float size = 0;      // of the thing, as a share of the actor's height
  Anchor from{};       // where it starts, within the actor's box
  double start_s = 0;  // of the first bite, the throw, the kick
  float way = 0;       // 1 to the right, −1 to the left
};

// The body that is drawn below a head (limbs.h).
struct Puppet {
  bool is_one = false;
  Color shirt{1, 1, 1}, trousers{1, 1, 1}, boots{1, 1, 1};
};

// One subject, in numbers.
struct Actor {
  const Subject* subject = nullptr;
  std::shared_ptr<const Sprite> sprite;
  Track track;
  bool flip = false;
  bool on_water = false;   // seen from the water line upwards
  float sunk = 0;          // share of the height below the water line
  bool in_air = false;
  float parallax = 1;      // of its distance: 1 at the near ground
  Color recolor{1, 1, 1};
  bool recolored = false;
  std::vector<Prop> props;
  std::vector<Garment> garments;
  float legs = 0;           // length of legs that are drawn below it, as a share of its height
  bool whirls_fire = false;
  Deed deed{};
  Puppet puppet{};
};

struct Camera {
  CameraMove move = CameraMove::kStatic;
  float pan_speed = 0;              // units per second, positive to the right
  float tilt_speed = 0;             // units per second, positive down; a tilt is level in the middle of the clip
  float shake = 0;                  // units, of a camera in the hand
  double shake_phase = 0;
  float zoom_from = 1, zoom_to = 1;
  double duration_s = 2;
  View at(double t) const;
};

struct Scene {
  Outline outline;
  const PlaceInfo* place_info = nullptr;
  std::unique_ptr<Place> place;
  std::vector<Actor> actors;  // in the order of the roles; a group's are all of the one role
  Camera camera;
  uint64_t seed = 0;
  int width = 128, height = 128, frames = 32;
  double fps = 16;
  double start_s = 0;  // time of the first frame; a still shows a moment of the same scene
  float unit() const { return static_cast<float>(std::min(width, height)); }
  float frame_width() const { return static_cast<float>(width) / unit(); }    // units
  float frame_height() const { return static_cast<float>(height) / unit(); }  // units
  double duration_s() const { return frames / fps; }
  // The seconds the staging plans for: a still is a moment of two.
  double span_s() const { return frames == 1 ? 2.0 : duration_s(); }
};

// Sprites and their measurements, shared by all scenes; thread-safe.
class Wardrobe {
 public:
  virtual ~Wardrobe() = default;
  virtual const Assets& assets() const = 0;
  virtual std::shared_ptr<const Sprite> sprite(const std::string& id) const = 0;
  virtual std::shared_ptr<const SpriteFacts> facts(const Sprite& sprite) const = 0;
};

// Draws what the options allow; throws NotFound for unknown names and UsageError when they leave nothing to draw.
Outline draw_outline(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options);
// Missing fields are drawn. Names are checked.
Outline outline_from_json(const nlohmann::json& scene, Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options);

Scene stage(const Outline& outline, uint64_t seed, const Wardrobe& wardrobe, const RenderOptions& options);

// A subject's rectangle on the screen, in pixels; its opaque part at that moment.
struct ScreenBox {
  float left = 0, top = 0, right = 0, bottom = 0;
  float width() const { return right - left; }
  float height() const { return bottom - top; }
};
ScreenBox screen_box(const Scene& scene, const Actor& actor, double t);

// Named colours of captions, linear light.
struct NamedColor {
  std::string_view name;
  Color color;
};
const std::vector<NamedColor>& named_colors();
const Color& color_named(std::string_view name);  // throws NotFound

// Labels of the whole scene (docs/world.md).
nlohmann::json labels_of(const Scene& scene);

}  // namespace mg::world
