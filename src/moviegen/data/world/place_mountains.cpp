// Mountains: three ridges over an alpine meadow.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
PlacePointer make_mountains(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.7f, 0.93f, 0.55f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.7f});
  const Color snow = s.lit(0xffffff, 0.12f);
  add_peaks(*place, s, {.k = 0.05f, .apart = 0.36f, .typical = {0, s.y(0.15f), s.y(0.62f), s.u(0.42f), s.y(0.3f)},
                        .rock = s.lit(0x7f93bd, 0.5f), .snow = s.lit(0xffffff, 0.25f)});
  add_peaks(*place, s, {.k = 0.1f, .apart = 0.4f, .typical = {0, s.y(0.25f), s.y(0.64f), s.u(0.38f), s.y(0.335f)},
                        .rock = s.lit(0x5f76a4, 0.25f), .snow = snow});
  Layer& slopes = add_ridge(*place, s, {.row = 0.53f, .swing = 0.06f, .longest = 0.8f, .top = 0x4b7d6b, .foot = 0x6aa05e, .k = 0.2f, .distance = 0.25f});
  for (float x : spread(s, static_cast<float>(slopes.period()), count_around(s, slopes, 0.07f)))
    paint_pine(slopes, s, {x, s.y(0.59f) + s.u(s.pick(-0.03, 0.03)), s.u(s.pick(0.06, 0.1))}, s.lit(0x2f6350, 0.2f), s.lit(0x4a3a30, 0.2f));
  Layer& meadow = add_ground(*place, s, {.skyline = 0.6f, .far = 0x8dbb55, .near = 0x5fa03a, .patch = 0xa9c95a, .patches = 0.55f, .waviness = 0.02f});
  static constexpr uint32_t kPetals[] = {0xb06ad8, 0x8a5be0, 0xffe066, 0xffffff};
  for (int i = 0; i < 90; ++i) {
    const float d = std::sqrt(s.pick(0.02, 1)), y = s.y(mix(0.62f, 1.08f, d));
    paint_flower(meadow, s.pick(0, meadow.period()), y, s.u(mix(0.005f, 0.015f, d)), s.lit(kPetals[s.random.below(4)]), s.lit(0xffd23c));
  }
  Layer& near = place->add<Layer>(s.frame, Depth::flat(0.62f), s.y(0.25f), s.y(0.76f));
  for (float x : spread(s, static_cast<float>(near.period()), count_around(s, near, 0.62f))) {
    if (s.random.chance(0.35))
      paint_rock(near, s, {x, s.y(0.68f), s.u(s.pick(0.05, 0.09))}, s.lit(0x9a9aa6, 0.05f));
    else
      paint_pine(near, s, {x, s.y(0.655f) + s.u(s.pick(0, 0.03)), s.u(s.pick(0.2, 0.3))}, s.lit(0x2c6a45, 0.06f), s.lit(0x5a4030));
  }
  Blades& grass = place->add<Blades>(s, 0.16f, 2.1f);
  for (float x : spread(s, grass.period(), 26)) {
    const float d = s.pick(0, 1);
    grass.add_tuft(s, {x, s.y(mix(0.68f, 1.0f, d)), s.u(mix(0.03f, 0.06f, d))}, 1, s.lit(0x4a8c34));
  }
  place->add<Fringe>(s, s.lit(0x63a23c), s.u(0.03f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
