// Pumpkin patch: autumn hills, a fence, pumpkins that grow towards the camera.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

void add_fence(ComposedPlace& place, Setting& s, float row) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(0.34f), s.y(row) - s.u(0.1f), s.y(row) + s.u(0.02f));
  const float period = static_cast<float>(layer.period()), base = s.y(row), h = s.u(0.075f), gap = period / std::round(period / s.u(0.13f));
  const Color wood = s.lit(0xb08a5e, 0.15f);
  for (float rail : {0.42f, 0.78f}) fill(layer, Box{0, base - h * rail - s.u(0.007f), period, base - h * rail + s.u(0.007f)}, scaled(wood, rail > 0.5f ? 1.1f : 0.9f));
  for (float x = 0.5f * gap; x < period; x += gap)
    fill(layer, Box{x - s.u(0.011f), base - h, x + s.u(0.011f), base}, [&](float px, float) { return scaled(wood, px < x ? 1.15f : 0.72f); });
}

void add_pumpkins(ComposedPlace& place, Setting& s) {
  struct Row {
    float k, row, size, apart;
  };
  static constexpr Row kRows[] = {{0.5f, 0.61f, 0.05f, 0.12f}, {0.68f, 0.66f, 0.08f, 0.22f}, {0.9f, 0.72f, 0.13f, 0.42f}, {1.0f, 1.0f, 0.24f, 0.95f}};
  for (const Row& row : kRows) {
    Layer& layer = place.add<Layer>(s.frame, Depth::flat(row.k), s.y(row.row) - s.u(row.size * 1.7f), s.y(row.row) + s.u(row.size));
    for (float x : spread(s, static_cast<float>(layer.period()), count_around(s, layer, row.apart))) {
      // The nearest ones stay out of the middle, where the subject is.
      if (row.size > 0.2f && std::abs(x - s.x(0.5f)) < s.u(0.32f)) continue;
      const float size = s.u(row.size) * s.pick(0.75, 1.15), base = s.y(row.row) + s.u(row.size * s.pick(-0.1, 0.3));
      static constexpr uint32_t kSkins[] = {0xf47c1e, 0xee6a14, 0xf9952e, 0xf6b04a};
      const float distance = 0.25f * (1 - row.k);
      for (int leaf = 0; leaf < 3; ++leaf)
        fill(layer, Ellipse{x + size * s.pick(-0.9, 0.9), base - size * s.pick(0, 0.12), size * 0.24f, size * 0.12f}, s.lit(0x3f7f30, distance));
      paint_pumpkin(layer, s, {x, base, size}, s.lit(kSkins[s.random.below(4)], distance), s.lit(0x5d7a34, distance));
    }
  }
}

}  // namespace

PlacePointer make_pumpkin_patch(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.72f, 0.93f, 0.6f});
  add_sky(*place, s, {.skyline = 0.47f, .clouds = 0.9f});
  add_ridge(*place, s, {.row = 0.42f, .swing = 0.04f, .longest = 1.0f, .top = 0xc2a878, .foot = 0xa89a6e, .k = 0.07f, .distance = 0.55f});
  Layer& hills = add_ridge(*place, s, {.row = 0.475f, .swing = 0.035f, .longest = 0.8f, .top = 0xd0b04e, .foot = 0x9fae4c, .k = 0.16f, .distance = 0.25f});
  static constexpr uint32_t kLeaves[] = {0xd9682a, 0xe89a2e, 0xc24a2c, 0xb8a83a};
  for (float x : spread(s, static_cast<float>(hills.period()), count_around(s, hills, 0.16f)))
    paint_round_tree(hills, s, {x, s.y(0.505f) + s.u(s.pick(-0.01, 0.02)), s.u(s.pick(0.1, 0.17))}, s.lit(kLeaves[s.random.below(4)], 0.2f), s.lit(0x6a4a34, 0.2f));
  add_ground(*place, s, {.skyline = 0.535f, .far = 0xb4bf5a, .near = 0x6f9a38, .patch = 0xa08a4a, .patches = 0.5f, .waviness = 0.015f});
  add_fence(*place, s, 0.575f);
  add_pumpkins(*place, s);
  Blades& grass = place->add<Blades>(s, 0.17f, 1.9f);
  for (float x : spread(s, grass.period(), 44)) {
    const float d = s.pick(0, 1);
    grass.add_tuft(s, {x, s.y(mix(0.64f, 1.02f, d)), s.u(mix(0.03f, 0.075f, d))}, 1, s.lit(s.random.chance(0.5) ? 0x5a8f30 : 0x93a83c));
  }
  place->add<Fringe>(s, s.lit(0x769c3c), s.u(0.034f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
