// Building blocks of towns: façades with windows, roads with lane marks, lamps.
#pragma once
#include "moviegen/data/world/place_plants.h"

namespace mg::world {

// A flat front with a grid of windows.
struct Facade {
  float x0, x1, top, base;   // pixels
  Color wall;                // as seen
  Color glass, lit_glass;    // dark and lit windows, as seen
  float lit_share = 0;       // share of windows with light on
  float cell_w, cell_h;      // pixels per window
  float window_w = 0.5f, window_h = 0.55f;  // share of the cell
  float shop = 0;            // height of a ground floor without this grid, pixels
};
void paint_facade(Layer& layer, Setting& s, const Facade& facade);

// A skyline of plain blocks, for the distance.
struct SkylineLook {
  float k = 0.1f, base = 0.6f;
  float low = 0.1f, high = 0.3f;     // heights, units
  float width_low = 0.08f, width_high = 0.16f;
  float distance = 0.5f;
  uint32_t walls[3] = {0x8fa3bd, 0x9fb0c6, 0x8496b4};
  float lit_share = 0.3f;
};
Layer& add_skyline(ComposedPlace& place, Setting& s, const SkylineLook& look);

struct RoadLook {
  float pavement = 0.69f, kerb = 0.75f;  // fractions of the height
  float dashes = 0.885f;
  uint32_t asphalt = 0x5d6068, slabs = 0xc9c2b8, mark = 0xfff2b0;
};
void add_road(ComposedPlace& place, Setting& s, const RoadLook& look);

void paint_street_lamp(Layer& layer, Setting& s, const Stand& at);

}  // namespace mg::world
