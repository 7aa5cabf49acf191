// Desert: dunes with lit and shaded sides, far mesas, cacti.
#include "moviegen/data/world/place_drift.h"
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"

namespace mg::world {
namespace {

// A row of dunes; the side away from the light lies in shadow under a sharp, slanting crest.
void add_dunes(ComposedPlace& place, Setting& s, const RidgeLook& look) {
  const float row = s.y(look.row), swing = s.u(look.swing);
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(look.k), row - swing - 2, s.height());
  const Profile profile(s, static_cast<float>(layer.period()), s.u(look.longest), 2);
  const auto top = [&](float x) {
    const float p = profile.at(x);
    return row - swing * (0.75f * p + 0.25f * std::abs(p));
  };
  const Color light = s.lit(look.top, look.distance), shadow = s.lit(look.foot, look.distance);
  fill_below(layer, top, [&](float x, float, float below) {
    const float at = x - 1.5f * below, slope = (top(at + 1) - top(at - 1)) * s.u(look.longest) / swing * 0.3f;
    const float shade = smoothstep(-0.12f, 0.12f, slope) * smoothstep(3.4f * swing, 0.4f * swing, below);
    return mix(light, shadow, 0.85f * shade);
  });
}

void add_mesas(ComposedPlace& place, Setting& s) {
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(0.06f), s.y(0.25f), s.y(0.6f));
  for (float x : spread(s, static_cast<float>(layer.period()), count_around(s, layer, 0.7f))) {
    const float w = s.u(s.pick(0.1, 0.2)), top = s.y(0.5f) - s.u(s.pick(0.08, 0.15)), base = s.y(0.6f);
    const Color stone = s.lit(0xb8653f, 0.45f);
    const auto shade = [&](float px, float py) {
      const float band = 0.94f + 0.1f * std::sin(py * 6.283f / s.u(0.045f));
      return scaled(stone, band * (px < x + 0.2f * w ? 1.1f : 0.78f));
    };
    fill(layer, Polygon{{x - w * 0.7f, top}, {x + w * 0.7f, top}, {x + w * 0.85f, base}, {x - w * 0.85f, base}}, shade);
    fill(layer, Polygon{{x - w * 0.8f, s.y(0.5f)}, {x + w * 0.8f, s.y(0.5f)}, {x + w * 1.6f, base}, {x - w * 1.6f, base}}, shade);
  }
}

}  // namespace

PlacePointer make_desert(Setting s) {
  if (s.air.weather == Weather::kStorm) {
    // A sandstorm takes the whole sky.
    const Color sand = product(srgb(0xd29a5c), mix(s.air.tint, {1, 1, 1}, s.air.moon ? 0 : 0.5f));
    s.air.zenith = scaled(sand, 0.55f), s.air.middle = scaled(sand, 0.7f), s.air.low = scaled(sand, 0.85f);
    s.air.horizon = s.air.haze = sand, s.air.overcast = 0, s.air.tint = mix(s.air.tint, scaled({1.2f, 0.95f, 0.7f}, luminance(s.air.tint) * 1.5f), 0.7f);
  }
  Light light = s.air.light();
  light.storm = Storm::kSand;
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.68f, 0.93f, 0.52f});
  add_sky(*place, s, {.skyline = 0.5f, .clouds = 0.25f});
  add_mesas(*place, s);
  add_dunes(*place, s, {.row = 0.52f, .swing = 0.05f, .longest = 0.75f, .top = 0xf3c98a, .foot = 0xc98a5a, .k = 0.12f, .distance = 0.35f});
  add_dunes(*place, s, {.row = 0.57f, .swing = 0.06f, .longest = 0.95f, .top = 0xf6c272, .foot = 0xc47c42, .k = 0.24f, .distance = 0.12f});
  Layer& ground = add_ground(*place, s, {.skyline = 0.62f, .far = 0xf4bd68, .near = 0xe9a549, .patch = 0xfad089, .patches = 0.5f, .waviness = 0.03f, .patch_size = 0.34f});
  // Wind ripples: faint curved lines, wider apart towards the camera.
  const PeriodicNoise noise(static_cast<float>(ground.period()), s.random.next());
  for (int y = static_cast<int>(s.y(0.68f)); y < ground.bottom(); ++y)
    for (int x = 0; x < ground.period(); ++x) {
      const float d = saturate((y - s.y(0.66f)) / s.y(0.34f));
      const float wave = std::sin(6.283f * (5.5f * std::log(d + 0.3f) * 1.6f + 1.5f * noise.at(x + 0.5f, static_cast<float>(y), s.u(0.4f), s.u(0.3f), 2)));
      ground.over(x, y, s.lit(0xb8702f), 0.2f * smoothstep(0.1f, 0.95f, wave) * smoothstep(0, 0.3f, d));
    }
  Layer& plants = place->add<Layer>(s.frame, Depth::flat(0.6f), s.y(0.2f), s.y(0.78f));
  for (float x : spread(s, static_cast<float>(plants.period()), count_around(s, plants, 0.62f))) {
    if (s.random.chance(0.62))
      paint_cactus(plants, s, {x, s.y(0.665f) + s.u(s.pick(0, 0.03)), s.u(s.pick(0.18, 0.28))}, s.lit(0x4d9150, 0.06f));
    else
      paint_rock(plants, s, {x, s.y(0.69f), s.u(s.pick(0.04, 0.08))}, s.lit(0xc4804f, 0.05f));
  }
  place->add<Drift>(s, DriftLook{.top = s.y(0.58f), .bottom = s.y(0.9f), .depth = ground_depth(s, 0.62f), .color = s.lit(0xffe2ac, 0.1f), .amount = 0.38f,
                                 .length = 0.7f, .height = 0.06f, .speed = 0.2f});
  place->finish();
  return place;
}

}  // namespace mg::world
