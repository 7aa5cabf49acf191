// Stormy sea and underwater.
#include "moviegen/data/world/place_ground.h"
#include "moviegen/data/world/place_lights.h"
#include "moviegen/data/world/place_sky.h"
#include "moviegen/data/world/place_water.h"

namespace mg::world {
namespace {

// Rows of peaked waves rolling past; those nearer than a subject pass in front of it.
class Swell final : public Part {
 public:
  Swell(Setting& s, float skyline) : frame_(s.frame) {
    constexpr int kRows = 8;
    for (int i = 0; i < kRows; ++i) {
      const float d = static_cast<float>(i) / (kRows - 1), shine = 1 + 0.1f * (i % 2);
      waves_.push_back({s.y(mix(skyline + 0.015f, 1.0f, std::pow(d, 1.35f))), s.u(mix(0.012f, 0.1f, d)), s.u(mix(0.16f, 0.85f, d)), s.u(mix(0.03f, 0.26f, d)) * (i % 2 ? 1 : 0.8f),
                        s.pick(0, 6.283), mix(0.2f, 1, d), scaled(s.lit(0x4f93a0, 0.4f * (1 - d)), shine), scaled(s.lit(0x123c58, 0.3f * (1 - d)), shine)});
    }
    foam_ = s.lit(0xf2fafc);
  }
  void draw(Canvas& canvas, double t, const View& view) const override {
    for (size_t i = 0; i < waves_.size(); ++i) draw_wave(canvas, t, view, i);
  }
  void draw_front(Canvas& canvas, double t, const View& view, float foot_y) const override {
    for (size_t i = 0; i < waves_.size(); ++i)
      if (seen(canvas, view, waves_[i].k, 0, waves_[i].row).y > foot_y - 0.01f * canvas.unit()) draw_wave(canvas, t, view, i);
  }

