// Swimming pool: turquoise water with caustics, a tiled deck, parasols.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_water.h"

namespace mg::world {
namespace {

void paint_parasol(Layer& layer, Setting& s, float x, float base, uint32_t color) {
  const float h = s.u(0.22f), r = s.u(0.105f), top = base - h;
  fill(layer, Capsule{x, base, x, top, s.u(0.006f), s.u(0.006f)}, s.lit(0xf4f4f4));
  // Segments in two colours, cut off below by a straight hem.
  const Color cloth = s.lit(color), white = s.lit(0xffffff);
  fill(layer, Polygon{{x - r, top + r * 0.62f}, {x - r * 0.62f, top + r * 0.14f}, {x, top - r * 0.04f}, {x + r * 0.62f, top + r * 0.14f}, {x + r, top + r * 0.62f}},
       [&](float px, float py) {
         const float spoke = (px - x) / std::max(1.0f, py - top + r * 0.35f);
         const bool odd = static_cast<int>(std::floor((spoke + 3) * 2.2f)) % 2 != 0;
         return scaled(odd ? white : cloth, px < x ? 1.0f : 0.84f);
       });
}

void paint_lounger(Layer& layer, Setting& s, float x, float base, uint32_t color) {
  const float w = s.u(0.08f), r = s.u(0.011f);
  fill(layer, Capsule{x - w, base - 2.4f * r, x + w * 0.4f, base - 2.4f * r, r, r}, s.lit(color));
  fill(layer, Capsule{x + w * 0.4f, base - 2.4f * r, x + w, base - 6 * r, r, r}, s.lit(color));
  for (float leg : {-0.8f, 0.4f}) fill(layer, Box{x + w * leg - r * 0.4f, base - 2 * r, x + w * leg + r * 0.4f, base}, s.lit(0xe8e8e8));
}

void add_deck(ComposedPlace& place, Setting& s, float top, float edge) {
  Layer& deck = place.add<Layer>(s.frame, Depth::flat(0.5f), s.y(0.05f), s.y(edge) + 1);
  const PeriodicNoise noise(static_cast<float>(deck.period()), s.random.next());
  // Stone slabs: joints run towards the vanishing point only faintly, rows are wider near the water.
  const float slab = static_cast<float>(deck.period()) / std::round(deck.period() / s.u(0.14f));
  fill(deck, Box{0, s.y(top), static_cast<float>(deck.period()), s.y(edge)}, [&](float x, float y) {
    const float along = wrapped(x, slab), joint = saturate(1 - std::abs(along - 1)) * 0.13f;
    const float v = (y - s.y(top)) / (s.y(edge) - s.y(top)), line = saturate(1 - std::abs(y - s.y(mix(top, edge, 0.42f)))) * 0.13f;
    return scaled(s.lit(mix(0.0f, 1.0f, v) < 0.42f ? 0xecdcbd : 0xf3e6cb), 1 - std::max(joint, line) - 0.06f * noise.at(x, y, s.u(0.12f), s.u(0.03f)));
  });
  fill(deck, Box{0, s.y(edge) - s.u(0.03f), static_cast<float>(deck.period()), s.y(edge) - s.u(0.008f)}, s.lit(0xffffff));
  fill(deck, Box{0, s.y(edge) - s.u(0.008f), static_cast<float>(deck.period()), s.y(edge)}, s.lit(0x2f8fb8));
  static constexpr uint32_t kCloth[] = {0xe8483f, 0xf6b32f, 0x3a86d8, 0xe85fa0};
  const int first = s.random.below(4);
  int i = 0;
  for (float x : spread(s, static_cast<float>(deck.period()), count_around(s, deck, 0.62f))) {
    paint_lounger(deck, s, x + s.u(0.12f), s.y(mix(top, edge, 0.5f)), 0xfafafa);
    paint_parasol(deck, s, x, s.y(mix(top, edge, 0.45f)), kCloth[(first + i++) % 4]);
  }
}

// Rails of the ladder at the edge, and a string of floats across the far water.
void add_fittings(ComposedPlace& place, Setting& s, float edge) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(0.55f), s.y(edge) - s.u(0.12f), s.y(edge) + s.u(0.12f));
  const float period = static_cast<float>(layer.period()), rope = s.y(edge) + s.u(0.062f);
  const int beads = static_cast<int>(std::lround(period / s.u(0.05f))) & ~1;
  for (int i = 0; i < beads; ++i) {
    const float x = period * (i + 0.5f) / beads;
    fill(layer, Ellipse{x, rope + s.u(0.012f), s.u(0.024f), s.u(0.008f), 1.5f}, s.lit(0x1d7fa8), 0.5f);
    fill(layer, Ellipse{x, rope, s.u(0.022f), s.u(0.012f)}, s.lit(i % 2 ? 0xffffff : 0xf0503c));
  }
  const float x = s.x(s.random.chance(0.5) ? 0.14f : 0.86f);
  for (float side : {-1.0f, 1.0f}) {
    const float rail = x + side * s.u(0.03f), r = s.u(0.006f), top = s.y(edge) - s.u(0.085f);
    fill(layer, Capsule{rail, top, rail, s.y(edge) + s.u(0.03f), r, r}, s.lit(0xe3e9ee));
    fill(layer, Capsule{rail, top, rail + s.u(0.025f), top + s.u(0.035f), r, r}, s.lit(0xc4ced6));
  }
}

}  // namespace

PlacePointer make_swimming_pool(Setting s) {
  const float deck = 0.29f, edge = 0.4f;
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.58f, 0.9f, 0.6f});
  add_sky(*place, s, {.skyline = 0.3f, .clouds = 0.6f});
  Layer& garden = place->add<Layer>(s.frame, Depth::flat(0.3f), s.y(0.0f) - s.u(0.1f), s.y(0.36f));
  for (float x : spread(s, static_cast<float>(garden.period()), count_around(s, garden, 0.8f)))
    paint_palm(garden, s, {x, s.y(0.31f), s.u(s.pick(0.24, 0.32))}, s.lit(0x4fa04c, 0.12f), s.lit(0x9a7048, 0.12f));
  const float top = s.y(0.245f);
  fill(garden, Box{0, top, static_cast<float>(garden.period()), s.y(0.36f)}, [&](float, float y) { return mix(s.lit(0x4c9a48, 0.1f), s.lit(0x2f7338, 0.1f), (y - top) / s.y(0.08f)); });
  for (float x : spread(s, static_cast<float>(garden.period()), count_around(s, garden, 0.06f)))
    fill(garden, disc(x, top, s.u(s.pick(0.025, 0.04))), s.lit(0x4c9a48, 0.1f));
  add_deck(*place, s, deck, edge);
  const Depth depth{0.55f, 1, s.y(edge), s.y(0.6f)};
  place->add<Pool>(s, PoolLook{.top = s.y(edge), .depth = depth, .far = s.lit(0x4fd2e4), .near = s.lit(0x19a5d6), .line = s.lit(0x1673b0), .light = mix(s.lit(0xe8ffff), s.air.horizon, 0.3f),
                               .caustics = mix(0.3f, 0.62f, s.air.sun_shine), .lane = 0.66f, .over_subject = 0.62f});
  add_fittings(*place, s, edge);
  place->finish();
  return place;
}

}  // namespace mg::world
