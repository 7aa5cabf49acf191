// Rooms: gym and living room. The sky is outside the window; the room has its own light.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_lights.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

constexpr float kWall = 0.7f;  // parallax of walls: rooms are shallow

// Boards that run towards a vanishing point above the floor's edge.
void add_wood_floor(ComposedPlace& place, Setting& s, float row, uint32_t wood) {
  const float top = s.y(row), vanish = top - 0.9f * (s.height() - top);
  Layer& layer = place.add<Layer>(s.frame, Depth{kWall, 1, top, s.y(mix(row, 1, 0.4f))}, top, s.height() * 1.12f);
  const float period = static_cast<float>(layer.period()), boards = std::round(period / s.u(0.14f)), width = period / boards;
  const PeriodicNoise noise(period, s.random.next());
  const uint32_t shades = static_cast<uint32_t>(s.random.next());
  for (int y = layer.top(); y < layer.bottom(); ++y) {
    // Around the middle of the ring the boards converge; the ring must still close, so the fan is cut at its ends.
    const float z = (y + 0.5f - vanish) / (s.height() - vanish), centre = s.x(0.5f);
    for (int x = 0; x < layer.period(); ++x) {
      const float from_centre = wrapped(x + 0.5f - centre + 0.5f * period, period) - 0.5f * period;
      const float across = from_centre / z / width, board = std::floor(across), off = (across - board) * width * z;
      const float shade = 0.94f + 0.12f * lattice(static_cast<int>(board), 0, shades) + 0.06f * (noise.at(x + 0.5f, y + 0.5f, s.u(0.2f), s.u(0.06f)) - 0.5f);
      const float joint = 0.2f * saturate(1.3f - std::abs(off - 0.5f));
      layer.over(x, y, scaled(s.lit(wood), (shade - joint) * mix(0.86f, 1.06f, saturate((y - top) / (s.height() - top)))), 1);
    }
  }
}

struct Window {
  float x0, y0, x1, y1;
  int columns, rows;
};

// Cuts panes into a wall, with frames and a sill.
void cut_window(Layer& wall, Setting& s, const Window& w, const Color& frame) {
  const float f = s.u(0.014f);
  fill(wall, Box{w.x0 - f, w.y0 - f, w.x1 + f, w.y1 + f}, frame);
  for (int r = 0; r < w.rows; ++r)
    for (int c = 0; c < w.columns; ++c) {
      const Box pane{mix(w.x0, w.x1, static_cast<float>(c) / w.columns) + 0.4f * f, mix(w.y0, w.y1, static_cast<float>(r) / w.rows) + 0.4f * f,
                     mix(w.x0, w.x1, (c + 1.0f) / w.columns) - 0.4f * f, mix(w.y0, w.y1, (r + 1.0f) / w.rows) - 0.4f * f};
      for (int y = static_cast<int>(pane.y0); y <= static_cast<int>(pane.y1); ++y)
        for (int x = static_cast<int>(pane.x0); x <= static_cast<int>(pane.x1); ++x) wall.erase(x, y, pane.coverage(x + 0.5f, y + 0.5f));
    }
  fill(wall, Box{w.x0 - 2 * f, w.y1 + f * 0.6f, w.x1 + 2 * f, w.y1 + 2 * f}, scaled(frame, 0.85f));
}

void paint_wall_bars(Layer& wall, Setting& s, float x, float base) {
  const Color wood = s.lit(0xb98a56);
  for (int i = 0; i < 8; ++i) fill(wall, Box{x - s.u(0.1f), base - s.u(0.06f + 0.052f * i), x + s.u(0.1f), base - s.u(0.046f + 0.052f * i)}, wood);
  for (float side : {-1.0f, 0.0f, 1.0f}) fill(wall, Box{x + side * s.u(0.1f) - s.u(0.01f), base - s.u(0.46f), x + side * s.u(0.1f) + s.u(0.01f), base}, scaled(wood, 0.75f));
}

void paint_hoop(Layer& wall, Setting& s, float x, float y) {
  fill(wall, RoundBox{x - s.u(0.1f), y - s.u(0.075f), x + s.u(0.1f), y + s.u(0.06f), s.u(0.01f)}, s.lit(0xfafafa));
  fill(wall, Box{x - s.u(0.035f), y - s.u(0.01f), x + s.u(0.035f), y + s.u(0.04f)}, s.lit(0xe0483a));
  fill(wall, Box{x - s.u(0.027f), y - s.u(0.002f), x + s.u(0.027f), y + s.u(0.04f)}, s.lit(0xfafafa));
  for (int i = -2; i <= 2; ++i) fill(wall, Capsule{x + i * s.u(0.02f), y + s.u(0.045f), x + i * s.u(0.012f), y + s.u(0.105f), s.u(0.003f), s.u(0.003f)}, s.lit(0xe8e8e8));
  fill(wall, Capsule{x - s.u(0.045f), y + s.u(0.045f), x + s.u(0.045f), y + s.u(0.045f), s.u(0.007f), s.u(0.007f)}, s.lit(0xf0642c));
}

