// Stage and space: places lit by their own lights.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_lights.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

// A hanging cloth: folds shade it, wider and deeper towards the hem.
void paint_folds(Layer& layer, Setting& s, const Box& area, const Color& cloth, float fold) {
  const PeriodicNoise noise(static_cast<float>(layer.period()), s.random.next());
  fill(layer, area, [&](float x, float y) {
    const float bend = 0.25f * fold * (noise.at(x, y, s.u(0.3f), s.u(0.4f)) - 0.5f);
    const float wave = std::sin(6.283f * (x + bend) / fold), down = (y - area.y0) / (area.y1 - area.y0);
    return scaled(cloth, (0.62f + 0.38f * wave) * mix(0.75f, 1.05f, down));
  });
}

void paint_planet(Layer& layer, Setting& s, float x, float y, float r, bool ringed) {
  static constexpr uint32_t kPlanets[][3] = {{0xe8a05c, 0xc8703c, 0xf6d29a}, {0x4f9ae0, 0x2f6ab8, 0xbfe6f4}, {0xd86a8a, 0xa8447a, 0xf4b0b8}, {0x6fc0a0, 0x3f8a80, 0xd6f0c8}};
  const auto& colors = kPlanets[s.random.below(4)];
  const PeriodicNoise noise(static_cast<float>(layer.period()), s.random.next());
  const float tilt = 0.35f;
  const auto ring = [&](bool front) {
    for (int py = static_cast<int>(y - 2.2f * r); py < static_cast<int>(y + 2.2f * r); ++py)
      for (int px = static_cast<int>(x - 2.2f * r); px < static_cast<int>(x + 2.2f * r); ++px) {
        const float dx = px + 0.5f - x, dy = py + 0.5f - y, u = dx * std::cos(tilt) + dy * std::sin(tilt), v = (dy * std::cos(tilt) - dx * std::sin(tilt)) / 0.26f;
        if ((v > 0) != front) continue;
        const float d = std::sqrt(u * u + v * v) / r, band = smoothstep(1.3f, 1.36f, d) * smoothstep(2.02f, 1.94f, d) * (1 - 0.6f * smoothstep(0.04f, 0.01f, std::abs(d - 1.66f)));
        layer.over(px, py, srgb(0xe8d2b0), 0.8f * band);
      }
  };
  if (ringed) ring(false);
  fill(layer, disc(x, y, r * 1.12f, r * 0.25f), srgb(colors[2]), 0.16f);
  fill(layer, disc(x, y, r), [&](float px, float py) {
    const float u = (px - x) / r, v = (py - y) / r, across = v * std::cos(tilt) - u * std::sin(tilt);
    const float n = noise.at(px, py, r * 0.9f, r * 0.3f, 2), band = 0.5f + 0.5f * std::sin(across * 9 + 3 * n);
    const Color face = mix(mix(srgb(colors[0]), srgb(colors[1]), smoothstep(0.3f, 0.7f, band)), srgb(colors[2]), 0.5f * smoothstep(0.62f, 0.85f, n));
    const float z = std::sqrt(std::max(0.0f, 1 - u * u - v * v)), light = saturate(-0.55f * u - 0.5f * v + 0.62f * z);
    return scaled(face, 0.05f + 1.05f * light);
  });
  if (ringed) ring(true);
}

}  // namespace

