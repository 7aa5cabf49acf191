// Autumn forest: trunks under red and golden crowns, a floor of fallen leaves.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {

PlacePointer make_autumn_forest(Setting s) {
  static constexpr uint32_t kLeaves[] = {0xe0662a, 0xf0a030, 0xc43a2a, 0xf2c23c, 0xb8742c};
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.7f, 0.93f, 0.56f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.6f});
  add_ridge(*place, s, {.row = 0.42f, .swing = 0.05f, .longest = 0.9f, .top = 0xd9a066, .foot = 0xc08a5a, .k = 0.07f, .distance = 0.55f});
  struct Row {
    float k, base, low, high, apart, distance;
  };
  static constexpr Row kRows[] = {{0.15f, 0.56f, 0.2f, 0.28f, 0.1f, 0.34f}, {0.3f, 0.6f, 0.32f, 0.42f, 0.2f, 0.18f}, {0.55f, 0.65f, 0.5f, 0.66f, 0.55f, 0.05f}};
  for (const Row& row : kRows) {
    if (row.k > 0.5f) add_ground(*place, s, {.skyline = 0.58f, .far = 0xd08a3c, .near = 0xa8602a, .patch = 0xe0a848, .patches = 0.8f, .waviness = 0.016f, .patch_size = 0.12f});
    Layer& layer = place->add<Layer>(s.frame, Depth::flat(row.k), -s.u(0.2f), s.y(row.base) + s.u(0.05f));
    for (float x : spread(s, static_cast<float>(layer.period()), count_around(s, layer, row.apart)))
      paint_round_tree(layer, s, {x, s.y(row.base) + s.u(s.pick(-0.01, 0.02)), s.u(s.pick(row.low, row.high))}, s.lit(kLeaves[s.random.below(5)], row.distance), s.lit(0x5f4634, row.distance));
  }
  Layer& fallen = place->add<Layer>(s.frame, ground_depth(s, 0.58f), s.y(0.6f), s.height() * 1.1f);
  for (int i = 0; i < 260; ++i) {
    const float d = std::sqrt(s.pick(0.01, 1)), r = s.u(mix(0.005f, 0.016f, d));
    fill(fallen, Ellipse{s.pick(0, fallen.period()), s.y(mix(0.62f, 1.08f, d)), r, 0.55f * r}, s.lit(kLeaves[s.random.below(5)]));
  }
  place->add<Fringe>(s, s.lit(0xb86c2c), s.u(0.022f), false);
  place->finish();
  return place;
}

}  // namespace mg::world