void paint_dumbbells(Layer& wall, Setting& s, float x, float base) {
  fill(wall, Box{x - s.u(0.14f), base - s.u(0.07f), x + s.u(0.14f), base - s.u(0.058f)}, s.lit(0x4a4f58));
  for (float side : {-1.0f, 1.0f}) fill(wall, Box{x + side * s.u(0.12f) - s.u(0.008f), base - s.u(0.07f), x + side * s.u(0.12f) + s.u(0.008f), base}, s.lit(0x4a4f58));
  static constexpr uint32_t kColors[] = {0xd8453f, 0x3f7fd0, 0x3fa860, 0xe8a530};
  for (int i = 0; i < 4; ++i) {
    const float cx = x + s.u(0.07f) * (i - 1.5f), y = base - s.u(0.088f);
    for (float side : {-1.0f, 1.0f}) fill(wall, disc(cx + side * s.u(0.017f), y, s.u(0.016f)), s.lit(kColors[i]));
  }
}

void paint_sofa(Layer& wall, Setting& s, float x, float base, uint32_t color) {
  const Color cloth = s.lit(color);
  fill(wall, Ellipse{x, base, s.u(0.31f), s.u(0.02f), 4}, Color{0, 0, 0}, 0.3f);
  fill(wall, RoundBox{x - s.u(0.25f), base - s.u(0.24f), x + s.u(0.25f), base - s.u(0.04f), s.u(0.04f)}, scaled(cloth, 0.86f));
  for (float side : {-0.5f, 0.5f}) {
    fill(wall, RoundBox{x + s.u(0.23f) * (2 * side - 1) * 0.5f, base - s.u(0.225f), x + s.u(0.23f) * (2 * side + 1) * 0.5f, base - s.u(0.1f), s.u(0.03f)}, scaled(cloth, 1.0f));
    fill(wall, RoundBox{x + s.u(0.23f) * (2 * side - 1) * 0.5f, base - s.u(0.125f), x + s.u(0.23f) * (2 * side + 1) * 0.5f, base - s.u(0.05f), s.u(0.025f)}, scaled(cloth, 1.15f));
  }
  fill(wall, Box{x - s.u(0.26f), base - s.u(0.06f), x + s.u(0.26f), base - s.u(0.02f)}, scaled(cloth, 0.72f));
  for (float side : {-1.0f, 1.0f}) {
    fill(wall, RoundBox{x + side * s.u(0.265f) - s.u(0.04f), base - s.u(0.165f), x + side * s.u(0.265f) + s.u(0.04f), base - s.u(0.02f), s.u(0.035f)}, scaled(cloth, side < 0 ? 1.1f : 0.9f));
    fill(wall, Box{x + side * s.u(0.25f) - s.u(0.01f), base - s.u(0.02f), x + side * s.u(0.25f) + s.u(0.01f), base}, s.lit(0x5a4030));
  }
}

void paint_curtain(Layer& wall, Setting& s, float x0, float x1, float top, float bottom, const Color& cloth) {
  fill(wall, Box{x0, top, x1, bottom}, [&](float px, float) { return scaled(cloth, 0.88f + 0.16f * std::sin(6.283f * (px - x0) / s.u(0.042f))); });
}

void paint_plant(Layer& wall, Setting& s, float x, float base) {
  for (int i = 0; i < 7; ++i) {
    const float a = mix(-1.1f, 1.1f, i / 6.0f), reach = s.u(s.pick(0.14, 0.2));
    fill(wall, Capsule{x, base - s.u(0.08f), x + reach * std::sin(a), base - s.u(0.08f) - reach * std::cos(a), s.u(0.008f), s.u(0.022f)}, scaled(s.lit(0x4f9a4c), i % 2 ? 1.1f : 0.8f));
  }
  fill(wall, Polygon{{x - s.u(0.05f), base - s.u(0.09f)}, {x + s.u(0.05f), base - s.u(0.09f)}, {x + s.u(0.036f), base}, {x - s.u(0.036f), base}}, s.lit(0xc8714a));
}

