#include "moviegen/data/world/filters.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/world/named_enum.h"

namespace mg::world {
namespace {

constexpr std::array<const char*, kFilters + 1> kNames = {"none", "black and white", "old film", "pencil sketch", "watercolour", "pixel art", "comic"};
constexpr float kGamma = 2.2f;  // filters of print and paint work on what the eye sees

float seen(float linear) { return std::pow(std::clamp(linear, 0.0f, 1.0f), 1 / kGamma); }
float linear(float value) { return std::pow(std::clamp(value, 0.0f, 1.0f), kGamma); }

Color pixel(const Canvas& canvas, int x, int y) {
  const float* p = canvas.row(std::clamp(y, 0, canvas.height - 1)) + static_cast<size_t>(std::clamp(x, 0, canvas.width - 1)) * 3;
  return {p[0], p[1], p[2]};
}

template <class Function>
void each_pixel(Canvas& canvas, Function&& function) {
  for (int y = 0; y < canvas.height; ++y)
    for (int x = 0; x < canvas.width; ++x) {
      float* p = canvas.row(y) + static_cast<size_t>(x) * 3;
      Color out = function(x, y, Color{p[0], p[1], p[2]});
      for (int c = 0; c < 3; ++c) p[c] = out[c];
    }
}

// Luminance of a frame as the eye sees it.
struct SeenLight {
  int width, height;
  std::vector<float> values;
  explicit SeenLight(const Canvas& canvas) : width(canvas.width), height(canvas.height) {
    for (size_t i = 0; i + 2 < canvas.rgb.size(); i += 3) values.push_back(seen(luminance({canvas.rgb[i], canvas.rgb[i + 1], canvas.rgb[i + 2]})));
  }
  float at(int x, int y) const { return values[static_cast<size_t>(std::clamp(y, 0, height - 1)) * width + std::clamp(x, 0, width - 1)]; }
  // How steep it is, over one pixel to each side.
  float steepness(int x, int y) const { return std::hypot(at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1)); }
};

void black_and_white(Canvas& canvas) {
  each_pixel(canvas, [](int, int, const Color& color) { return scaled({1, 1, 1}, luminance(color)); });
}

// Sepia with grain, dark corners and a lamp that flickers.
void old_film(Canvas& canvas, int frame, uint64_t seed) {
  constexpr float kGrain = 0.05f, kFlicker = 0.05f, kCorners = 0.45f;
  Generator noise = Generator(seed, "old film").fork(std::to_string(frame));
  float lamp = 1 + kFlicker * static_cast<float>(noise.uniform(-1, 1)), w = static_cast<float>(canvas.width), h = static_cast<float>(canvas.height);
  each_pixel(canvas, [&](int x, int y, const Color& color) {
    float u = 2 * (x + 0.5f) / w - 1, v = 2 * (y + 0.5f) / h - 1, grain = kGrain * static_cast<float>(noise.uniform(-1, 1));
    float light = std::clamp(lamp * seen(luminance(color)) * (1 - kCorners * 0.5f * (u * u + v * v)) + grain, 0.0f, 1.0f);
    return Color{linear(std::min(1.0f, 1.08f * light)), linear(0.9f * light), linear(0.68f * light)};
  });
}

// Lines where light changes on paper, and a little shade where it is dark.
void pencil(Canvas& canvas) {
  constexpr float kLine = 3.2f, kShade = 0.35f, kPaper = 0.96f;
  const SeenLight light(canvas);
  each_pixel(canvas, [&](int x, int y, const Color&) {
    float hatch = ((x + y) % 4 == 0) ? 1.0f : 0.55f, dark = 1 - light.at(x, y);
    float tone = kPaper - std::min(0.85f, kLine * light.steepness(x, y)) - kShade * hatch * dark * dark;
    return scaled({1, 1, 0.98f}, linear(tone));
  });
}

// Of the four squares around a pixel the one whose light varies least (Kuwahara): flat washes with kept edges, on grainy paper.
void watercolour(Canvas& canvas, uint64_t seed) {
  const Canvas from = canvas;
  const SeenLight seen_light(from);
  const int reach = std::max(2, static_cast<int>(canvas.unit() / 48));
  Generator paper(seed, "paper");
  each_pixel(canvas, [&](int x, int y, const Color&) {
    float best = 1e9f;
    Color wash{};
    for (int side = 0; side < 4; ++side) {
      int x0 = side % 2 ? x : x - reach, y0 = side / 2 ? y : y - reach, count = (reach + 1) * (reach + 1);
      float sum = 0, squares = 0;
      Color mean{};
      for (int v = y0; v <= y0 + reach; ++v)
        for (int u = x0; u <= x0 + reach; ++u) {
          Color color = pixel(from, u, v);
          float light = seen_light.at(u, v);
          sum += light, squares += light * light;
          for (int c = 0; c < 3; ++c) mean[c] += color[c] / static_cast<float>(count);
        }
      float spread = squares / static_cast<float>(count) - (sum / static_cast<float>(count)) * (sum / static_cast<float>(count));
      if (spread < best) best = spread, wash = mean;
    }
    float grain = 1 + 0.05f * static_cast<float>(paper.uniform(-1, 1));
    return scaled(mix(wash, {0.92f, 0.9f, 0.85f}, 0.14f), grain);
  });
}

void pixel_art(Canvas& canvas) {
  constexpr float kBlocks = 40, kLevels = 6;  // blocks along the short side, tones of a channel
  const Canvas from = canvas;
  const int block = std::max(2, static_cast<int>(std::lround(canvas.unit() / kBlocks)));
  each_pixel(canvas, [&](int x, int y, const Color&) {
    Color mean{};
    int x0 = x / block * block, y0 = y / block * block, count = 0;
    for (int v = y0; v < std::min(y0 + block, from.height); ++v)
      for (int u = x0; u < std::min(x0 + block, from.width); ++u, ++count) {
        Color color = pixel(from, u, v);
        for (int c = 0; c < 3; ++c) mean[c] += color[c];
      }
    for (float& channel : mean) channel = linear(std::round(seen(channel / static_cast<float>(count)) * kLevels) / kLevels);
    return mean;
  });
}

// Few tones and dark outlines.
void comic(Canvas& canvas) {
  constexpr float kTones = 4, kInk = 0.16f;
  const SeenLight light(canvas);
  each_pixel(canvas, [&](int x, int y, const Color& color) {
    Color flat{};
    for (int c = 0; c < 3; ++c) flat[c] = linear(std::round(seen(color[c]) * kTones) / kTones);
    float ink = std::clamp((light.steepness(x, y) - kInk) / kInk, 0.0f, 1.0f);
    return mix(flat, {0.01f, 0.01f, 0.015f}, ink);
  });
}

}  // namespace

std::string_view name_of(Filter filter) { return kNames[static_cast<size_t>(filter)]; }

Filter filter_named(std::string_view name) { return named_enum(name, Filter::kComic, "filter"); }

void apply_filter(Canvas& canvas, Filter filter, int frame, uint64_t seed) {
  switch (filter) {
    case Filter::kNone: return;
    case Filter::kBlackAndWhite: return black_and_white(canvas);
    case Filter::kOldFilm: return old_film(canvas, frame, seed);
    case Filter::kPencil: return pencil(canvas);
    case Filter::kWatercolour: return watercolour(canvas, seed);
    case Filter::kPixelArt: return pixel_art(canvas);
    case Filter::kComic: return comic(canvas);
  }
}

}  // namespace mg::world
