// Forest: tall trunks in four depths, a roof of leaves, beams of light.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_lights.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

struct TrunkRow {
  float k, base, apart, width, distance;
  uint32_t bark;
};

void add_trunks(ComposedPlace& place, Setting& s, const TrunkRow& row) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(row.k), -s.u(0.2f), s.y(row.base) + s.u(0.08f));
  for (float x : spread(s, static_cast<float>(layer.period()), count_around(s, layer, row.apart))) {
    const float w = s.u(row.width) * s.pick(0.75, 1.25), base = s.y(row.base) + s.u(s.pick(0, 0.03)), lean = s.u(s.pick(-0.05, 0.05));
    const Color bark = s.lit(row.bark, row.distance);
    const auto shade = [&](float px, float py) {
      const float across = (px - x - lean * (base - py) / base) / w;
      return scaled(bark, mix(1.32f, 0.62f, smoothstep(-0.9f, 0.7f, across)));
    };
    fill(layer, Capsule{x + lean, -s.u(0.25f), x, base - w, w * 0.75f, w}, shade);
    fill(layer, Polygon{{x - w * 0.8f, base - 3 * w}, {x + w * 0.8f, base - 3 * w}, {x + w * 1.7f, base}, {x - w * 1.7f, base}}, shade);
    if (row.distance < 0.35f && s.random.chance(0.7)) {
      const float y = base * s.pick(0.3, 0.55), side = s.random.chance(0.5) ? 1.0f : -1.0f;
      fill(layer, Capsule{x, y, x + side * w * 4, y - w * 3.2f, w * 0.4f, w * 0.2f}, shade);
    }
  }
}

// Leaves hanging into the top of the frame, and bushes along the floor.
void add_leaves(ComposedPlace& place, Setting& s, float k, float hang, uint32_t leaf, float distance) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(k), -s.u(0.25f), s.y(hang) + s.u(0.2f));
  const int count = count_around(s, layer, 0.085f);
  for (float x : spread(s, static_cast<float>(layer.period()), count)) {
    const float r = s.u(s.pick(0.07, 0.13)), y = s.y(hang) * s.pick(-0.4, 0.75);
    fill(layer, disc(x, y, r, 1.3f), [&](float px, float py) {
      return scaled(s.lit(leaf, distance), mix(1.15f, 0.66f, smoothstep(-1, 1, (0.5f * (px - x) + (py - y)) / r)));
    });
  }
}

}  // namespace

PlacePointer make_forest(Setting s) {
  Light light = s.air.light();
  light.tint = product(light.tint, {0.84f, 0.92f, 0.78f});  // light through leaves
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.7f, 0.93f, 0.58f});
  // The far wood is a wall of light: brightest at eye level.
  Layer& back = place->add<Layer>(s.frame, Depth::flat(0.02f), 0, s.height());
  const PeriodicNoise noise(static_cast<float>(back.period()), s.random.next());
  const Color bright = mix(s.lit(0xd9efa0, 0.2f), s.air.horizon, 0.35f), deep = s.lit(0x5fa25a, 0.3f);
  for (int y = 0; y < back.bottom(); ++y)
    for (int x = 0; x < back.period(); ++x) {
      const float h = y / s.height(), n = noise.at(x + 0.5f, y + 0.5f, s.u(0.22f), s.u(0.2f), 3);
      back.over(x, y, mix(deep, bright, saturate(std::exp(-14 * (h - 0.45f) * (h - 0.45f)) + 1.1f * (n - 0.5f))), 1);
    }
  add_trunks(*place, s, {0.08f, 0.6f, 0.13f, 0.012f, 0.55f, 0x6f9468});
  add_trunks(*place, s, {0.16f, 0.63f, 0.21f, 0.02f, 0.3f, 0x5d7a50});
  add_leaves(*place, s, 0.2f, 0.2f, 0x74b04a, 0.25f);
  Layer& floor = add_ground(*place, s, {.skyline = 0.61f, .far = 0x8fc04e, .near = 0x3f7a2c, .patch = 0x7f6a3a, .patches = 0.36f, .waviness = 0.03f});
  add_trunks(*place, s, {0.42f, 0.69f, 0.55f, 0.04f, 0.08f, 0x7a5a40});
  Layer& low = place->add<Layer>(s.frame, Depth::flat(0.5f), s.y(0.5f), s.y(0.78f));
  for (float x : spread(s, static_cast<float>(low.period()), count_around(s, low, 0.36f)))
    paint_bush(low, s, {x, s.y(0.69f) + s.u(s.pick(0, 0.03)), s.u(s.pick(0.05, 0.09))}, s.lit(s.random.chance(0.5) ? 0x3f8a3c : 0x5c9c3a, 0.05f));
  add_leaves(*place, s, 0.5f, 0.12f, 0x3d8336, 0.04f);
  for (int i = 0; i < 40; ++i)  // fallen leaves
    fill(floor, Ellipse{s.pick(0, floor.period()), s.y(s.pick(0.72, 1.05)), s.u(s.pick(0.008, 0.016)), s.u(0.006f)}, s.lit(s.random.chance(0.5) ? 0xc98a3c : 0xa8b04a), 0.8f);
  if (s.air.sun_shine > 0.2f) place->add<Beams>(s, product(s.air.sun, s.air.tint), s.air.moon ? 0.1f : 0.15f);
  Blades& fern = place->add<Blades>(s, 0.1f, 1.5f);
  for (float x : spread(s, fern.period(), 24)) {
    const float d = s.pick(0, 1);
    fern.add_tuft(s, {x, s.y(mix(0.7f, 1.02f, d)), s.u(mix(0.04f, 0.08f, d))}, 1, s.lit(0x4f8f38));
  }
  place->add<Fringe>(s, s.lit(0x56793a), s.u(0.026f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
