// Savanna: golden grass under flat-topped trees.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

// A trunk that forks, and a crown as flat as a table.
void paint_acacia(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk) {
  const float fork = at.base - 0.5f * at.height, crown = at.base - 0.9f * at.height, lean = at.height * s.pick(-0.06, 0.06);
  fill(layer, Capsule{at.x, at.base, at.x + lean, fork, 0.04f * at.height, 0.028f * at.height}, trunk);
  for (float side : {-0.42f, -0.12f, 0.2f, 0.44f})
    fill(layer, Capsule{at.x + lean, fork, at.x + lean + side * at.height, crown, 0.022f * at.height, 0.01f * at.height}, trunk);
  for (int i = 0; i < 7; ++i) {
    const float x = at.x + lean + at.height * (0.17f * static_cast<float>(i - 3) + s.pick(-0.04, 0.04));
    fill(layer, Ellipse{x, crown + at.height * s.pick(-0.03, 0.03), at.height * s.pick(0.15, 0.22), at.height * s.pick(0.05, 0.075)},
         [&](float, float py) { return scaled(leaf, py < crown ? 1.12f : 0.8f); });
  }
}

}  // namespace

PlacePointer make_savanna(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.68f, 0.93f, 0.52f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.5f});
  add_ridge(*place, s, {.row = 0.47f, .swing = 0.03f, .longest = 1.4f, .top = 0xa8a0a0, .foot = 0xb0a490, .k = 0.06f, .distance = 0.6f});
  Layer& plain = add_ridge(*place, s, {.row = 0.515f, .swing = 0.012f, .longest = 0.9f, .top = 0xd9b45a, .foot = 0xd2a84e, .k = 0.16f, .distance = 0.3f});
  for (float x : spread(s, static_cast<float>(plain.period()), count_around(s, plain, 0.34f)))
    paint_acacia(plain, s, {x, s.y(0.53f), s.u(s.pick(0.07, 0.11))}, s.lit(0x7f8f45, 0.28f), s.lit(0x6a5240, 0.28f));
  add_ground(*place, s, {.skyline = 0.545f, .far = 0xe0bd62, .near = 0xc79a3e, .patch = 0xb0a04c, .patches = 0.6f, .waviness = 0.014f});
  Layer& trees = place->add<Layer>(s.frame, Depth::flat(0.5f), s.y(0.05f), s.y(0.7f));
  for (float x : spread(s, static_cast<float>(trees.period()), count_around(s, trees, 0.95f)))
    paint_acacia(trees, s, {x, s.y(0.62f), s.u(s.pick(0.36, 0.46))}, s.lit(0x6f8a3a, 0.08f), s.lit(0x5f4634, 0.06f));
  Blades& grass = place->add<Blades>(s, 0.2f, 1.8f);
  for (float x : spread(s, grass.period(), 80)) {
    const float d = s.pick(0, 1);
    grass.add_tuft(s, {x, s.y(mix(0.6f, 1.02f, d)), s.u(mix(0.03f, 0.1f, d))}, 1, s.lit(s.random.chance(0.5) ? 0xd0a545 : 0xb8923a));
  }
  place->add<Fringe>(s, s.lit(0xc49c42), s.u(0.04f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
