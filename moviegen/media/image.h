// A plain 8-bit picture, the form pixels have outside the networks: rows from the top, channels interleaved.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mg {

struct Image {
  int width = 0, height = 0;
  int channels = 3;  // 3 = RGB, 4 = RGBA (straight alpha)
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int w, int h, int c) : width(w), height(h), channels(c), pixels(static_cast<size_t>(w) * h * c) {}
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * width * channels; }
  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * width * channels; }
  bool empty() const { return pixels.empty(); }
};

}  // namespace mg
