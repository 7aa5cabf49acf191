// Snow field and Antarctica.
#include "moviegen/data/world/place_drift.h"
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_water.h"

namespace mg::world {
namespace {

constexpr uint32_t kSnow = 0xf6faff;

// Under a low sun snow turns rose, not sand-coloured.
void cool_light(Air& air) {
  if (air.time == TimeOfDay::kSunset || air.time == TimeOfDay::kDawn) air.tint = mix(air.tint, scaled({1.0f, 0.84f, 0.98f}, luminance(air.tint) * 1.15f), 0.65f);
}

// Snow throws light back from below, and its storms are of snow.
Light snow_light(const Air& air) {
  Light light = air.light();
  light.storm = Storm::kSnow;
  if (!air.moon) light.tint = mix(light.tint, {1.06f, 1.08f, 1.12f}, 0.4f);
  return light;
}

// Curtains of green light in the polar night.
class Aurora final : public Part {
 public:
  Aurora(const Setting& s, float bottom) : bottom_(bottom), seed_(static_cast<float>(s.seed % 16)) {}
  void draw(Canvas& canvas, double t, const View&) const override {
    const NoiseTile& tile = NoiseTile::shared();
    const float unit = canvas.unit(), time = static_cast<float>(std::fmod(t, 4096.0));
    for (int band = 0; band < 2; ++band)
      for (int x = 0; x < canvas.width; ++x) {
        const float u = x / unit, foot = bottom_ * (0.52f + 0.2f * band) + 0.1f * unit * (tile.at(1.6f * u + seed_ + 0.1f * time, 0.12f * time + 5 * band) - 0.5f);
        const float ray = 0.35f + 0.65f * tile.at(6 * u - 0.25f * time, seed_ + 3 + band), height = 0.34f * bottom_ * (0.6f + 0.6f * ray);
        for (int y = std::max(0, static_cast<int>(foot - height)); y < std::min<float>(canvas.height, foot + 0.04f * unit); ++y) {
          const float up = (foot - y) / height, glow_here = up > 0 ? (1 - up) * (1 - up) : smoothstep(-0.12f, 0, up);
          add_light(canvas, x, y, mix(Color{0.1f, 0.9f, 0.45f}, Color{0.4f, 0.2f, 0.8f}, saturate(up)), 0.3f * ray * glow_here);
        }
      }
  }

