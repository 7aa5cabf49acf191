// Low mist, blown powder and dust: soft wisps that pass over the ground.
#pragma once
#include "moviegen/data/world/place_composed.h"

namespace mg::world {

struct DriftLook {
  float top = 0, bottom = 0;  // rows in pixels between which wisps pass
  Depth depth;
  Color color;
  float amount = 0.4f;
  float length = 0.5f, height = 0.06f;  // of a wisp, units
  float speed = 0.15f;                  // units per second; positive to the right
};

class Drift final : public Part {
 public:
  Drift(const Setting& s, const DriftLook& look) : frame_(s.frame), look_(look), seed_(static_cast<float>(s.seed % 16)) {}
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  Frame frame_;
  DriftLook look_;
  float seed_;
};

}  // namespace mg::world
