// Moving water. A Sea recedes to its skyline with wave glints; a Pool shows its floor under a net of caustic light.
// Both can lie over the lower part of a subject in them.
#pragma once
#include "moviegen/data/world/place_composed.h"

namespace mg::world {

struct SeaLook {
  float top = 0, bottom = 0;      // rows in pixels
  Depth depth;
  Color far, near, light, dark;   // body colours, glints, troughs
  float roughness = 0.5f;         // strength of glints
  float size = 0.3f;              // of the waves near the camera, units
  float speed = 1;
  float glitter_x = 0;            // column under the sun or moon, pixels
  Color glitter{1, 1, 1};
  float glitter_amount = 0;
  float over_subject = 0;         // opacity in front of a subject; 0 = subjects do not stand in it
};

class Sea final : public Part {
 public:
  Sea(const Setting& s, const SeaLook& look) : frame_(s.frame), look_(look), seed_(static_cast<float>(s.seed % 16)) {}
  void draw(Canvas& canvas, double t, const View& view) const override;
  void draw_front(Canvas& canvas, double t, const View& view, float foot_y) const override;

 private:
  void draw_row(Canvas& canvas, double t, const View& view, int y, float alpha) const;
  Frame frame_;
  SeaLook look_;
  float seed_;
};

struct PoolLook {
  float top = 0;                // row of the far edge, pixels
  Depth depth;
  Color far, near, line, light; // water, lane marks on the floor, caustics
  float caustics = 0.5f;
  float lane = 0.62f;           // distance of lane marks, units near the camera; 0 = none
  float over_subject = 0.6f;
};

class Pool final : public Part {
 public:
  Pool(const Setting& s, const PoolLook& look) : frame_(s.frame), look_(look), seed_(static_cast<float>(s.seed % 16)) {}
  void draw(Canvas& canvas, double t, const View& view) const override;
  void draw_front(Canvas& canvas, double t, const View& view, float foot_y) const override;

 private:
  void draw_row(Canvas& canvas, double t, const View& view, int y, float alpha) const;
  Frame frame_;
  PoolLook look_;
  float seed_;
};

// The wet edge of a beach: a sheet of water with foam that runs up the sand and back.
class Surf final : public Part {
 public:
  Surf(const Setting& s, float row, const Depth& depth, const Color& water, const Color& foam, const Color& wet_sand);
  void draw(Canvas& canvas, double t, const View& view) const override;

 private:
  Frame frame_;
  float row_;
  Depth depth_;
  Color water_, foam_, wet_sand_;
  float seed_;
};

}  // namespace mg::world
