#include "moviegen/data/world/canvas.h"

#include <cmath>

namespace mg::world {
namespace {

float to_linear(float s) { return s <= 0.04045f ? s / 12.92f : std::pow((s + 0.055f) / 1.055f, 2.4f); }

// Linear light in 1/16383 steps to sRGB bytes: fine enough that the steepest part (the darks) is right to 0.2 of a level.
constexpr int kSteps = 1 << 14;
std::array<uint8_t, kSteps> make_srgb_table() {
  std::array<uint8_t, kSteps> table{};
  for (int i = 0; i < kSteps; ++i) {
    const float v = static_cast<float>(i) / (kSteps - 1);
    const float s = v <= 0.0031308f ? 12.92f * v : 1.055f * std::pow(v, 1 / 2.4f) - 0.055f;
    table[i] = static_cast<uint8_t>(std::lround(s * 255));
  }
  return table;
}

}  // namespace

Color srgb(uint32_t hex) {
  return {to_linear(((hex >> 16) & 255) / 255.0f), to_linear(((hex >> 8) & 255) / 255.0f), to_linear((hex & 255) / 255.0f)};
}

void to_srgb8(const Canvas& canvas, uint8_t* rgb) {
  static const std::array<uint8_t, kSteps> table = make_srgb_table();
  for (size_t i = 0; i < canvas.rgb.size(); ++i) {
    const float v = std::min(std::max(canvas.rgb[i], 0.0f), 1.0f);
    rgb[i] = table[static_cast<int>(v * (kSteps - 1) + 0.5f)];
  }
}

}  // namespace mg::world
