// Ground and ridges: what most outdoor places stand on.
#pragma once
#include "moviegen/data/world/place_plants.h"

namespace mg::world {

// Ground that comes towards the camera from `skyline` (fraction of the height): far and near colour at noon, and
// patches of a third in soft perspective spots.
struct GroundLook {
  float skyline = 0.55f;
  uint32_t far = 0, near = 0, patch = 0;
  float patches = 0.5f;      // strength
  float waviness = 0.012f;   // of the skyline, units
  float patch_size = 0.22f;  // units, near the camera
};
Layer& add_ground(ComposedPlace& place, Setting& s, const GroundLook& look);
// The parallax of such a ground.
Depth ground_depth(const Setting& s, float skyline);

// A rolling ridge across the frame.
struct RidgeLook {
  float row = 0.5f;        // mean skyline, fraction of the height
  float swing = 0.05f;     // units
  float longest = 0.9f;    // units, of its waves
  uint32_t top = 0, foot = 0;
  float k = 0.1f;          // parallax
  float distance = 0.7f;   // for the haze
};
Layer& add_ridge(ComposedPlace& place, Setting& s, const RidgeLook& look);

// Ground of snow: soft drifts whose sides away from the light are blue.
Layer& add_snow_ground(ComposedPlace& place, Setting& s, float skyline);

// Peaks side by side around a layer, like `typical` (its x does not matter), `apart` units from each other.
struct RangeLook {
  float k = 0.1f, apart = 0.4f;
  Peak typical;
  Color rock, snow;  // as seen
};
Layer& add_peaks(ComposedPlace& place, Setting& s, const RangeLook& look);

// `count` positions spread around a ring of `period` pixels with some irregularity.
std::vector<float> spread(Setting& s, float period, int count);
// How many things `apart` units from each other fit around the layer.
int count_around(const Setting& s, const Layer& layer, float apart);

}  // namespace mg::world
