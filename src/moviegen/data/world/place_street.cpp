#include "moviegen/data/world/place_street.h"

namespace mg::world {

void paint_facade(Layer& layer, Setting& s, const Facade& f) {
  fill(layer, Box{f.x0, f.top, f.x1, f.base}, [&](float x, float) { return scaled(f.wall, mix(1.06f, 0.88f, (x - f.x0) / (f.x1 - f.x0))); });
  const float inner = f.x1 - f.x0 - f.cell_w * 0.3f, height = f.base - f.shop - f.top - f.cell_h * 0.3f;
  const int columns = std::max(1, static_cast<int>(inner / f.cell_w)), rows = static_cast<int>(height / f.cell_h);
  const float step = inner / columns;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const float x = f.x0 + f.cell_w * 0.15f + step * (c + 0.5f), y = f.top + f.cell_h * (r + 0.72f);
      const float w = 0.5f * step * f.window_w, h = 0.5f * f.cell_h * f.window_h;
      const bool on = s.random.chance(f.lit_share);
      const Color glass = on ? scaled(f.lit_glass, s.pick(0.75, 1.1)) : scaled(f.glass, s.pick(0.85, 1.15));
      fill(layer, Box{x - w, y - h, x + w, y + h}, [&](float, float py) { return on ? glass : scaled(glass, mix(1.2f, 0.85f, (py - y + h) / (2 * h))); });
    }
}

Layer& add_skyline(ComposedPlace& place, Setting& s, const SkylineLook& look) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(look.k), s.y(look.base) - s.u(look.high) - 4, s.y(look.base) + s.u(0.05f));
  const float period = static_cast<float>(layer.period());
  const Color lit_glass = mix(srgb(0xffd27a), s.air.haze, 0.3f * look.distance);
  for (float x = 0; x < period - s.u(look.width_low) * 0.5f;) {
    const float w = std::min(s.u(s.pick(look.width_low, look.width_high)), period - x);
    const float h = s.u(s.pick(look.low, look.high));
    const Color wall = s.lit(look.walls[s.random.below(3)], look.distance);
    Facade facade{.x0 = x, .x1 = x + w, .top = s.y(look.base) - h, .base = static_cast<float>(layer.bottom()), .wall = wall, .glass = scaled(wall, 0.78f), .lit_glass = lit_glass,
                  .lit_share = look.lit_share * s.air.dark, .cell_w = s.u(0.032f), .cell_h = s.u(0.04f)};
    paint_facade(layer, s, facade);
    if (s.random.chance(0.3))
      fill(layer, Box{x + w * 0.45f, facade.top - s.u(0.05f), x + w * 0.45f + std::max(1.0f, s.u(0.008f)), facade.top}, wall);
    x += w + (s.random.chance(0.3) ? s.u(s.pick(0.01, 0.05)) : 0);
  }
  return layer;
}

void add_road(ComposedPlace& place, Setting& s, const RoadLook& look) {
  const Depth depth{0.75f, 1, s.y(look.pavement), s.y(look.kerb + 0.03f)};
  Layer& layer = place.add<Layer>(s.frame, depth, s.y(look.pavement) - 1, s.height() * 1.12f);
  const float period = static_cast<float>(layer.period());
  const PeriodicNoise noise(period, s.random.next());
  const float kerb = s.y(look.kerb), kerb_h = std::max(1.5f, s.u(0.016f)), slab = period / std::round(period / s.u(0.16f));
  for (int y = layer.top(); y < layer.bottom(); ++y)
    for (int x = 0; x < layer.period(); ++x) {
      const float px = x + 0.5f, py = y + 0.5f;
      const float soft = noise.at(px, py, s.u(0.3f), s.u(0.05f), 2) - 0.5f;
      const float joint = 0.12f * saturate(1.2f - std::abs(wrapped(px - 0.5f * (py - kerb), slab) - 1));
      const Color pavement = scaled(s.lit(look.slabs), 1 - joint + 0.08f * soft);
      const Color edge = s.lit(py < kerb + 0.5f * kerb_h ? 0xe4e0d8 : 0x9a958e);
      const float down = saturate((py - kerb) / (s.height() - kerb));
      const Color road = scaled(s.lit(look.asphalt), mix(0.9f, 1.08f, down) + 0.16f * soft);
      Color color = mix(pavement, edge, saturate(py - kerb + 0.5f));
      color = mix(color, road, saturate(py - kerb - kerb_h + 0.5f));
      layer.over(x, y, color, saturate(py - s.y(look.pavement) + 0.5f));
    }
  const int dashes = static_cast<int>(std::lround(period / s.u(0.46f)));
  const float y = s.y(look.dashes), h = s.u(0.02f);
  for (int i = 0; i < dashes; ++i) {
    const float x = period * (i + 0.3f) / dashes, w = s.u(0.23f);
    fill(layer, Polygon{{x + h * 0.8f, y - h}, {x + w + h * 0.8f, y - h}, {x + w - h * 0.8f, y + h}, {x - h * 0.8f, y + h}}, s.lit(look.mark), 0.92f);
  }
}

void paint_street_lamp(Layer& layer, Setting& s, const Stand& at) {
  const float h = at.height, r = std::max(0.8f, h * 0.016f);
  const Color metal = s.lit(0x3f4650);
  fill(layer, Capsule{at.x, at.base, at.x, at.base - h, r * 1.3f, r}, metal);
  fill(layer, Capsule{at.x, at.base - h, at.x + h * 0.16f, at.base - h * 1.04f, r, r}, metal);
  const Color lamp = s.air.dark > 0.2f ? srgb(0xffe2a0) : s.lit(0xf2efe2);
  if (s.air.dark > 0.2f) fill(layer, disc(at.x + h * 0.17f, at.base - h, h * 0.16f, h * 0.3f), srgb(0xffc860), 0.4f * s.air.dark);
  fill(layer, Ellipse{at.x + h * 0.18f, at.base - h * 1.015f, h * 0.05f, h * 0.024f}, lamp);
}

}  // namespace mg::world