void paint_picture(Layer& wall, Setting& s, float x, float y) {
  const float w = s.u(0.09f), h = s.u(0.065f);
  fill(wall, Box{x - w, y - h, x + w, y + h}, s.lit(0x8a6238));
  fill(wall, Box{x - w * 0.86f, y - h * 0.82f, x + w * 0.86f, y + h * 0.82f}, [&](float px, float py) {
    const float hill = y + h * 0.25f + h * 0.2f * std::sin((px - x) / w * 4);
    return py > hill ? s.lit(0x6fae5a) : py > hill - h * 0.3f && px < x ? s.lit(0x7f9cc4) : s.lit(0xf0d9a0);
  });
}

// A lamp on a stand with its cone of light on the wall.
void paint_lamp(Layer& wall, Setting& s, float x, float base, float brightness) {
  const float top = base - s.u(0.4f);
  for (int y = wall.top(); y < wall.bottom(); ++y)
    for (int i = -static_cast<int>(s.u(0.4f)); i < static_cast<int>(s.u(0.4f)); ++i) {
      const float d = std::hypot(static_cast<float>(i), y - top) / s.u(0.4f);
      wall.over(static_cast<int>(x) + i, y, srgb(0xffe0a0), brightness * smoothstep(1, 0, d));
    }
  fill(wall, Box{x - s.u(0.006f), top, x + s.u(0.006f), base}, s.lit(0x4a3c34));
  fill(wall, Ellipse{x, base, s.u(0.04f), s.u(0.01f)}, s.lit(0x4a3c34));
  fill(wall, Polygon{{x - s.u(0.04f), top - s.u(0.04f)}, {x + s.u(0.04f), top - s.u(0.04f)}, {x + s.u(0.075f), top + s.u(0.05f)}, {x - s.u(0.075f), top + s.u(0.05f)}}, srgb(0xffedc0));
}

// The wall ends at the floor; its layer reaches on, for the furniture that stands before it.
Layer& add_wall(ComposedPlace& place, Setting& s, float floor, const Color& upper, const Color& lower) {
  Layer& wall = place.add<Layer>(s.frame, Depth::flat(kWall), -s.u(0.3f), s.y(floor) + s.u(0.1f));
  fill(wall, Box{0, static_cast<float>(wall.top()), static_cast<float>(wall.period()), s.y(floor)},
       [&](float, float y) { return mix(upper, lower, saturate(y / s.y(floor))); });
  return wall;
}

Light room_light(const Color& tint) {
  Light light;
  light.tint = tint, light.shadow = 0.4f;
  return light;
}

}  // namespace

PlacePointer make_gym(Setting s) {
  const float floor = 0.66f;
  auto place = std::make_unique<ComposedPlace>(room_light({0.98f, 0.98f, 1.0f}), ComposedPlace::Ground{0.74f, 0.93f, 0.66f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 1.6f});
  s.air.tint = {1, 1, 1}, s.air.haze_near = s.air.haze_far = 0;
  add_wood_floor(*place, s, floor, 0xd9a468);
  static constexpr uint32_t kStripes[] = {0x2f78c8, 0xd8503c, 0x2f9a6c, 0xe8a030};
  Layer& wall = add_wall(*place, s, floor, s.lit(0xe9eef2), s.lit(0xd6dee6));
  const float period = static_cast<float>(wall.period()), base = s.y(floor);
  fill(wall, Box{0, base - s.u(0.16f), period, base}, s.lit(kStripes[s.random.below(4)]));
  fill(wall, Box{0, base - s.u(0.185f), period, base - s.u(0.17f)}, s.lit(0xffffff));
  fill(wall, Box{0, base - s.u(0.02f), period, base}, s.lit(0x5a5f66));
  const float side = s.random.chance(0.5) ? 1.0f : 0.0f, module = s.u(1.05f);
  for (int i = 0; i * module < period - s.u(0.7f); ++i) {
    const float x = s.x(0.5f) + module * i + (side - 0.5f) * s.u(0.5f);
    cut_window(wall, s, {x - s.u(0.2f), s.y(0.12f), x + s.u(0.2f), s.y(0.12f) + s.u(0.27f), 3, 2}, s.lit(0xf8fafc));
    const float other = x - (side - 0.5f) * s.u(1.02f);
    if (i % 2 == 0) paint_wall_bars(wall, s, other, base);
    if (i % 2 == 1) paint_hoop(wall, s, other, s.y(0.24f));
    paint_dumbbells(wall, s, x, base + s.u(0.02f));
  }
  Layer& lines = place->add<Layer>(s.frame, Depth{kWall, 1, base, s.y(0.8f)}, base, s.height() * 1.1f);
  fill(lines, Box{0, s.y(0.735f), static_cast<float>(lines.period()), s.y(0.735f) + s.u(0.014f)}, s.lit(0xfdfdfd), 0.8f);
  fill(lines, Box{0, s.y(0.965f), static_cast<float>(lines.period()), s.y(0.965f) + s.u(0.022f)}, s.lit(0x2f68b8), 0.75f);
  const float hang = s.x(side > 0.5f ? 0.2f : 0.8f);
  for (float ring : {-1.0f, 1.0f})
    place->add<Pendulum>(PendulumLook{.x = hang + ring * s.u(0.06f), .y = -s.u(0.3f), .length = s.u(0.3f) + s.y(0.3f), .k = 0.75f, .swing = 0.05f, .period_s = 2.6f, .bob = s.u(0.026f), .line = s.u(0.005f), .ring = true,
                                      .color = s.lit(0xa8743c)});
  place->finish();
  return place;
}