PlacePointer make_stage(Setting s) {
  const float floor = 0.68f;
  Light light;
  light.tint = {1.0f, 0.94f, 0.86f}, light.shadow = 0.5f;
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.76f, 0.93f, 0.7f});
  static constexpr uint32_t kCloths[] = {0xb01c28, 0x9c1430, 0xc22a1e};
  const Color red = scaled(srgb(kCloths[s.random.below(3)]), 0.9f);
  Layer& back = place->add<Layer>(s.frame, Depth::flat(0.55f), -s.u(0.2f), s.y(floor) + 2);
  const float period = static_cast<float>(back.period());
  paint_folds(back, s, {0, -s.u(0.2f), period, s.y(floor) + 2}, scaled(red, 0.42f), period / std::round(period / s.u(0.12f)));
  Layer& boards = place->add<Layer>(s.frame, Depth{0.6f, 1, s.y(floor), s.y(0.8f)}, s.y(floor), s.height() * 1.12f);
  const PeriodicNoise noise(static_cast<float>(boards.period()), s.random.next());
  for (int y = boards.top(); y < boards.bottom(); ++y)
    for (int x = 0; x < boards.period(); ++x) {
      const float d = saturate((y - s.y(floor)) / (s.height() - s.y(floor))), row = 7 * std::sqrt(d), joint = saturate(1.2f - std::abs(row - std::round(row)) * s.height() * 0.09f * std::sqrt(d + 0.02f));
      const float glow_here = std::exp(-2.2f * std::pow((wrapped(x - s.x(0.5f) + 0.5f * boards.period(), static_cast<float>(boards.period())) - 0.5f * boards.period()) / s.u(0.6f), 2.0f));
      const float shade = mix(0.42f, 0.72f, d) * (0.6f + 0.5f * glow_here) * (1 - 0.22f * joint) + 0.05f * (noise.at(x + 0.5f, y + 0.5f, s.u(0.3f), s.u(0.05f), 2) - 0.5f);
      boards.over(x, y, scaled(product(srgb(0xc08850), s.cast), shade), 1);
    }
  static const std::vector<std::vector<uint32_t>> kLights{{0xfff0c0, 0xfff6e0, 0xffe0a0}, {0x7fc0ff, 0xfff2d0, 0xff8fd0}, {0xff9a70, 0xfff2d0, 0x80e0d0}};
  std::vector<Color> lights;
  for (uint32_t hex : kLights[s.random.below(3)]) lights.push_back(srgb(hex));
  place->add<Spotlights>(s, s.y(0.84f), lights);
  Layer& front = place->add<Layer>(s.frame, Depth::flat(0.9f), -s.u(0.3f), s.y(0.78f));
  const float ring = static_cast<float>(front.period()), side = s.u(0.15f);
  // Wings at the frame's sides, a valance above; the ring carries one stage.
  paint_folds(front, s, {s.width() - side, -s.u(0.3f), ring + side, s.y(0.775f)}, red, s.u(0.075f));
  for (float x = 0; x < ring; x += s.u(0.22f))
    fill(front, Ellipse{x, s.y(0.02f), s.u(0.125f), s.u(0.115f)}, [&](float px, float py) {
      return scaled(red, (0.8f + 0.25f * std::sin(6.283f * (px - x) / s.u(0.07f))) * mix(1.1f, 0.7f, saturate(py / s.y(0.14f))));
    });
  for (float x = 0; x < ring; x += s.u(0.22f)) fill(front, Ellipse{x, s.y(0.02f) + s.u(0.114f), s.u(0.05f), s.u(0.008f)}, srgb(0xe8b84a));
  place->finish();
  return place;
}

PlacePointer make_space(Setting s) {
  Light light;
  light.tint = {0.92f, 0.94f, 1.0f}, light.ambient = srgb(0x1a1440), light.shadow = 0;
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.5f, 0.86f, 0.75f});
  Layer& sky = place->add<Layer>(s.frame, Depth::flat(0.04f), 0, s.height() * 1.1f);
  const PeriodicNoise noise(static_cast<float>(sky.period()), s.random.next()), noise2(static_cast<float>(sky.period()), s.random.next());
  static constexpr uint32_t kClouds[][2] = {{0x7a2f9c, 0x2f5fc0}, {0x2f7fa8, 0x6a2f9c}, {0xb03a78, 0x3a3fb0}};
  const auto& clouds = kClouds[s.random.below(3)];
  for (int y = 0; y < sky.bottom(); ++y)
    for (int x = 0; x < sky.period(); ++x) {
      const float a = noise.at(x + 0.5f, y + 0.5f, s.u(0.5f), s.u(0.4f), 3), b = noise2.at(x + 0.5f, y + 0.5f, s.u(0.4f), s.u(0.35f), 3);
      const float band = std::exp(-std::pow((y - s.y(0.5f) - 0.35f * (x - s.x(0.5f))) / s.u(0.42f), 2.0f));
      Color color = mix(srgb(0x05061c), srgb(0x10123c), y / s.height());
      color = mix(color, srgb(clouds[0]), 0.75f * band * smoothstep(0.42f, 0.75f, a));
      color = mix(color, srgb(clouds[1]), 0.6f * smoothstep(0.5f, 0.8f, b));
      sky.over(x, y, color, 1);
    }
  place->add<Stars>(s, s.height(), 150, 1.1f);
  Layer& planets = place->add<Layer>(s.frame, Depth::flat(0.12f), 0, s.height(), s.u(0.006f));
  const bool left = s.random.chance(0.5);
  paint_planet(planets, s, s.x(left ? 0.24f : 0.76f), s.y(0.26f), s.u(s.pick(0.13, 0.17)), s.random.chance(0.6));
  paint_planet(planets, s, s.x(left ? 0.84f : 0.16f), s.y(s.pick(0.14, 0.3)), s.u(s.pick(0.045, 0.07)), false);
  paint_planet(planets, s, s.x(0.5f) + 0.5f * planets.period(), s.y(0.3f), s.u(0.12f), s.random.chance(0.5));
  place->finish();
  return place;
}

}  // namespace mg::world
