// Sprites: the pictures subjects are made of, from the packed asset archive. A sprite holds its frames as
// premultiplied linear-light RGBA in a mip chain, cropped to the union of its frames' alpha boxes.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "moviegen/data/world/canvas.h"

namespace mg::world {

struct SpriteFrame {
  int width = 0, height = 0;
  std::vector<uint16_t> rgba;  // premultiplied, linear light, 65535 = 1 (16 bits keep a pack of loops small in memory)
};

struct Anchor {
  float x = 0, y = 0;  // 0..1 within the sprite's box
  bool known = false;
};

// One look of a subject: a still (1 frame) or a loop.
struct Sprite {
  std::string id;                    // "anim/1f98a", "3d/1f98a", "stamp/animals/fox"
  std::string style;                 // "3d cartoon", "photo", "noto", "drawing"
  std::string pose;                  // "stand", "walk", "run", "sit", "lie", "hang", "ride", …; empty = as the subject is by nature
  double frames_per_second = 16;
  bool faces_left = true;            // side views face left in every emoji set
  bool front = false;                // seen from the front (or round): it has no side to face
  bool head_only = false;
  bool loops = true;
  bool tintable = false;
  std::vector<std::vector<SpriteFrame>> mips;  // mips[level][frame]; level 0 is the largest
  float mean_luminance = 0.5f;       // of the first frame; what recolouring keeps light and dark relative to
  Anchor eyes, head_top, hand, foot;
  double duration_s() const { return mips.empty() ? 0 : mips[0].size() / frames_per_second; }
};

// How a subject moves by nature; decides which motions make sense.
enum class Locomotion { kWalk, kHop, kFly, kSwim, kFloat, kDrive, kSail, kStill, kRoll };

struct Subject {
  std::string name;                   // "fox"
  std::vector<std::string> synonyms;  // "red fox"
  std::vector<std::string> looks;     // sprite ids
  std::string group;                  // animal, person, vehicle, food, toy, thing; prop: worn, held or stood on
  Locomotion locomotion = Locomotion::kWalk;
  float size = 0.5f;                  // natural height in units when standing near
  std::string verb_walk, verb_run;    // "walks", "runs"; "drives", "speeds"
  std::string sound;                  // sound class of data-assets
  bool tintable = false;
};

// The packed assets (read-only, thread-safe after opening). Sprites load on first use.
class Assets {
 public:
  // Opens the pack folder (made by `moviegen world fetch`) or the sample pack; throws NotFound with the command to run.
  static std::shared_ptr<Assets> open(const std::string& folder);
  virtual ~Assets() = default;
  virtual const std::vector<Subject>& subjects() const = 0;
  virtual const Subject& subject(std::string_view name) const = 0;        // throws NotFound
  virtual std::shared_ptr<const Sprite> sprite(const std::string& id) const = 0;  // throws NotFound
  virtual bool has_sprite(const std::string& id) const = 0;
  // What is known of a look without decoding it: id, style, pose, flags, anchors; no mips. Throws NotFound.
  virtual const Sprite& look(const std::string& id) const = 0;
};

// A part of a picture, between two rows (0..1 of its box), in another colour.
struct Garment {
  Color color{1, 1, 1};
  float top = 0, bottom = 1;
};

struct SpriteDraw {
  float x = 0, y = 0;       // pixel position of the sprite's bottom centre
  float height_px = 0;      // drawn height
  float rotation = 0;       // radians clockwise, about the box centre
  float squash = 1;         // vertical scale, for hop and bounce
  bool flip = false;        // mirrored
  double time_s = 0;        // which frame
  float opacity = 1;
  const Color* recolor = nullptr;   // tint to this colour, keeping light and dark
  Color light{1, 1, 1};     // multiplies
  Color haze_color{0, 0, 0};
  float haze = 0;
  const std::vector<Garment>* garments = nullptr;
  float clip_below = 1e9f;  // rows below this are not drawn (standing in water)
};

// Draws a sprite with bilinear mip filtering.
void draw_sprite(Canvas& canvas, const Sprite& sprite, const SpriteDraw& draw);
// Blurred dark ellipse under a standing subject.
void draw_shadow(Canvas& canvas, float x, float y, float width_px, float height_px, float darkness);

}  // namespace mg::world
