#include "moviegen/data/world/place_plants.h"

namespace mg::world {

void paint_pine(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk, const Color* snow) {
  const float h = at.height, w = h * s.pick(0.21, 0.27), x = at.x;
  fill(layer, Box{x - h * 0.03f, at.base - h * 0.16f, x + h * 0.03f, at.base}, trunk);
  const int tiers = h > s.u(0.3f) ? 4 : 3;
  const Color light = scaled(leaf, 1.25f), dark = scaled(leaf, 0.72f);
  for (int i = tiers - 1; i >= 0; --i) {
    const float top = at.base - h + h * 0.2f * i * 3 / tiers, bottom = at.base - h * 0.1f - h * 0.78f * (tiers - 1 - i) / (tiers + 0.6f);
    const float half = w * mix(0.5f, 1.0f, tiers > 1 ? static_cast<float>(i) / (tiers - 1) : 1);
    const auto shade = [&](float px, float py) {
      return mix(mix(light, leaf, smoothstep(-half * 0.6f, half * 0.2f, px - x)), dark, smoothstep(top, bottom, py) * smoothstep(-half, half, px - x));
    };
    fill(layer, Polygon{{x, top}, {x + half, bottom}, {x, bottom + h * 0.02f}, {x - half, bottom}}, shade);
    if (snow) {
      const float depth = 0.5f * (bottom - top);
      const float edge = half * 0.5f;
      fill(layer, Polygon{{x, top - 0.3f}, {x + edge, top + depth}, {x + edge * 0.2f, top + depth * 0.8f}, {x - edge * 1.1f, top + depth * 1.1f}},
           [&](float px, float) { return scaled(*snow, px < x + edge * 0.1f ? 1.0f : 0.84f); });
    }
  }
}

void paint_round_tree(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk) {
  const float h = at.height, x = at.x, crown = at.base - h * 0.64f, r = h * s.pick(0.27, 0.33);
  fill(layer, Capsule{x, at.base, x + h * 0.01f, crown, h * 0.045f, h * 0.03f},
       [&](float px, float) { return scaled(trunk, px < x ? 1.15f : 0.8f); });
  struct Puff {
    float x, y, r;
  };
  std::vector<Puff> puffs;
  for (int i = 0; i < 7; ++i) {
    const float a = 6.283f * i / 7 + s.pick(-0.2, 0.2);
    puffs.push_back({x + r * 0.62f * std::cos(a), crown + r * 0.52f * std::sin(a), r * s.pick(0.5, 0.64)});
  }
  puffs.push_back({x, crown, r * 0.75f});
  const float soft = std::max(1.0f, h * 0.02f);
  for (const Puff& p : puffs) fill(layer, disc(p.x, p.y, p.r, soft), [&](float, float py) { return scaled(leaf, mix(0.92f, 0.6f, saturate((py - crown + r) / (2 * r)))); });
  for (const Puff& p : puffs)
    fill(layer, disc(p.x - p.r * 0.2f, p.y - p.r * 0.28f, p.r * 0.62f, std::max(soft, p.r * 0.5f)), scaled(leaf, 1.28f),
         0.75f * smoothstep(crown + r * 0.6f, crown - r * 0.5f, p.y));
}

void paint_bush(Layer& layer, Setting& s, const Stand& at, const Color& leaf) {
  for (int i = 0; i < 5; ++i) {
    const float r = at.height * s.pick(0.42, 0.62), x = at.x + at.height * (i - 2) * 0.38f, y = at.base - r * 0.7f;
    fill(layer, disc(x, y, r), [&](float, float py) { return scaled(leaf, mix(1.2f, 0.65f, saturate((py - y + r) / (1.7f * r)))); },
         0.96f);
  }
}

void paint_palm(Layer& layer, Setting& s, const Stand& at, const Color& leaf, const Color& trunk) {
  const float h = at.height, lean = h * s.pick(0.12, 0.24) * (s.random.chance(0.5) ? 1 : -1);
  float x = at.x, y = at.base;
  for (int i = 1; i <= 7; ++i) {
    const float f = i / 7.0f, nx = at.x + lean * f * f, ny = at.base - h * f;
    fill(layer, Capsule{x, y, nx, ny, h * mix(0.036f, 0.022f, f - 0.14f), h * mix(0.036f, 0.022f, f)}, scaled(trunk, i % 2 ? 1.0f : 0.86f));
    x = nx, y = ny;
  }
  for (int i = 0; i < 9; ++i) {
    const float a = 3.1416f * (i + s.pick(-0.2, 0.2)) / 8, reach = h * s.pick(0.38, 0.46);
    float px = x, py = y;
    const Color color = scaled(leaf, i % 2 ? 1.15f : 0.78f);
    for (int j = 1; j <= 6; ++j) {
      const float f = j / 6.0f, nx = x - reach * std::cos(a) * f, ny = y - reach * (0.5f * std::sin(a) * f - 0.62f * f * f + 0.16f * f);
      fill(layer, Capsule{px, py, nx, ny, h * 0.034f * (1.1f - f + 0.1f), h * 0.034f * (1.06f - f)}, color);
      px = nx, py = ny;
    }
  }
}

void paint_cactus(Layer& layer, Setting& s, const Stand& at, const Color& green) {
  const float h = at.height, r = h * 0.09f;
  const auto limb = [&](float xa, float ya, float xb, float yb, float radius) {
    fill(layer, Capsule{xa, ya, xb, yb, radius, radius}, [&](float px, float) {
      const float across = (px - mix(xa, xb, 0.5f)) / std::max(radius, std::abs(xb - xa));
      return scaled(green, mix(1.3f, 0.62f, smoothstep(-1, 1, across)));
    });
  };
  limb(at.x, at.base - r * 0.5f, at.x, at.base - h + r, r);
  const float side = s.random.chance(0.5) ? 1.0f : -1.0f, low = at.base - h * s.pick(0.3, 0.42), high = at.base - h * s.pick(0.45, 0.58);
  limb(at.x, low, at.x + side * h * 0.24f, low, r * 0.72f);
  limb(at.x + side * h * 0.24f, low, at.x + side * h * 0.24f, low - h * 0.28f, r * 0.72f);
  limb(at.x, high, at.x - side * h * 0.22f, high, r * 0.68f);
  limb(at.x - side * h * 0.22f, high, at.x - side * h * 0.22f, high - h * 0.2f, r * 0.68f);
}

void paint_pumpkin(Layer& layer, Setting& s, const Stand& at, const Color& skin, const Color& stem) {
  const float w = at.height * s.pick(0.6, 0.7), h = at.height * 0.5f, y = at.base - h;
  fill(layer, Ellipse{at.x, at.base, w * 1.05f, h * 0.22f, std::max(1.0f, h * 0.3f)}, Color{0, 0, 0}, 0.3f);
  // Ribs from the outside in, each a narrower ellipse.
  for (int i = 0; i < 5; ++i) {
    static constexpr float kOffset[] = {-0.62f, 0.62f, -0.33f, 0.33f, 0};
    const float cx = at.x + w * kOffset[i], rx = w * 0.4f;
    fill(layer, Ellipse{cx, y, rx, h * (i == 4 ? 0.97f : 1)}, [&](float px, float py) {
      const float edge = std::abs(px - cx) / rx, up = (py - y) / h, side = (px - at.x) / w;
      return scaled(skin, mix(1.12f, 0.6f, smoothstep(-0.6f, 1, up)) * mix(1, 0.62f, smoothstep(0.35f, 1, edge)) * mix(1.08f, 0.8f, smoothstep(-1, 1, side)));
    });
  }
  fill(layer, Capsule{at.x, y - h * 0.85f, at.x + h * 0.16f, y - h * 1.28f, h * 0.16f, h * 0.09f}, stem);
}

void paint_rock(Layer& layer, Setting& s, const Stand& at, const Color& stone, const Color* snow) {
  const float h = at.height, w = h * s.pick(0.7, 1.1), tip = at.x + w * s.pick(-0.3, 0.2);
  fill(layer, Polygon{{at.x - w, at.base}, {at.x - w * 0.7f, at.base - h * 0.6f}, {tip, at.base - h}, {at.x + w * 0.75f, at.base - h * 0.55f}, {at.x + w, at.base}},
       [&](float px, float py) { return scaled(stone, px + 0.4f * (py - at.base) < tip - w * 0.1f ? 1.15f : 0.72f); });
  if (snow)
    fill(layer, Polygon{{at.x - w * 0.74f, at.base - h * 0.55f}, {tip, at.base - h * 1.06f}, {at.x + w * 0.75f, at.base - h * 0.55f}, {tip, at.base - h * 0.62f}}, *snow);
}

void paint_flower(Layer& layer, float x, float y, float r, const Color& petal, const Color& heart) {
  if (r < 1.3f) {
    fill(layer, disc(x, y, r), petal);
    return;
  }
  for (int i = 0; i < 5; ++i) {
    const float a = 6.283f * i / 5 + 0.3f;
    fill(layer, disc(x + 0.6f * r * std::cos(a), y + 0.6f * r * std::sin(a), 0.52f * r), petal);
  }
  fill(layer, disc(x, y, 0.36f * r), heart);
}

void paint_peak(Layer& layer, Setting& s, const Peak& peak, const Color& rock, const Color& snow) {
  const PeriodicNoise noise(static_cast<float>(layer.period()), s.random.next());
  const float height = peak.base - peak.top, slope = height / peak.half_width;
  const float facet = s.pick(-0.25, 0.25);
  const int x1 = static_cast<int>(std::ceil(peak.x + peak.half_width * 1.1f));
  for (int x = static_cast<int>(std::floor(peak.x - peak.half_width * 1.1f)); x < x1; ++x) {
    const float px = x + 0.5f, rough = noise.at(px, 0, height * 0.22f, 1, 3) - 0.5f;
    const float out = std::abs(px - peak.x);
    const float edge = peak.top + out * slope + rough * height * 0.2f * smoothstep(0, peak.half_width * 0.3f, out);
    for (int y = std::max(layer.top(), static_cast<int>(edge - 2)); y < std::min<float>(layer.bottom(), peak.base); ++y) {
      const float py = y + 0.5f, below = py - edge, cover = saturate(below / std::sqrt(1 + 0.6f * slope * slope) + 0.5f);
      if (cover <= 0) continue;
      // The ridge between the faces wanders down from the summit.
      const float down = (py - peak.top) / height;
      const float ridge = peak.x + height * (facet * down + 0.16f * (noise.at(py * 1.3f, 50, height * 0.3f, 1, 2) - 0.5f) * smoothstep(0, 0.3f, down));
      const float shaded = smoothstep(-1, 1, (px - ridge) / std::max(1.0f, height * 0.02f));
      const float jag = (noise.at(px, 90, height * 0.14f, 1, 2) - 0.5f) * height * 0.26f;
      const float white = smoothstep(1.2f, -1.2f, py - peak.snow_row + jag);
      const Color color = mix(scaled(rock, mix(1.1f, 0.7f, shaded)), mix(snow, product(snow, {0.66f, 0.76f, 0.9f}), shaded), white);
      layer.over(x, y, color, cover);
    }
  }
}

Profile::Profile(Setting& s, float period, float longest, int octaves) {
  float amplitude = 1, total = 0, wavelength = longest;
  for (int o = 0; o < octaves; ++o) {
    const float count = std::max(1.0f, std::round(period / wavelength));
    waves_.push_back({6.2831853f * count / period, s.pick(0, 6.283), amplitude});
    total += amplitude;
    amplitude *= 0.45f, wavelength *= 0.47f;
  }
  for (Wave& w : waves_) w.amplitude /= total;
}

float Profile::at(float x) const {
  float sum = 0;
  for (const Wave& w : waves_) sum += w.amplitude * std::sin(x * w.frequency + w.phase);
  return sum;
}

}  // namespace mg::world
