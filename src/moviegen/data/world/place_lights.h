// Light in the air: slanting beams, swinging spotlights, and small things that move.
#pragma once
#include "moviegen/data/world/place_composed.h"
#include "moviegen/data/world/place_shapes.h"

namespace mg::world {

// Slanted beams of light that slowly come and go.
class Beams final : public Part {
 public:
  Beams(Setting& s, const Color& color, float amount);
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  struct Beam {
    float x, half, phase, speed;
  };
  Color color_;
  float amount_;
  std::vector<Beam> beams_;
};

// Cones of coloured light from above that wander over the floor.
class Spotlights final : public Part {
 public:
  Spotlights(Setting& s, float floor_row, const std::vector<Color>& colors);
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  struct Spot {
    float x, target, swing, phase, speed;
    Color color;
  };
  float floor_row_;
  std::vector<Spot> spots_;
};

// Something hanging that swings: a clock's pendulum, gymnastic rings.
struct PendulumLook {
  float x, y, length;         // pixels
  float k = 0.6f;
  float swing = 0.2f;         // radians
  float period_s = 2;
  float bob = 2, line = 0.6f; // radii, pixels
  bool ring = false;
  Color color{0.2f, 0.2f, 0.2f};
};
class Pendulum final : public Part {
 public:
  explicit Pendulum(const PendulumLook& look) : look_(look) {}
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  PendulumLook look_;
};

// Air bubbles on their way up.
class Bubbles final : public Part {
 public:
  Bubbles(Setting& s, int count);
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  struct Bubble {
    float x, y, radius, speed, phase;
  };
  std::vector<Bubble> bubbles_;
};

}  // namespace mg::world