 private:
  struct Wave {
    float row, height, length, speed, phase, k;
    Color crest, trough;
  };
  void draw_wave(Canvas& canvas, double t, const View& view, size_t i) const {
    const Wave& w = waves_[i];
    const NoiseTile& tile = NoiseTile::shared();
    const Seen at = seen(canvas, view, w.k, 0, w.row);
    const float height = w.height * at.scale, heave = 0.25f * height * static_cast<float>(std::sin(1.3 * t + w.phase));
    const float depth = 3.2f * height + 0.05f * canvas.unit();
    const bool last = i + 1 == waves_.size();
    for (int x = 0; x < canvas.width; ++x) {
      const float px = (x + 0.5f - at.x) / at.scale, moved = px + static_cast<float>(std::fmod(w.speed * t, 1e5));
      const float s1 = std::sin(3.1416f * moved / w.length + w.phase), peak = 1 - std::sqrt(s1 * s1 + 0.015f);
      const float n = tile.at(2.3f * moved / w.length, w.phase + static_cast<float>(0.3 * t));
      const float top = at.y + heave - height * (1.5f * peak + 0.7f * n - 0.6f), foam = height * smoothstep(0.3f, 0.85f, peak + 0.5f * (n - 0.5f)) * 0.34f;
      const int end = last ? canvas.height : std::min(canvas.height, static_cast<int>(top + depth));
      for (int y = std::max(0, static_cast<int>(top - 1)); y < end; ++y) {
        const float below = y + 0.5f - top;
        Color color = mix(w.crest, w.trough, smoothstep(0, 2.2f * height, below));
        color = mix(color, foam_, 0.9f * smoothstep(foam + 0.7f, foam - 0.7f, below) * smoothstep(0, 1, foam));
        over(canvas, x, y, color, saturate(below + 0.5f) * (last ? 1 : smoothstep(depth, 0.7f * depth, below)));
      }
    }
  }
  Frame frame_;
  std::vector<Wave> waves_;
  Color foam_;
};

void paint_coral(Layer& layer, Setting& s, const Stand& at, const Color& color) {
  const int arms = 4 + s.random.below(3);
  for (int i = 0; i < arms; ++i) {
    const float a = mix(-0.9f, 0.9f, (i + 0.5f) / arms) + s.pick(-0.12, 0.12), reach = at.height * s.pick(0.65, 1);
    const float mx = at.x + 0.5f * reach * std::sin(a * 1.2f), my = at.base - 0.5f * reach, ex = at.x + reach * std::sin(a), ey = at.base - reach * std::cos(a * 0.8f);
    const float r = at.height * 0.085f;
    const Color shade = scaled(color, mix(0.75f, 1.2f, s.pick(0, 1)));
    fill(layer, Capsule{at.x, at.base, mx, my, r * 1.3f, r}, shade);
    fill(layer, Capsule{mx, my, ex, ey, r, r * 0.8f}, shade);
    fill(layer, Capsule{mx, my, mx + (ex - mx) * 0.4f + r * 3 * (i % 2 ? 1 : -1), ey + 0.3f * (my - ey), r * 0.8f, r * 0.7f}, shade);
  }
}

}  // namespace

PlacePointer make_stormy_sea(Setting s) {
  const float skyline = 0.46f;
  auto place = std::make_unique<ComposedPlace>(s.air.light(), ComposedPlace::Ground{0.64f, 0.86f, 0.62f});
  add_sky(*place, s, {.skyline = skyline, .clouds = 0.8f, .sun = s.air.weather != Weather::kStorm});
  place->add<Swell>(s, skyline);
  place->finish();
  return place;
}

PlacePointer make_underwater(Setting s) {
  Light light;
  light.tint = {0.62f, 0.9f, 1.0f};
  light.ambient = srgb(0x2f8fc4), light.haze = 0.1f, light.shadow = 0.3f;
  auto place = std::make_unique<ComposedPlace>(light, ComposedPlace::Ground{0.56f, 0.86f, 0.7f});
  s.air.tint = {0.7f, 0.92f, 1.0f}, s.air.haze = srgb(0x2a8cc6), s.air.haze_near = 0.06f, s.air.haze_far = 0.85f;
  Layer& water = place->add<Layer>(s.frame, Depth::flat(0), 0, s.height());
  const Color shallow = product(srgb(0x7fe0ee), s.cast), middle = product(srgb(0x2a9fd6), s.cast), deep = product(srgb(0x0f5a9c), s.cast);
  for (int y = 0; y < water.bottom(); ++y)
    for (int x = 0; x < water.period(); ++x) {
      const float h = (y + 0.5f) / s.height(), glow_here = std::exp(-3 * std::hypot((x - s.x(s.air.sun_x)) / s.width(), h));
      water.over(x, y, mix(mix(shallow, middle, smoothstep(0, 0.4f, h)), deep, smoothstep(0.3f, 0.85f, h)), 1);
      water.over(x, y, srgb(0xd6fbff), 0.5f * glow_here);
    }
  add_ridge(*place, s, {.row = 0.66f, .swing = 0.08f, .longest = 0.7f, .top = 0x5f8aa0, .foot = 0x5a90b0, .k = 0.12f, .distance = 0.75f});
  add_ridge(*place, s, {.row = 0.73f, .swing = 0.05f, .longest = 0.5f, .top = 0x6f8a92, .foot = 0x9fb4a8, .k = 0.25f, .distance = 0.5f});
  place->add<Pool>(s, PoolLook{.top = s.y(0.78f), .depth = {0.5f, 1, s.y(0.78f), s.y(0.9f)}, .far = s.lit(0xd9c79a, 0.35f), .near = s.lit(0xe9d6a4), .line = s.lit(0xe9d6a4), .light = srgb(0xf4ffef),
                               .caustics = 0.34f, .lane = 0, .over_subject = 0});
  Layer& reef = place->add<Layer>(s.frame, Depth::flat(0.7f), s.y(0.5f), s.y(0.92f));
  static constexpr uint32_t kCorals[] = {0xff6f7a, 0xff9a4a, 0xc86be0, 0xffd04f, 0xff5fa8};
  for (float x : spread(s, static_cast<float>(reef.period()), count_around(s, reef, 0.26f))) {
    if (s.random.chance(0.3))
      paint_rock(reef, s, {x, s.y(0.835f), s.u(s.pick(0.05, 0.1))}, s.lit(0x7d8a94, 0.1f));
    else
      paint_coral(reef, s, {x, s.y(0.835f), s.u(s.pick(0.08, 0.15))}, s.lit(kCorals[s.random.below(5)], 0.08f));
  }
  Blades& kelp = place->add<Blades>(s, 0.09f, 1.1f);
  for (float x : spread(s, kelp.period(), 7))
    for (int i = 0; i < 4; ++i)
      kelp.add_blade({x + s.u(s.pick(-0.06, 0.06)), s.y(0.86f), s.u(s.pick(0.16, 0.34)), s.u(0.014f), s.u(s.pick(-0.04, 0.04)), x * 0.05f + 0.4f * i, 0.75f, s.lit(s.random.chance(0.5) ? 0x3fa05c : 0x5fb04a)});
  place->add<Beams>(s, srgb(0xbff4ff), 0.16f);
  place->add<Bubbles>(s, 14);
  place->finish();
  return place;
}

}  // namespace mg::world
