// Smooth pseudo-random fields: periodic value noise for textures painted once, and a small lookup tile for what
// moves each frame. Values lie in 0..1.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "moviegen/data/world/canvas.h"

namespace mg::world {

inline float saturate(float x) { return std::min(std::max(x, 0.0f), 1.0f); }
inline float smoothstep(float low, float high, float x) {
  const float v = saturate((x - low) / (high - low));
  return v * v * (3 - 2 * v);
}
inline int floor_to_int(float x) {
  const int i = static_cast<int>(x);
  return i - (x < static_cast<float>(i));
}
// x wrapped into [0, period).
inline float wrapped(float x, float period) {
  const float w = x - period * std::floor(x / period);
  return w < period ? w : 0;  // rounding can land on the period itself
}

// The random value of a lattice point.
inline float lattice(int x, int y, uint32_t seed) {
  uint32_t h = static_cast<uint32_t>(x) * 0x8da6b343u ^ static_cast<uint32_t>(y) * 0xd8163841u ^ seed * 0xcb1ab31fu;
  h = (h ^ (h >> 15)) * 0x2c1b3c6du;
  h = (h ^ (h >> 12)) * 0x297a2d39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1p-24f;
}

// Value noise over the plane, repeating after `cells` lattice steps in x.
inline float value_noise(float u, float v, int cells, uint32_t seed) {
  const int iu = floor_to_int(u), iv = floor_to_int(v);
  float fu = u - iu, fv = v - iv;
  fu = fu * fu * (3 - 2 * fu);
  fv = fv * fv * (3 - 2 * fv);
  const int x0 = iu >= 0 && iu < cells ? iu : ((iu % cells) + cells) % cells, x1 = x0 + 1 == cells ? 0 : x0 + 1;
  return mix(mix(lattice(x0, iv, seed), lattice(x1, iv, seed), fu),
             mix(lattice(x0, iv + 1, seed), lattice(x1, iv + 1, seed), fu), fv);
}

// Noise in pixels that joins seamlessly after `period` pixels in x.
class PeriodicNoise {
 public:
  PeriodicNoise(float period, uint64_t seed) : period_(period), seed_(static_cast<uint32_t>(seed ^ (seed >> 32))) {}
  // Features of about size_x × size_y pixels; each further octave is half as large and half as strong.
  float at(float x, float y, float size_x, float size_y, int octaves = 1) const {
    int cells = std::max(1, static_cast<int>(std::lround(period_ / size_x)));
    float u = x * cells / period_, v = y / size_y, sum = 0, amplitude = 1, total = 0;
    for (int o = 0; o < octaves; ++o) {
      sum += amplitude * value_noise(u, v, cells, seed_ + 7919u * o);
      total += amplitude;
      amplitude *= 0.5f;
      u *= 2, v *= 2, cells *= 2;
    }
    return sum / total;
  }

 private:
  float period_;
  uint32_t seed_;
};

// A 16 × 16 feature field sampled at four steps a feature: cheap enough to read several times per pixel and frame.
class NoiseTile {
 public:
  NoiseTile() {
    float low = 1, high = 0;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        float& v = values_[y * kSide + x];
        v = tileable(x / 4.0f, y / 4.0f, 16, 11u) + 0.3f * tileable(x / 2.0f, y / 2.0f, 32, 12u);
        low = std::min(low, v), high = std::max(high, v);
      }
    for (float& v : values_) v = (v - low) / (high - low);
  }
  // u, v in features.
  float at(float u, float v) const {
    u *= 4, v *= 4;
    const int iu = floor_to_int(u), iv = floor_to_int(v);
    const float fu = u - iu, fv = v - iv;
    const int x0 = iu & (kSide - 1), x1 = (iu + 1) & (kSide - 1);
    const float* a = &values_[(iv & (kSide - 1)) * kSide];
    const float* b = &values_[((iv + 1) & (kSide - 1)) * kSide];
    return mix(mix(a[x0], a[x1], fu), mix(b[x0], b[x1], fu), fv);
  }
  static const NoiseTile& shared() {
    static const NoiseTile tile;
    return tile;
  }

 private:
  static constexpr int kSide = 64;
  // value_noise wraps in x only; folding v wraps it in y too.
  static float tileable(float u, float v, int cells, uint32_t seed) {
    const int iv = static_cast<int>(v);
    float fv = v - iv;
    fv = fv * fv * (3 - 2 * fv);
    const auto row = [&](int y) { return value_noise(u, static_cast<float>(y % cells), cells, seed); };
    return mix(row(iv), row(iv + 1), fv);
  }
  std::array<float, kSide * kSide> values_{};
};

}  // namespace mg::world
