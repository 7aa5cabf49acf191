// Meadow: rolling green hills, round trees, flowers.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {

PlacePointer make_meadow(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.66f, 0.92f, 0.5f});
  add_sky(*place, s, {.skyline = 0.48f, .clouds = 1.2f});
  add_ridge(*place, s, {.row = 0.43f, .swing = 0.045f, .longest = 1.1f, .top = 0x93c48f, .foot = 0x7db586, .k = 0.07f, .distance = 0.6f});
  Layer& hills = add_ridge(*place, s, {.row = 0.485f, .swing = 0.045f, .longest = 0.9f, .top = 0x86c95a, .foot = 0x63ad47, .k = 0.16f, .distance = 0.28f});
  for (float x : spread(s, static_cast<float>(hills.period()), count_around(s, hills, 0.26f)))
    if (s.random.chance(0.75))
      paint_round_tree(hills, s, {x, s.y(0.515f) + s.u(s.pick(-0.01, 0.02)), s.u(s.pick(0.09, 0.15))}, s.lit(0x4f9a3e, 0.24f), s.lit(0x7a5a40, 0.24f));
  Layer& near_trees = place->add<Layer>(s.frame, Depth::flat(0.32f), s.y(0.1f), s.y(0.64f));
  for (float x : spread(s, static_cast<float>(near_trees.period()), count_around(s, near_trees, 0.95f)))
    paint_round_tree(near_trees, s, {x, s.y(0.565f), s.u(s.pick(0.26, 0.36))}, s.lit(s.random.chance(0.3) ? 0x7fb33a : 0x58a53a, 0.08f), s.lit(0x7d5a3c, 0.08f));
  Layer& ground = add_ground(*place, s, {.skyline = 0.545f, .far = 0xa8dc63, .near = 0x55ab38, .patch = 0x7fca4c, .patches = 0.7f, .waviness = 0.02f});
  static constexpr uint32_t kPetals[] = {0xf2402e, 0xffd83a, 0xffffff, 0xff8fc0, 0xffa53a};
  const int kinds = 2 + s.random.below(3), first = s.random.below(5);
  for (int i = 0; i < 150; ++i) {
    const float d = std::sqrt(s.pick(0.01, 1)), y = s.y(mix(0.57f, 1.08f, d));
    const uint32_t petal = kPetals[(first + s.random.below(kinds)) % 5];
    paint_flower(ground, s.pick(0, ground.period()), y, s.u(mix(0.005f, 0.018f, d)), s.lit(petal), s.lit(petal == 0xffd83a ? 0xd98a1c : 0xffcf33));
  }
  Blades& grass = place->add<Blades>(s, 0.18f, 2.0f);
  for (float x : spread(s, grass.period(), 40)) {
    const float d = s.pick(0, 1);
    grass.add_tuft(s, {x, s.y(mix(0.64f, 1.02f, d)), s.u(mix(0.03f, 0.07f, d))}, 1, s.lit(s.random.chance(0.5) ? 0x3f8f2c : 0x6cbb3f));
  }
  place->add<Fringe>(s, s.lit(0x5cae3a), s.u(0.034f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
