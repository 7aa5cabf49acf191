// Park: lawn and a winding gravel path, benches, lamps, round trees, the town behind.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_street.h"

namespace mg::world {
namespace {

void paint_bench(Layer& layer, Setting& s, const Stand& at) {
  const float w = 0.95f * at.height;
  const Color wood = s.lit(0x9a6a3c), iron = s.lit(0x3c4248);
  fill(layer, Ellipse{at.x, at.base, 1.1f * w, 0.1f * at.height, 3}, Color{0, 0, 0}, 0.28f);
  for (float side : {-0.8f, 0.8f}) fill(layer, Capsule{at.x + side * w, at.base, at.x + side * w, at.base - 0.95f * at.height, s.u(0.006f), s.u(0.005f)}, iron);
  for (float slat : {0.42f, 0.62f, 0.78f, 0.94f})
    fill(layer, RoundBox{at.x - w, at.base - slat * at.height - 0.045f * at.height, at.x + w, at.base - slat * at.height + 0.045f * at.height, s.u(0.004f)}, scaled(wood, slat < 0.5f ? 1.15f : 0.95f));
}

}  // namespace

PlacePointer make_park(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.72f, 0.93f, 0.6f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.9f});
  add_skyline(*place, s, {.k = 0.08f, .base = 0.56f, .low = 0.08f, .high = 0.24f, .distance = 0.55f, .lit_share = 0.3f});
  Layer& hedge = add_ridge(*place, s, {.row = 0.52f, .swing = 0.01f, .longest = 0.3f, .top = 0x5fa04a, .foot = 0x4a8a3e, .k = 0.2f, .distance = 0.22f});
  for (float x : spread(s, static_cast<float>(hedge.period()), count_around(s, hedge, 0.2f)))
    paint_round_tree(hedge, s, {x, s.y(0.55f), s.u(s.pick(0.14, 0.22))}, s.lit(s.random.chance(0.3) ? 0x86b84a : 0x4f9a42, 0.18f), s.lit(0x75573e, 0.18f));
  Layer& lawn = add_ground(*place, s, {.skyline = 0.57f, .far = 0x9bd06a, .near = 0x5cab45, .patch = 0x7cc455, .patches = 0.5f, .waviness = 0.008f});
  // The path swings from side to side and widens towards the camera.
  const float period = static_cast<float>(lawn.period()), phase = s.pick(0, 6.28);
  for (int y = static_cast<int>(s.y(0.585f)); y < lawn.bottom(); ++y) {
    const float d = saturate((y - s.y(0.575f)) / s.y(0.43f)), row = s.y(0.66f) + s.u(0.05f) * d;
    for (int x = 0; x < lawn.period(); ++x) {
      const float centre = row + s.u(0.055f) * std::sin(6.283f * 2 * x / period + phase), half = s.u(0.032f);
      const float a = saturate((half - std::abs(y + 0.5f - centre)) / s.u(0.008f) + 0.5f);
      if (a > 0) lawn.over(x, y, scaled(s.lit(0xe6d4ac, 0.06f), y < centre ? 1.0f : 0.92f), a);
    }
  }
  static constexpr uint32_t kPetals[] = {0xf2402e, 0xffd83a, 0xff8fc0, 0xb06ad8};
  for (int i = 0; i < 60; ++i) {
    const float d = std::sqrt(s.pick(0.01, 1)), y = s.y(mix(0.76f, 1.06f, d));
    paint_flower(lawn, s.pick(0, period), y, s.u(mix(0.006f, 0.014f, d)), s.lit(kPetals[s.random.below(4)]), s.lit(0xffcf33));
  }
  Layer& things = place->add<Layer>(s.frame, Depth::flat(0.6f), s.y(0.1f), s.y(0.72f));
  int i = 0;
  for (float x : spread(s, static_cast<float>(things.period()), 3 * std::max(1, count_around(s, things, 0.55f) / 3))) {
    const int kind = i++ % 3;
    if (kind == 0) paint_bench(things, s, {x, s.y(0.655f), s.u(0.105f)});
    if (kind == 1) paint_round_tree(things, s, {x, s.y(0.645f), s.u(s.pick(0.32, 0.42))}, s.lit(0x58a53a, 0.05f), s.lit(0x7d5a3c, 0.05f));
    if (kind == 2) paint_street_lamp(things, s, {x, s.y(0.65f), s.u(0.36f)});
  }
  place->add<Fringe>(s, s.lit(0x66b24a), s.u(0.022f), true);
  place->finish();
  return place;
}

}  // namespace mg::world
