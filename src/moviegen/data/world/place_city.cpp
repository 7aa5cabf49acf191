// City street: coloured house fronts with shops, a pavement, a road with lane marks.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_street.h"

namespace mg::world {
namespace {

struct Awning {
  float x0, x1, y, depth;
};

void paint_awning(Layer& layer, Setting& s, const Awning& a, uint32_t color) {
  const float stripe = s.u(0.026f);
  const Color cloth = s.lit(color), white = s.lit(0xfff8ee);
  fill(layer, Polygon{{a.x0, a.y}, {a.x1, a.y}, {a.x1 + a.depth * 0.3f, a.y + a.depth}, {a.x0 - a.depth * 0.3f, a.y + a.depth}},
       [&](float x, float y) { return scaled(wrapped(x - a.x0, 2 * stripe) < stripe ? cloth : white, mix(1.05f, 0.85f, (y - a.y) / a.depth)); });
}

void paint_shop(Layer& layer, Setting& s, const Facade& f, uint32_t accent) {
  const float top = f.base - f.shop, w = f.x1 - f.x0, door = f.x0 + w * s.pick(0.66, 0.78), low = f.base - s.u(0.015f);
  const Color glass = s.air.dark > 0.2f ? mix(s.lit(0x9cc4d8), srgb(0xffd890), 0.7f * s.air.dark) : s.lit(0x9cc4d8);
  fill(layer, Box{f.x0 + w * 0.04f, top + f.shop * 0.16f, f.x1 - w * 0.04f, f.base}, scaled(s.lit(accent), 0.55f));
  fill(layer, Box{f.x0 + w * 0.09f, top + f.shop * 0.3f, door - w * 0.06f, low - f.shop * 0.14f},
       [&](float x, float y) { return scaled(glass, wrapped(x + y, s.u(0.12f)) < s.u(0.035f) ? 1.15f : 0.95f); });
  fill(layer, Box{door, top + f.shop * 0.32f, door + w * 0.16f, low}, scaled(s.lit(accent), 0.85f));
  fill(layer, Box{door + w * 0.03f, top + f.shop * 0.4f, door + w * 0.13f, low - f.shop * 0.34f}, glass);
  paint_awning(layer, s, {f.x0 + w * 0.05f, f.x1 - w * 0.05f, top + f.shop * 0.08f, f.shop * 0.24f}, accent);
}

void add_houses(ComposedPlace& place, Setting& s, float base) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(0.75f), -s.u(0.1f), s.y(base) + 2);
  static constexpr uint32_t kWalls[] = {0xc8614a, 0xe9c88e, 0x6fa8a0, 0xd98e5f, 0x8b9fc4, 0xd9b3a6, 0xb8c98a};
  static constexpr uint32_t kAccents[] = {0xc23b35, 0x2f7f5c, 0x2e62a8, 0xd98a24, 0x8a3f86};
  const float period = static_cast<float>(layer.period());
  int wall = s.random.below(7);
  for (float x = 0; x < period;) {
    float w = s.u(s.pick(0.3, 0.42));
    if (period - x - w < s.u(0.22f)) w = period - x;
    const float h = std::min(s.u(s.pick(0.38, 0.58)), s.y(base) - s.u(0.06f));
    Facade facade{.x0 = x, .x1 = x + w, .top = s.y(base) - h, .base = s.y(base), .wall = s.lit(kWalls[wall], 0.04f), .glass = s.lit(0x54708c, 0.05f),
                  .lit_glass = srgb(0xffd27a), .lit_share = 0.65f * s.air.dark, .cell_w = s.u(0.085f), .cell_h = s.u(0.115f), .window_w = 0.5f, .window_h = 0.58f, .shop = s.u(0.16f)};
    paint_facade(layer, s, facade);
    fill(layer, Box{x - s.u(0.006f), facade.top - s.u(0.022f), x + w + s.u(0.006f), facade.top + s.u(0.012f)}, scaled(facade.wall, 0.72f));
    fill(layer, Box{x, facade.top - s.u(0.022f), x + w, facade.top - s.u(0.012f)}, scaled(facade.wall, 1.2f));
    paint_shop(layer, s, facade, kAccents[s.random.below(5)]);
    x += w;
    wall = (wall + 1 + s.random.below(5)) % 7;
  }
}

}  // namespace

PlacePointer make_city_street(Setting s) {
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.76f, 0.94f, 0.68f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.8f});
  add_skyline(*place, s, {.k = 0.12f, .base = 0.66f, .low = 0.36f, .high = 0.6f, .distance = 0.5f, .lit_share = 0.4f});
  add_houses(*place, s, 0.7f);
  add_road(*place, s, {.pavement = 0.695f, .kerb = 0.76f, .dashes = 0.89f});
  Layer& furniture = place->add<Layer>(s.frame, Depth::flat(0.9f), s.y(0.1f), s.y(0.78f));
  int i = 0;
  for (float x : spread(s, static_cast<float>(furniture.period()), 2 * std::max(1, count_around(s, furniture, 0.9f) / 2))) {
    if (i++ % 2)
      paint_street_lamp(furniture, s, {x, s.y(0.745f), s.u(0.42f)});
    else
      paint_round_tree(furniture, s, {x, s.y(0.74f), s.u(s.pick(0.26, 0.34))}, s.lit(0x5ba043), s.lit(0x6f5540));
  }
  place->finish();
  return place;
}

}  // namespace mg::world
