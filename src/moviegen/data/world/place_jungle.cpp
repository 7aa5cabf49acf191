// Jungle: palms before a wall of leaves, hanging vines, ferns, mist.
#include "moviegen/data/world/place_drift.h"
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

void add_wall_of_leaves(ComposedPlace& place, Setting& s, float k, float row, uint32_t leaf, float distance) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(k), -s.u(0.1f), s.y(0.66f));
  const float period = static_cast<float>(layer.period());
  fill(layer, Box{0, s.y(row), period, s.y(0.66f)}, scaled(s.lit(leaf, distance), 0.7f));
  for (float x : spread(s, period, count_around(s, layer, 0.075f)))
    for (int i = 0; i < 3; ++i) {
      const float r = s.u(s.pick(0.06, 0.12)), y = s.y(row) + s.u(s.pick(-0.05, 0.3));
      const Color color = scaled(s.lit(leaf, distance), s.pick(0.78, 1.14));
      fill(layer, Ellipse{x + s.u(s.pick(-0.05, 0.05)), y, r, 0.7f * r}, [&](float, float py) { return scaled(color, mix(1.12f, 0.8f, saturate((py - y + r) / (2 * r)))); });
    }
}

void add_vines(ComposedPlace& place, Setting& s) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(0.55f), -s.u(0.1f), s.y(0.5f));
  for (float x : spread(s, static_cast<float>(layer.period()), count_around(s, layer, 0.3f))) {
    const float length = s.u(s.pick(0.15, 0.4)), sway = s.u(s.pick(-0.05, 0.05));
    const Color vine = s.lit(0x3f6f2c, 0.1f);
    fill(layer, Capsule{x, -s.u(0.1f), x + sway, length, s.u(0.006f), s.u(0.004f)}, vine);
    for (float along = 0.15f; along < 1; along += 0.16f)
      fill(layer, Ellipse{x + sway * along + s.u(s.pick(-0.02, 0.02)), length * along, s.u(0.02f), s.u(0.011f)}, scaled(vine, s.pick(1.0, 1.4)));
  }
}

}  // namespace

PlacePointer make_jungle(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.7f, 0.93f, 0.58f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.4f});
  add_wall_of_leaves(*place, s, 0.1f, 0.2f, 0x7fb27a, 0.4f);
  add_wall_of_leaves(*place, s, 0.22f, 0.3f, 0x4a9450, 0.2f);
  Layer& palms = place->add<Layer>(s.frame, Depth::flat(0.36f), -s.u(0.2f), s.y(0.66f));
  for (float x : spread(s, static_cast<float>(palms.period()), count_around(s, palms, 0.42f)))
    paint_palm(palms, s, {x, s.y(0.62f), s.u(s.pick(0.45, 0.62))}, s.lit(s.random.chance(0.5) ? 0x3f9444 : 0x58a83e, 0.1f), s.lit(0x6f5238, 0.1f));
  add_vines(*place, s);
  add_ground(*place, s, {.skyline = 0.6f, .far = 0x5f9a48, .near = 0x3f7a30, .patch = 0x7a6a3c, .patches = 0.7f, .waviness = 0.02f});
  Layer& bushes = place->add<Layer>(s.frame, Depth::flat(0.66f), s.y(0.4f), s.y(0.76f));
  for (float x : spread(s, static_cast<float>(bushes.period()), count_around(s, bushes, 0.36f)))
    paint_bush(bushes, s, {x, s.y(0.69f) + s.u(s.pick(0, 0.02)), s.u(s.pick(0.09, 0.15))}, s.lit(s.random.chance(0.4) ? 0x6fb23c : 0x3c8a3a, 0.04f));
  place->add<Drift>(s, DriftLook{.top = s.y(0.4f), .bottom = s.y(0.66f), .depth = ground_depth(s, 0.6f), .color = s.lit(0xe4f4e0, 0.3f), .amount = 0.22f,
                                 .length = 0.8f, .height = 0.1f, .speed = 0.06f});
  Blades& ferns = place->add<Blades>(s, 0.12f, 1.5f);
  for (float x : spread(s, ferns.period(), 56)) {
    const float d = s.pick(0, 1);
    ferns.add_tuft(s, {x, s.y(mix(0.66f, 1.04f, d)), s.u(mix(0.04f, 0.12f, d))}, 1, s.lit(s.random.chance(0.5) ? 0x2f7a30 : 0x6aa83a));
  }
  place->add<Fringe>(s, s.lit(0x3f8434), s.u(0.04f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
