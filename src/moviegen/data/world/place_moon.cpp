// The Moon: grey dust and craters under a black sky with stars and the Earth.
#include "moviegen/data/world/place_ground.h"

namespace mg::world {
namespace {

void add_black_sky(ComposedPlace& place, Setting& s) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(0.02f), -s.u(0.1f), s.y(0.66f));
  const float period = static_cast<float>(layer.period());
  fill(layer, Box{0, -s.u(0.1f), period, s.y(0.66f)}, srgb(0x06070d));
  for (int i = 0; i < 140; ++i) fill(layer, disc(s.pick(0, period), s.pick(-s.u(0.1f), s.y(0.6f)), s.u(s.pick(0.002, 0.005))), srgb(0xffffff), s.pick(0.4, 1));
  const float x = s.x(0.5f) + s.u(s.pick(-0.35, 0.35)), y = s.y(s.pick(0.14, 0.26)), r = s.u(s.pick(0.09, 0.13));
  const PeriodicNoise noise(period, s.random.next());
  fill(layer, disc(x, y, r), [&](float px, float py) {
    const float land = noise.at(px, py, 0.7f * r, 0.6f * r, 3), cloud = noise.at(px + 0.37f * period, py, 0.9f * r, 0.25f * r, 3);
    const Color ground = mix(srgb(0x2f6fd0), srgb(0x4f9a4a), smoothstep(0.52f, 0.58f, land));
    return scaled(mix(ground, srgb(0xffffff), 0.85f * smoothstep(0.55f, 0.68f, cloud)), mix(1.1f, 0.2f, saturate((px - x + r) / (2 * r))));
  });
}

void add_craters(ComposedPlace& place, Setting& s) {
  Layer& layer = place.add<Layer>(s.frame, ground_depth(s, 0.56f), s.y(0.56f), s.height() * 1.1f);
  for (int i = 0; i < 26; ++i) {
    const float d = std::sqrt(s.pick(0.01, 1)), x = s.pick(0, layer.period()), y = s.y(mix(0.6f, 1.06f, d)), r = s.u(mix(0.02f, 0.09f, d) * s.pick(0.5, 1.2));
    fill(layer, Ellipse{x, y, r, 0.32f * r, 2}, srgb(0xd8d8dc));
    fill(layer, Ellipse{x, y + 0.03f * r, 0.86f * r, 0.25f * r, 2}, [&](float px, float) { return mix(srgb(0x6a6a70), srgb(0xa0a0a6), saturate((px - x + r) / (2 * r))); });
  }
}

}  // namespace

PlacePointer make_moon(Setting s) {
  Light light = s.air.light();
  light.shadow = 0.7f;
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.66f, 0.92f, 0.5f});
  add_black_sky(*place, s);
  add_ridge(*place, s, {.row = 0.53f, .swing = 0.05f, .longest = 0.8f, .top = 0xb4b4ba, .foot = 0x8c8c94, .k = 0.08f, .distance = 0});
  add_ground(*place, s, {.skyline = 0.56f, .far = 0xb0b0b6, .near = 0x9a9aa0, .patch = 0xc8c8ce, .patches = 0.6f, .waviness = 0.025f});
  add_craters(*place, s);
  Layer& rocks = place->add<Layer>(s.frame, Depth::flat(0.6f), s.y(0.5f), s.y(0.74f));
  for (float x : spread(s, static_cast<float>(rocks.period()), count_around(s, rocks, 0.6f))) paint_rock(rocks, s, {x, s.y(0.67f), s.u(s.pick(0.04, 0.09))}, srgb(0x8e8e96));
  place->finish();
  return place;
}

}  // namespace mg::world
