// The picture being drawn: linear-light RGB floats, so that blending, light and blur add up as light does.
// Positions are pixels of the canvas; sizes elsewhere are "units": 1 unit = the short side of the frame.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace mg::world {

using Color = std::array<float, 3>;  // linear light, 0..1

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

// The camera of one frame. A point p (pixels of the unmoved frame) at parallax k (0 = infinitely far, 1 = the
// subject's plane) appears at  centre + (p − centre − k·(pan_x, pan_y)·unit) · (1 + (zoom − 1)·k').
// where k' = k for backgrounds and 1 for subjects.
struct View {
  float pan_x = 0, pan_y = 0;  // units; positive looks right / down
  float zoom = 1;
};

}  // namespace mg::world
