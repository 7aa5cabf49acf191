// Plants and small things painted onto layers, and grass that sways.
#pragma once
#include "moviegen/data/world/place_composed.h"
#include "moviegen/data/world/place_shapes.h"

namespace mg::world {

// (x, base) is the foot of the plant; colours are as seen (already lit).
struct Stand {
  float x, base, height;
};
void paint_pine(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk, const Color* snow = nullptr);
void paint_round_tree(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk);
void paint_bush(Layer& layer, Setting& s, const Stand& at, const Color& leaf);
void paint_palm(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk);
void paint_cactus(Layer& layer, Setting& s, const Stand& at, const Color& green);
void paint_pumpkin(Layer& layer, Setting& s, const Stand& at, const Color& skin, const Color& stem);
void paint_rock(Layer& layer, Setting& s, const Stand& at, const Color& stone, const Color* snow = nullptr);
void paint_flower(Layer& layer, float x, float y, float r, const Color& petal, const Color& heart);

// A mountain: a lit and a shaded face, snow above `snow_row`.
struct Peak {
  float x, top, base, half_width, snow_row;
};
void paint_peak(Layer& layer, Setting& s, const Peak& peak, const Color& rock, const Color& snow);

// Rolling skyline: a smooth periodic profile; returns about −1..1.
class Profile {
 public:
  Profile(Setting& s, float period, float longest, int octaves);
  float at(float x) const;

 private:
  struct Wave {
    float frequency, phase, amplitude;
  };
  std::vector<Wave> waves_;
};

// Blades of grass (or reeds, or kelp) that bend in the wind.
class Blades final : public Part {
 public:
  struct Blade {
    float x, base, height, width, lean, phase, k;
    Color color;
  };
  Blades(const Setting& s, float sway, float speed) : frame_(s.frame), sway_(sway), speed_(speed) {}
  void add_blade(const Blade& blade) { blades_.push_back(blade); }
  // A tuft of blades at a foot point.
  void add_tuft(Setting& s, const Stand& at, float k, const Color& color);
  float period() const { return 1.25f * frame_.width + 2 * frame_.unit(); }
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  Frame frame_;
  float sway_, speed_;
  std::vector<Blade> blades_;
};

// A low fringe across the frame in front of a subject's feet: grass or loose snow it stands in.
class Fringe final : public Part {
 public:
  Fringe(const Setting& s, const Color& color, float height, bool spiky);
  void draw(Canvas&, double, const View&) const override {}
  void draw_front(Canvas& canvas, double t, const View& view, float foot_y) const override;

 private:
  Color color_;
  float height_, far_row_, near_row_;
  bool spiky_;
};

}  // namespace mg::world
