// The air over a place: the colours of its sky, what its light makes of the colours of the land, and how much haze
// lies between. Places name their colours as they are at noon; Air turns them into any time and weather.
#pragma once
#include "moviegen/core/random.h"
#include "moviegen/data/world/place.h"

namespace mg::world {

struct Air {
  TimeOfDay time = TimeOfDay::kDay;
  Weather weather = Weather::kClear;
  Color zenith, middle, low, horizon;   // sky from the top to the skyline
  Color sun;                            // the disc of the sun or moon
  float sun_x = 0.5f, sun_y = 0.2f;     // fractions of the frame's width and of the sky's height
  float sun_shine = 1;                  // 0 behind thick clouds
  bool moon = false;
  float stars = 0;
  Color cloud_light, cloud_shade;
  float overcast = 0;                   // share of the sky under a closed cloud sheet
  Color tint{1, 1, 1};                  // light on the land
  Color haze{1, 1, 1};
  float haze_near = 0, haze_far = 0.5f; // share of haze at distance 0 and 1
  float dark = 0;                       // 1 at night: windows and lamps are lit

  // A noon colour in this light, seen over `distance` (0 near, 1 at the skyline).
  Color lit(const Color& noon, float distance = 0) const {
    return mix(product(noon, tint), haze, mix(haze_near, haze_far, distance));
  }
  // What the light does to a subject.
  Light light() const;
};

Air make_air(TimeOfDay time, Weather weather, Generator random);

}  // namespace mg::world