 private:
  float bottom_, seed_;
};

// Blocks of ice with a lit top and a blue side.
void paint_ice(Layer& layer, Setting& s, const Stand& at, const Color& top, const Color& side) {
  const float h = at.height, w = h * s.pick(0.7, 1.3), cut = h * s.pick(0.25, 0.5), skew = w * s.pick(-0.2, 0.2);
  fill(layer, Polygon{{at.x - w, at.base}, {at.x - w * 0.85f, at.base - h + cut}, {at.x + skew, at.base - h}, {at.x + w * 0.8f, at.base - h + cut * 0.6f}, {at.x + w, at.base}},
       [&](float px, float py) { return scaled(mix(top, side, saturate((py - at.base + h) / h)), px < at.x + skew ? 1.06f : 0.84f); });
  fill(layer, Polygon{{at.x - w * 0.85f, at.base - h + cut}, {at.x + skew, at.base - h}, {at.x + w * 0.8f, at.base - h + cut * 0.6f}, {at.x + skew, at.base - h + cut * 0.9f}}, top);
}

}  // namespace

PlacePointer make_snow_field(Setting s) {
  const float skyline = 0.53f;
  cool_light(s.air);
  auto place = std::make_unique<ComposedPlace>(snow_light(s.air), ComposedPlace::Ground{0.66f, 0.92f, 0.5f});
  add_sky(*place, s, {.skyline = skyline, .clouds = 0.7f});
  add_ridge(*place, s, {.row = 0.44f, .swing = 0.05f, .longest = 1.1f, .top = 0xe6eefa, .foot = 0xb4c8e6, .k = 0.08f, .distance = 0.55f});
  add_ridge(*place, s, {.row = 0.5f, .swing = 0.03f, .longest = 0.7f, .top = 0xf0f5fd, .foot = 0xc2d4ec, .k = 0.15f, .distance = 0.35f});
  const Color snow = s.lit(kSnow, 0.1f);
  for (int row = 0; row < 2; ++row) {
    Layer& trees = place->add<Layer>(s.frame, Depth::flat(row ? 0.34f : 0.22f), s.y(0.2f), s.y(0.62f));
    const Color leaf = s.lit(row ? 0x2f6a58 : 0x447a74, row ? 0.15f : 0.4f), trunk = s.lit(0x6a4a38, 0.3f);
    for (float x : spread(s, static_cast<float>(trees.period()), count_around(s, trees, row ? 0.42f : 0.15f))) {
      if (s.random.chance(0.25)) continue;
      const float base = s.y(row ? 0.56f : 0.53f) + s.u(s.pick(0, 0.015));
      paint_pine(trees, s, {x, base, s.u(row ? s.pick(0.2, 0.32) : s.pick(0.08, 0.14))}, leaf, trunk, &snow);
    }
  }
  add_snow_ground(*place, s, skyline + 0.015f);
  place->add<Drift>(s, DriftLook{.top = s.y(skyline + 0.02f), .bottom = s.y(0.86f), .depth = ground_depth(s, skyline), .color = s.lit(0xffffff, 0.2f),
                                 .amount = 0.5f, .length = 0.55f, .height = 0.05f, .speed = 0.14f});
  Layer& mounds = place->add<Layer>(s.frame, Depth::flat(0.62f), s.y(0.2f), s.y(0.8f));
  for (float x : spread(s, static_cast<float>(mounds.period()), count_around(s, mounds, 0.8f))) {
    if (s.random.chance(0.45))
      paint_rock(mounds, s, {x, s.y(0.68f), s.u(s.pick(0.04, 0.07))}, s.lit(0x8c9ab4, 0.05f), &snow);
    else
      paint_pine(mounds, s, {x, s.y(0.65f) + s.u(s.pick(0, 0.03)), s.u(s.pick(0.3, 0.4))}, s.lit(0x28604e, 0.06f), s.lit(0x6a4a38, 0.05f), &snow);
  }
  place->add<Fringe>(s, s.lit(0xf2f7ff), s.u(0.028f), false);
  place->finish();
  return place;
}

PlacePointer make_antarctica(Setting s) {
  const float skyline = 0.5f, shore = 0.61f;
  cool_light(s.air);
  auto place = std::make_unique<ComposedPlace>(snow_light(s.air), ComposedPlace::Ground{0.7f, 0.93f, 0.55f});
  add_sky(*place, s, {.skyline = skyline, .clouds = 0.35f});
  if (s.air.moon && s.air.overcast < 0.5f) place->add<Aurora>(s, s.y(skyline));
  add_peaks(*place, s, {.k = 0.05f, .apart = 0.34f, .typical = {0, s.y(0.2f), s.y(0.57f), s.u(0.34f), s.y(0.44f)}, .rock = s.lit(0x6fa6d6, 0.42f), .snow = s.lit(0xe6f4ff, 0.3f)});
  add_peaks(*place, s, {.k = 0.1f, .apart = 0.44f, .typical = {0, s.y(0.33f), s.y(0.58f), s.u(0.27f), s.y(0.47f)}, .rock = s.lit(0x4f90cc, 0.2f), .snow = s.lit(0xf4fbff, 0.12f)});
  const Depth depth{0.14f, 0.5f, s.y(0.555f), s.y(shore)};
  place->add<Sea>(s, SeaLook{.top = s.y(0.56f), .bottom = s.y(shore) + s.u(0.04f), .depth = depth, .far = s.lit(0x3f86b8, 0.15f), .near = s.lit(0x1f5f96), .light = s.lit(0x9fd4ee),
                             .dark = s.lit(0x174a7c), .roughness = 0.4f, .size = 0.5f, .speed = 0.6f});
  Layer& bergs = place->add<Layer>(s.frame, Depth::flat(0.25f), s.y(0.4f), s.y(0.65f));
  for (float x : spread(s, static_cast<float>(bergs.period()), count_around(s, bergs, 0.42f)))
    paint_ice(bergs, s, {x, s.y(0.59f) + s.u(s.pick(-0.01, 0.01)), s.u(s.pick(0.05, 0.11))}, s.lit(0xf2fbff, 0.1f), s.lit(0x79c4e8, 0.1f));
  add_snow_ground(*place, s, shore);
  Layer& near = place->add<Layer>(s.frame, Depth::flat(0.66f), s.y(0.5f), s.y(0.8f));
  for (float x : spread(s, static_cast<float>(near.period()), count_around(s, near, 0.6f)))
    paint_ice(near, s, {x, s.y(0.69f) + s.u(s.pick(0, 0.03)), s.u(s.pick(0.07, 0.14))}, s.lit(0xf6fdff), s.lit(0x6fc0ea));
  place->add<Drift>(s, DriftLook{.top = s.y(shore), .bottom = s.y(0.9f), .depth = ground_depth(s, shore), .color = s.lit(0xffffff, 0.1f),
                                 .amount = 0.5f, .length = 0.6f, .height = 0.05f, .speed = -0.2f});
  place->add<Fringe>(s, s.lit(0xf2f7ff), s.u(0.026f), false);
  place->finish();
  return place;
}

}  // namespace mg::world
