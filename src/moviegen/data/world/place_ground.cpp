#include "moviegen/data/world/place_ground.h"

namespace mg::world {

Depth ground_depth(const Setting& s, float skyline) {
  // From about 40 % of the way down the ground moves as one with the subjects that stand on it.
  return {0.3f, 1, s.y(skyline), s.y(mix(skyline, 1, 0.4f))};
}

Layer& add_ground(ComposedPlace& place, Setting& s, const GroundLook& look) {
  const float top = s.y(look.skyline), wave = s.u(look.waviness);
  Layer& layer = place.add<Layer>(s.frame, ground_depth(s, look.skyline), top - 2 * wave - 2, s.height() * 1.12f);
  const float period = static_cast<float>(layer.period());
  const Profile profile(s, period, s.u(0.8f), 2);
  const PeriodicNoise noise(period, s.random.next());
  const float rows = s.height() - top, near_size = s.u(look.patch_size);
  fill_below(
      layer, [&](float x) { return top + wave * profile.at(x); },
      [&](float x, float y, float) {
        const float d = saturate((y - top) / rows);
        const float far_spots = noise.at(x, y, near_size * 0.45f, near_size * 0.09f, 2);
        const float near_spots = noise.at(x, y + 999, near_size, near_size * 0.32f, 2);
        const float spots = smoothstep(0.36f, 0.66f, mix(far_spots, near_spots, smoothstep(0.05f, 0.5f, d)));
        const float distance = 0.55f * (1 - d) * (1 - d);
        const Color base = mix(s.lit(look.far, distance), s.lit(look.near, distance), std::sqrt(d));
        return mix(base, s.lit(look.patch, distance), look.patches * spots);
      });
  return layer;
}

Layer& add_ridge(ComposedPlace& place, Setting& s, const RidgeLook& look) {
  const float row = s.y(look.row), swing = s.u(look.swing);
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(look.k), row - swing - s.u(0.2f), s.height());  // headroom for trees on it
  const Profile profile(s, static_cast<float>(layer.period()), s.u(look.longest), 3);
  const Color top = s.lit(look.top, look.distance), foot = s.lit(look.foot, look.distance);
  fill_below(
      layer, [&](float x) { return row + swing * profile.at(x); },
      [&](float, float, float below) { return mix(top, foot, saturate(below / (2.2f * swing + s.u(0.04f)))); });
  return layer;
}

Layer& add_snow_ground(ComposedPlace& place, Setting& s, float skyline) {
  const float top = s.y(skyline), wave = s.u(0.02f), rows = s.height() - top;
  Layer& layer = place.add<Layer>(s.frame, ground_depth(s, skyline), top - 2 * wave - 2, s.height() * 1.12f);
  const float period = static_cast<float>(layer.period());
  const Profile profile(s, period, s.u(0.9f), 2), crests(s, period, s.u(0.75f), 2), crests2(s, period, s.u(0.55f), 2);
  const PeriodicNoise noise(period, s.random.next());
  // Three long drifts behind each other; each is bright along its crest and falls away into blue.
  const float start[] = {0.1f, 0.34f, 0.66f}, swing[] = {0.018f, 0.035f, 0.05f}, fall[] = {0.09f, 0.16f, 0.26f};
  fill_below(
      layer, [&](float x) { return top + wave * profile.at(x); },
      [&](float x, float y, float) {
        const float d = saturate((y - top) / rows), distance = 0.4f * (1 - d) * (1 - d);
        float shade = 0.2f + 0.25f * smoothstep(0, 0.1f, d);
        for (int i = 0; i < 3; ++i) {
          const float below = y - (top + start[i] * rows + s.u(swing[i]) * (i % 2 ? crests2 : crests).at(x + 37 * i));
          shade = mix(shade, mix(0.02f, 0.62f, smoothstep(0, s.u(fall[i]), below)), saturate(below / s.u(0.012f) + 0.5f));
        }
        shade += 0.22f * (noise.at(x, y, s.u(0.3f), s.u(0.12f), 2) - 0.5f);
        return mix(s.lit(0xfbfdff, distance), s.lit(0xb4cbee, distance), saturate(shade));
      });
  return layer;
}

Layer& add_peaks(ComposedPlace& place, Setting& s, const RangeLook& look) {
  const Peak& typical = look.typical;
  Layer& layer = place.add<Layer>(s.frame, Depth::flat(look.k), typical.top - s.u(0.15f), typical.base);
  const int count = count_around(s, layer, look.apart);
  const std::vector<float> positions = spread(s, static_cast<float>(layer.period()), count);
  for (int pass = 0; pass < 2; ++pass)  // small ones behind large ones
    for (int i = pass; i < count; i += 2) {
      const float full = typical.base - typical.top, height = full * (pass ? s.pick(0.9, 1.12) : s.pick(0.62, 0.85));
      const float width = typical.half_width * height / full * s.pick(0.92, 1.15);
      paint_peak(layer, s, {positions[i], typical.base - height, typical.base, width, typical.snow_row}, look.rock, look.snow);
    }
  return layer;
}

std::vector<float> spread(Setting& s, float period, int count) {
  std::vector<float> positions;
  const float start = s.pick(0, period);
  for (int i = 0; i < count; ++i) positions.push_back(wrapped(start + period * (i + s.pick(-0.32, 0.32)) / count, period));
  return positions;
}

int count_around(const Setting& s, const Layer& layer, float apart) {
  return std::max(1, static_cast<int>(std::lround(layer.period() / s.u(apart))));
}

}  // namespace mg::world
