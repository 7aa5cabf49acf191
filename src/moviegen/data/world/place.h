// Places: where a scene happens. A place is procedural and animated, draws its own sky by time and weather, and
// says where things can stand. Static layers are drawn once in the constructor; draw() adds what moves.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "moviegen/data/world/canvas.h"

namespace mg::world {

enum class TimeOfDay { kDay, kDawn, kSunset, kNight };
enum class Weather { kClear, kCloudy, kRain, kSnow, kStorm, kFog };
std::string_view name_of(TimeOfDay);
std::string_view name_of(Weather);

enum class Storm { kRain, kSnow, kSand };  // what a storm carries at a place

// What the light of a place does to a subject in it.
struct Light {
  TimeOfDay time = TimeOfDay::kDay;
  Weather weather = Weather::kClear;
  Color tint{1, 1, 1};     // multiplies a subject's linear colour
  Color ambient{0, 0, 0};  // fog/air colour mixed in by `haze`
  float haze = 0;          // 0..1 amount of ambient mixed into a subject
  float shadow = 0.5f;     // darkness of contact shadows
  Storm storm = Storm::kRain;
};

enum class Medium { kGround, kWater, kUnderwater, kAir };  // what a subject at the place stands on or moves in

struct PlaceInfo {
  std::string name;                      // label: "snow field"
  std::vector<std::string> phrases;      // caption forms with preposition: "in the snow", "on a snowy field"
  Medium medium = Medium::kGround;
  bool outdoors = true;                  // time of day and weather apply
  std::vector<TimeOfDay> times;          // allowed times, the most natural first
  std::vector<Weather> weathers;         // allowed weathers, the most natural first
  std::string surface;                   // for footsteps: grass, snow, sand, wood, gravel, water, tile
  std::string ambience;                  // sound class of the place
  bool has_sky = true;                   // flying subjects make sense
};

// All places, in a fixed order.
const std::vector<PlaceInfo>& places();
const PlaceInfo& place_named(std::string_view name);  // throws NotFound listing the names

class Place {
 public:
  virtual ~Place() = default;
  // Fills the whole canvas; t in seconds.
  virtual void draw(Canvas& canvas, double t, const View& view) const = 0;
  // Draws what is in front of a subject standing at pixel row `foot_y` (water over its feet, grass blades); may do nothing.
  virtual void draw_front(Canvas& canvas, double t, const View& view, float foot_y) const;
  // Rows (fraction of the height) between which a subject can stand: far..near. Scale at a row is relative to near.
  virtual float far_ground() const = 0;   // e.g. 0.62
  virtual float near_ground() const = 0;  // e.g. 0.92
  virtual float scale_at(float ground) const;  // perspective scale of a subject standing there, 1 at near_ground
  const Light& light() const { return light_; }

 protected:
  Light light_;
};

// Makes the place for frames of width × height pixels; `seed` varies details (clouds, trees, windows).
std::unique_ptr<Place> make_place(std::string_view name, TimeOfDay time, Weather weather, uint64_t seed, int width,
                                  int height);

// Weather in front of everything (rain, snow, fog wisps, lightning flash); deterministic in (seed, t).
void draw_weather(Canvas& canvas, const Light& light, double t, const View& view, uint64_t seed);
// When lightning strikes in [from, to), where this light has any.
std::vector<double> lightning_times(const Light& light, uint64_t seed, double from, double to);

enum class Particles { kNone, kLeaves, kPetals, kConfetti, kHearts, kBubbles, kEmbers, kFireflies, kDust, kStars, kSplash, kSmoke };
std::string_view name_of(Particles);
// A particle layer over the frame, or around a point (pixels) when radius > 0.
void draw_particles(Canvas& canvas, Particles kind, double t, uint64_t seed, float x = 0, float y = 0, float radius = 0);

}  // namespace mg::world
