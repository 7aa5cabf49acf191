// The picture being drawn: linear-light RGB floats, so that blending, light and blur add up as light does.
// Positions are pixels of the canvas; sizes elsewhere are "units": 1 unit = the short side of the frame.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mg::world {

using Color = std::array<float, 3>;  // linear light, 0..1

// An authored colour 0xRRGGBB (sRGB) as linear light.
Color srgb(uint32_t hex);
inline float mix(float a, float b, float t) { return a + (b - a) * t; }
inline Color mix(const Color& a, const Color& b, float t) {
  return {mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)};
}
inline Color scaled(const Color& a, float f) { return {a[0] * f, a[1] * f, a[2] * f}; }
inline Color product(const Color& a, const Color& b) { return {a[0] * b[0], a[1] * b[1], a[2] * b[2]}; }
inline float luminance(const Color& a) { return 0.2126f * a[0] + 0.7152f * a[1] + 0.0722f * a[2]; }

struct Canvas {
  int width = 0, height = 0;
  std::vector<float> rgb;  // height × width × 3

  Canvas() = default;
  Canvas(int w, int h) : width(w), height(h), rgb(static_cast<size_t>(w) * h * 3) {}
  float* row(int y) { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  const float* row(int y) const { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  // Pixels per unit: the short side.
  float unit() const { return static_cast<float>(std::min(width, height)); }
};

// The canvas as 8-bit sRGB (height × width × 3 bytes); values outside 0..1 are clipped.
void to_srgb8(const Canvas& canvas, uint8_t* rgb);

// Mixes `color` into pixel (x, y) by `alpha`; outside the canvas nothing happens.
inline void over(Canvas& canvas, int x, int y, const Color& color, float alpha) {
  if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) return;
  float* p = canvas.row(y) + static_cast<size_t>(x) * 3;
  for (int c = 0; c < 3; ++c) p[c] += (color[c] - p[c]) * alpha;
}
// Adds light to pixel (x, y).
inline void add_light(Canvas& canvas, int x, int y, const Color& color, float amount) {
  if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) return;
  float* p = canvas.row(y) + static_cast<size_t>(x) * 3;
  for (int c = 0; c < 3; ++c) p[c] += color[c] * amount;
}

// The camera of one frame. A point p (pixels of the unmoved frame) at parallax k (0 = infinitely far, 1 = the
// subject's plane) appears at  centre + (p − centre − k·(pan_x, pan_y)·unit) · (1 + (zoom − 1)·k').
// where k' = k for backgrounds and 1 for subjects.
struct View {
  float pan_x = 0, pan_y = 0;  // units; positive looks right / down
  float zoom = 1;
};

}  // namespace mg::world