PlacePointer make_living_room(Setting s) {
  const float floor = 0.68f;
  const bool night = s.air.moon;
  auto place = std::make_unique<ComposedPlace>(room_light(night ? Color{0.78f, 0.64f, 0.5f} : Color{1.0f, 0.97f, 0.92f}), ComposedPlace::Ground{0.77f, 0.94f, 0.7f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 1.6f});
  s.air.tint = night ? Color{0.62f, 0.47f, 0.34f} : Color{1.0f, 0.96f, 0.9f};
  s.air.haze_near = s.air.haze_far = 0;
  add_wood_floor(*place, s, floor, 0xb98050);
  static constexpr uint32_t kWalls[] = {0xf0cfa0, 0xb9d4bc, 0xd9c2dc, 0xf0b8a0, 0xb8cfe0}, kSofas[] = {0xc8503f, 0x3f8a86, 0x4f6fb0, 0xd99a34, 0x8a5a9c};
  const uint32_t paper = kWalls[s.random.below(5)];
  Layer& wall = add_wall(*place, s, floor, s.lit(paper), scaled(s.lit(paper), 0.9f));
  const float period = static_cast<float>(wall.period()), base = s.y(floor), stripe = period / std::round(period / s.u(0.11f));
  for (float x = 0; x < period - 1; x += stripe) fill(wall, Box{x, -s.u(0.3f), x + 0.5f * stripe, base}, scaled(s.lit(paper), 1.08f), 0.7f);
  fill(wall, Box{0, base - s.u(0.03f), period, base}, s.lit(0xf6f0e6));
  const float flip = s.random.chance(0.5) ? 1.0f : -1.0f, module = s.u(1.2f);
  const uint32_t sofa = kSofas[s.random.below(5)];
  const Color cloth = s.lit(kSofas[s.random.below(5)]);
  for (int i = 0; i * module < period - s.u(1.0f); ++i) {
    const float x = s.x(0.5f) + module * i, window = x - flip * s.u(0.24f), top = s.y(0.1f), low = top + s.u(0.3f);
    cut_window(wall, s, {window - s.u(0.14f), top, window + s.u(0.14f), low, 2, 2}, s.lit(0xfaf6ee));
    for (float hand : {-1.0f, 1.0f}) paint_curtain(wall, s, window + hand * s.u(0.16f) - s.u(0.045f), window + hand * s.u(0.16f) + s.u(0.045f), top - s.u(0.04f), low + s.u(0.07f), cloth);
    fill(wall, Capsule{window - s.u(0.22f), top - s.u(0.045f), window + s.u(0.22f), top - s.u(0.045f), s.u(0.008f), s.u(0.008f)}, s.lit(0x7a5232));
    paint_picture(wall, s, x + flip * s.u(0.2f), s.y(0.2f) + s.u(0.02f));
    paint_lamp(wall, s, x + flip * s.u(0.45f), base + s.u(0.03f), night ? 0.6f : 0.3f);
    paint_plant(wall, s, x - flip * s.u(0.47f), base + s.u(0.03f));
    paint_sofa(wall, s, x + flip * s.u(0.06f), base + s.u(0.045f), sofa);
  }
  Layer& rug = place->add<Layer>(s.frame, Depth::flat(1), s.y(0.76f), s.height() * 1.1f);
  for (int i = 0; i < 3; ++i)
    fill(rug, Ellipse{s.x(0.5f), s.y(0.875f), s.u(0.44f - 0.05f * i), s.y(0.09f) - s.u(0.016f * i)}, scaled(i % 2 ? s.lit(0xf4e4c4) : cloth, 0.95f), 0.92f);
  place->finish();
  return place;
}

}  // namespace mg::world
