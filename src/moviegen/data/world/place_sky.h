// Sky: gradient, sun or moon, twinkling stars, drifting clouds.
#pragma once
#include "moviegen/data/world/place_composed.h"

namespace mg::world {

struct SkyOptions {
  float skyline = 0.5f;   // fraction of the height where the land begins
  float clouds = 1;       // 0 none, 1 the usual number
  bool sun = true;
};
void add_sky(ComposedPlace& place, Setting& s, const SkyOptions& options);

// Stars that twinkle, over rows [0, bottom).
class Stars final : public Part {
 public:
  Stars(const Setting& s, float bottom, int count, float brightness);
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  struct Star {
    float x, y, radius, brightness, phase;
    Color color;
  };
  std::vector<Star> stars_;
  float width_;
};

// One fair-weather cloud with its flat base at (x, y).
void paint_cloud(Layer& layer, Setting& s, float x, float y, float width, float distance);

}  // namespace mg::world
