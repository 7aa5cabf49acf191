// Johannesburg: a skyline with a slender tower and a round block with a red crown, jacarandas, a road.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_street.h"

namespace mg::world {
namespace {

void paint_tower(Layer& layer, Setting& s, float x, float base) {
  const Color concrete = s.lit(0xb9b2b4, 0.22f), band = s.lit(0x8a8494, 0.22f);
  const float h = s.u(0.52f), r = s.u(0.015f), pod = base - h * 0.8f;
  const auto round = [&](float half, const Color& c) { return [&, half, c](float px, float) { return scaled(c, mix(1.2f, 0.65f, smoothstep(-half, half, px - x))); }; };
  fill(layer, Polygon{{x - r * 1.3f, base}, {x - r, pod}, {x + r, pod}, {x + r * 1.3f, base}}, round(r, concrete));
  fill(layer, Polygon{{x - r, pod + s.u(0.03f)}, {x - r * 2.5f, pod}, {x + r * 2.5f, pod}, {x + r, pod + s.u(0.03f)}}, round(r * 2.5f, band));
  fill(layer, Box{x - r * 2.5f, pod - s.u(0.06f), x + r * 2.5f, pod}, round(r * 2.5f, concrete));
  const Color glass = s.air.dark > 0.2f ? srgb(0xffd27a) : s.lit(0x5f7690, 0.2f);
  for (int i = 0; i < 2; ++i) fill(layer, Box{x - r * 2.5f, pod - s.u(0.05f - 0.024f * i), x + r * 2.5f, pod - s.u(0.038f - 0.024f * i)}, glass);
  fill(layer, Box{x - r * 1.3f, pod - s.u(0.085f), x + r * 1.3f, pod - s.u(0.06f)}, round(r * 1.3f, concrete));
  fill(layer, Capsule{x, pod - s.u(0.08f), x, base - h * 1.22f, std::max(0.7f, s.u(0.006f)), 0.5f}, s.lit(0xd24a44, 0.2f));
}

void paint_round_block(Layer& layer, Setting& s, float x, float base) {
  const float half = s.u(0.082f), top = base - s.u(0.4f), crown = s.u(0.052f);
  const Color wall = s.lit(0xc9b8ac, 0.16f);
  const auto shade = [&](float px) { return mix(1.12f, 0.6f, smoothstep(-1, 1, (px - x) / half)); };
  fill(layer, Box{x - half, top, x + half, base}, [&](float px, float) { return scaled(wall, shade(px)); });
  const Color dark = s.lit(0x7a7480, 0.16f);
  // Windows follow the curve: narrower towards the sides.
  for (float y = top + crown + s.u(0.02f); y < base; y += s.u(0.03f))
    for (int i = -3; i <= 3; ++i) {
      const float cx = x + half * std::sin(0.42f * i), w = half * 0.1f * std::cos(0.42f * i);
      const bool on = s.random.chance(0.55 * s.air.dark);
      fill(layer, Box{cx - w, y, cx + w, y + s.u(0.016f)}, on ? srgb(0xffd27a) : scaled(dark, shade(cx)));
    }
  const Color red = s.air.dark > 0.2f ? mix(s.lit(0xe0283a), srgb(0xff4a58), 0.7f * s.air.dark) : s.lit(0xe0283a, 0.08f);
  fill(layer, Box{x - half * 1.03f, top - s.u(0.004f), x + half * 1.03f, top + crown}, [&](float px, float) { return scaled(red, mix(1, shade(px), 0.6f)); });
  fill(layer, Box{x - half * 1.03f, top + crown * 0.42f, x + half * 1.03f, top + crown * 0.58f}, scaled(s.lit(0xffffff, 0.1f), 0.95f));
}

}  // namespace

PlacePointer make_johannesburg(Setting s) {
  const float base = 0.68f;
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.76f, 0.94f, 0.68f});
  add_sky(*place, s, {.skyline = 0.56f, .clouds = 0.7f});
  add_skyline(*place, s, {.k = 0.07f, .base = base, .low = 0.12f, .high = 0.3f, .distance = 0.62f, .walls = {0x9a94a8, 0xa89ca8, 0x8c8aa4}, .lit_share = 0.5f});
  Layer& landmarks = place->add<Layer>(s.frame, Depth::flat(0.13f), s.y(base) - s.u(0.75f), s.y(base) + 2);
  const bool swap = s.random.chance(0.5);
  paint_tower(landmarks, s, s.x(swap ? 0.74f : 0.27f) + s.u(s.pick(-0.04, 0.04)), s.y(base));
  paint_round_block(landmarks, s, s.x(swap ? 0.26f : 0.75f) + s.u(s.pick(-0.04, 0.04)), s.y(base));
  add_skyline(*place, s, {.k = 0.2f, .base = base, .low = 0.1f, .high = 0.25f, .width_low = 0.09f, .width_high = 0.17f, .distance = 0.2f, .walls = {0xb99a86, 0x9c8a92, 0xa8988c}, .lit_share = 0.75f});
  Layer& trees = place->add<Layer>(s.frame, Depth::flat(0.55f), s.y(0.3f), s.y(0.73f));
  for (float x : spread(s, static_cast<float>(trees.period()), count_around(s, trees, 0.3f)))
    paint_round_tree(trees, s, {x, s.y(0.715f), s.u(s.pick(0.14, 0.22))}, s.lit(s.random.chance(0.75) ? 0x9a78d8 : 0x6f9c48, 0.06f), s.lit(0x5f4a44, 0.06f));
  const float period = static_cast<float>(trees.period());
  fill(trees, Box{0, s.y(0.705f), period, s.y(0.73f)}, s.lit(0x8a9a58, 0.05f));
  add_road(*place, s, {.pavement = 0.72f, .kerb = 0.765f, .dashes = 0.89f, .asphalt = 0x66616a, .slabs = 0xcfb79c});
  Layer& lamps = place->add<Layer>(s.frame, Depth::flat(0.9f), s.y(0.2f), s.y(0.78f));
  for (float x : spread(s, static_cast<float>(lamps.period()), count_around(s, lamps, 1.0f))) paint_street_lamp(lamps, s, {x, s.y(0.755f), s.u(0.38f)});
  place->finish();
  return place;
}

}  // namespace mg::world
