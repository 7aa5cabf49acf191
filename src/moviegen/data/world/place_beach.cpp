// Beach: calm sea, surf, sand, palms.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_water.h"

namespace mg::world {
namespace {

void paint_shells(Layer& sand, Setting& s) {
  for (int i = 0; i < 16; ++i) {
    const float d = s.pick(0, 1), x = s.pick(0, sand.period()), y = s.y(mix(0.78f, 1.0f, d)), r = s.u(mix(0.008f, 0.016f, d));
    const uint32_t color = s.random.chance(0.5) ? 0xfff3ea : s.random.chance(0.5) ? 0xf7b7a3 : 0xd99a70;
    fill(sand, Ellipse{x, y + 0.5f * r, r * 1.3f, r * 0.5f, 1.5f}, s.lit(0x9c7a4c), 0.4f);
    fill(sand, Ellipse{x, y, r * 1.1f, r * 0.8f}, s.lit(color));
  }
}

}  // namespace

PlacePointer make_beach(Setting s) {
  const float skyline = 0.44f, shore = 0.665f;
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.74f, 0.94f, 0.6f});
  add_sky(*place, s, {.skyline = skyline, .clouds = 0.9f});
  if (s.random.chance(0.5))
    add_ridge(*place, s, {.row = 0.425f, .swing = 0.02f, .longest = 0.6f, .top = 0x7fb0a0, .foot = 0x6a9e98, .k = 0.05f, .distance = 0.6f});
  const Depth depth{0.12f, 0.75f, s.y(skyline), s.y(shore)};
  const bool clear = s.air.sun_shine > 0.5f;
  place->add<Sea>(s, SeaLook{.top = s.y(skyline), .bottom = s.y(shore) + s.u(0.08f), .depth = depth,
                             .far = mix(s.lit(0x2b83c4, 0.12f), s.air.horizon, 0.18f), .near = s.lit(0x3cc4cf), .light = mix(s.lit(0xc8f4f6), s.air.horizon, 0.4f),
                             .dark = s.lit(0x1f6fae), .roughness = 0.42f, .size = 0.34f, .speed = 0.9f, .glitter_x = s.x(s.air.sun_x),
                             .glitter = s.air.sun, .glitter_amount = clear ? (s.air.time == TimeOfDay::kDay ? 0.35f : 0.75f) : 0});
  Layer& sand = add_ground(*place, s, {.skyline = shore, .far = 0xf0d9a6, .near = 0xe6c383, .patch = 0xf8e6bd, .patches = 0.5f, .waviness = 0.012f, .patch_size = 0.3f});
  paint_shells(sand, s);
  place->add<Surf>(s, s.y(shore + 0.015f), Depth::flat(0.75f), s.lit(0x6fd3d6), s.lit(0xffffff, 0.05f), s.lit(0xc9a468));
  Layer& palms = place->add<Layer>(s.frame, Depth::flat(0.9f), s.y(0.02f) - s.u(0.2f), s.y(0.86f));
  const int count = count_around(s, palms, 1.1f);
  const float start = s.x(s.random.chance(0.5) ? 0.06f : 0.94f);
  for (int i = 0; i < count; ++i) {
    const float x = start + palms.period() * (i + (i ? s.pick(-0.15, 0.15) : 0)) / count, base = s.y(0.76f);
    fill(palms, Ellipse{x, base, s.u(0.07f), s.u(0.014f), 3}, s.lit(0x8a6a3e), 0.45f);
    paint_palm(palms, s, {x, base, s.u(s.pick(0.52, 0.66))}, s.lit(0x3f9a4a), s.lit(0x9a7048));
  }
  place->finish();
  return place;
}

}  // namespace mg::world
