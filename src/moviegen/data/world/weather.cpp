// Weather in front of everything. All of it is a function of (seed, t): drops and flakes wrap around a box larger than
// the frame, so there is no state to carry from frame to frame.
#include <cmath>

#include "moviegen/core/random.h"
#include "moviegen/data/world/place.h"
#include "moviegen/data/world/place_shapes.h"

namespace mg::world {
namespace {

struct Scene {
  Canvas& canvas;
  const Light& light;
  double t;
  const View& view;
  uint64_t seed;
  // Things of white in this light.
  Color white(float own) const {
    const float bright = light.time == TimeOfDay::kNight ? 0.45f : 1;
    return scaled(mix(light.ambient, {1, 1, 1}, own), bright);
  }
};

// Falling things of one depth. Speeds and lengths in units (and units per second).
struct Fall {
  int count = 60;            // per square unit
  float speed_x = 0, speed_y = 1;
  float spread = 0.3f;       // variation of the speed
  float gust = 0;            // amplitude of the swaying wind, units
  float length = 0;          // of a streak, seconds of motion
  float radius = 0.004f;
  float alpha = 0.5f;
  float k = 1.2f;            // parallax: in front of the subject
  float flutter = 0;         // units of sideways sway of each one
};

void draw_fall(const Scene& scene, const Fall& fall, const Color& color, std::string_view stream) {
  Generator random(scene.seed, stream);
  Canvas& canvas = scene.canvas;
  const float unit = canvas.unit(), margin = 0.25f * unit;
  const float span_x = canvas.width + 2 * margin, span_y = canvas.height + 2 * margin;
  const int count = static_cast<int>(fall.count * span_x * span_y / (unit * unit));
  // Displacement by gusts and, for the slant of the streaks, its rate.
  const double gust = fall.gust * (std::sin(1.1 * scene.t) + 0.5 * std::sin(2.7 * scene.t + 1));
  const double gust_rate = fall.gust * (1.1 * std::cos(1.1 * scene.t) + 1.35 * std::cos(2.7 * scene.t + 1));
  for (int i = 0; i < count; ++i) {
    const double x0 = random.uniform(0, span_x), y0 = random.uniform(0, span_y), pace = 1 + fall.spread * random.uniform(-1, 1);
    const double phase = random.uniform(0, 6.283), size = random.uniform(0.7, 1.3);
    const double sway = fall.flutter * std::sin(1.8 * scene.t + phase);
    const float x = wrapped(static_cast<float>(std::fmod(x0 + (fall.speed_x * pace * scene.t + gust + sway - fall.k * scene.view.pan_x) * unit, span_x)), span_x) - margin;
    const float y = wrapped(static_cast<float>(std::fmod(y0 + (fall.speed_y * pace * scene.t - fall.k * scene.view.pan_y) * unit, span_y)), span_y) - margin;
    const float radius = fall.radius * unit * static_cast<float>(size);
    if (fall.length <= 0) {
      const float soft = std::max(1.0f, radius * 0.8f);
      fill(canvas, disc(x, y, std::max(radius, 0.55f), soft), color, fall.alpha * std::min(1.0f, radius / 0.55f));
      continue;
    }
    const float dx = static_cast<float>((fall.speed_x * pace + gust_rate) * fall.length * unit);
    const float dy = static_cast<float>(fall.speed_y * pace * fall.length * unit);
    fill(canvas, Capsule{x - dx, y - dy, x, y, radius * 0.5f, radius, 1}, color, fall.alpha);
  }
}

// Soft clouds of air passing over the frame: `base` everywhere and up to `wisps` more where they are thick.
struct Veil {
  float base = 0, wisps = 0.2f;
  float length = 0.8f, height = 0.25f, speed = 0.05f;  // units
};

void draw_veil(const Scene& scene, const Veil& veil, const Color& color) {
  const NoiseTile& tile = NoiseTile::shared();
  Canvas& canvas = scene.canvas;
  const float unit = canvas.unit(), across = 1 / (veil.length * unit), down = 1 / (veil.height * unit);
  const float moved = static_cast<float>(std::fmod(veil.speed / veil.length * scene.t, 4096.0)) - scene.view.pan_x / veil.length;
  const float start = static_cast<float>(scene.seed % 16), boil = static_cast<float>(std::fmod(0.1 * scene.t, 4096.0));
  for (int y = 0; y < canvas.height; ++y) {
    float* p = canvas.row(y);
    for (int x = 0; x < canvas.width; ++x, p += 3) {
      const float u = x * across - moved + start, v = y * down + boil;
      const float n = 0.65f * tile.at(u, v) + 0.35f * tile.at(2 * u + 0.5f * moved, 2 * v + 5);
      const float alpha = veil.base + veil.wisps * smoothstep(0.35f, 0.8f, n);
      for (int c = 0; c < 3; ++c) p[c] += (color[c] - p[c]) * alpha;
    }
  }
}

void draw_rain(const Scene& scene, float wind) {
  const Color color = scene.white(0.55f);
  draw_veil(scene, {.base = 0.03f, .wisps = 0.07f, .length = 0.9f, .height = 0.4f, .speed = 0.2f}, scene.white(0.1f));
  draw_fall(scene, {.count = 60, .speed_x = -0.12f * wind, .speed_y = 1.5f, .gust = 0.02f * wind, .length = 0.035f, .radius = 0.003f, .alpha = 0.26f, .k = 0.6f}, color, "rain far");
  draw_fall(scene, {.count = 34, .speed_x = -0.2f * wind, .speed_y = 2.3f, .gust = 0.03f * wind, .length = 0.042f, .radius = 0.0048f, .alpha = 0.4f}, color, "rain near");
}

void draw_snow(const Scene& scene) {
  const Color color = scene.white(0.85f);
  draw_fall(scene, {.count = 90, .speed_x = -0.03f, .speed_y = 0.1f, .radius = 0.0045f, .alpha = 0.7f, .k = 0.5f, .flutter = 0.012f}, color, "snow far");
  draw_fall(scene, {.count = 45, .speed_x = -0.05f, .speed_y = 0.18f, .radius = 0.008f, .alpha = 0.85f, .flutter = 0.02f}, color, "snow middle");
  draw_fall(scene, {.count = 12, .speed_x = -0.07f, .speed_y = 0.28f, .radius = 0.013f, .alpha = 0.8f, .k = 1.5f, .flutter = 0.03f}, color, "snow near");
}

void draw_snow_storm(const Scene& scene) {
  const Color color = scene.white(0.75f);
  draw_veil(scene, {.base = 0.06f, .wisps = 0.42f, .length = 0.7f, .height = 0.16f, .speed = -0.9f}, scene.white(0.35f));
  draw_fall(scene, {.count = 110, .speed_x = -0.9f, .speed_y = 0.3f, .gust = 0.06f, .length = 0.03f, .radius = 0.0042f, .alpha = 0.6f, .k = 0.6f}, color, "storm far");
  draw_fall(scene, {.count = 60, .speed_x = -1.4f, .speed_y = 0.45f, .gust = 0.1f, .length = 0.034f, .radius = 0.0072f, .alpha = 0.75f}, color, "storm near");
}

void draw_sand_storm(const Scene& scene) {
  const Color sand = product(srgb(0xe2b070), mix(scene.light.tint, {1, 1, 1}, 0.3f)), bright = scaled(sand, 1.25f);
  draw_veil(scene, {.base = 0.14f, .wisps = 0.5f, .length = 0.8f, .height = 0.18f, .speed = -0.8f}, sand);
  draw_fall(scene, {.count = 80, .speed_x = -1.3f, .speed_y = 0.1f, .gust = 0.08f, .length = 0.035f, .radius = 0.0035f, .alpha = 0.5f}, bright, "sand");
}

// At most one stroke in each slot of time.
struct Stroke {
  double time_s = 0;
  uint64_t which = 0;  // 0: none in this slot
};

constexpr double kSlot_s = 1.7;

Stroke stroke_in(uint64_t seed, double slot) {
  const uint64_t which = mix_bits(seed ^ mix_bits(static_cast<uint64_t>(static_cast<int64_t>(slot)) + 17));
  Generator random(which, "lightning");
  if (!random.chance(0.7)) return {};
  return {slot * kSlot_s + random.uniform(0.1, 1.0), which};
}

struct Flash {
  float strength = 0;  // 0..1
  uint64_t which = 0;
};

// A stroke flickers twice and dies away.
Flash flash_at(uint64_t seed, double t) {
  const Stroke stroke = stroke_in(seed, std::floor(t / kSlot_s));
  const double since = t - stroke.time_s, second = since - 0.16;
  if (stroke.which == 0 || since < 0) return {};
  return {static_cast<float>(std::exp(-since / 0.07) + (second > 0 ? 0.7 * std::exp(-second / 0.1) : 0)), stroke.which};
}

void draw_lightning(const Scene& scene) {
  const Flash flash = flash_at(scene.seed, scene.t);
  if (flash.strength < 0.02f) return;
  Canvas& canvas = scene.canvas;
  const float unit = canvas.unit(), bright = 0.5f * std::min(1.0f, flash.strength);
  const Color violet{0.82f, 0.86f, 1.0f};
  for (int y = 0; y < canvas.height; ++y) {
    // Stronger in the sky than on the ground.
    const float amount = bright * mix(0.55f, 0.2f, static_cast<float>(y) / canvas.height);
    float* p = canvas.row(y);
    for (int x = 0; x < canvas.width; ++x, p += 3)
      for (int c = 0; c < 3; ++c) p[c] += violet[c] * amount * (0.16f + 2.4f * p[c]);
  }
  Generator random(flash.which, "bolt");
  float x = canvas.width * static_cast<float>(random.chance(0.5) ? random.uniform(0.08, 0.32) : random.uniform(0.68, 0.92)), y = -2;
  const float end = canvas.height * static_cast<float>(random.uniform(0.38, 0.48)), thick = 0.008f * unit;
  while (y < end) {
    const float nx = x + unit * static_cast<float>(random.uniform(-0.06, 0.06)), ny = y + unit * static_cast<float>(random.uniform(0.04, 0.08));
    glow(canvas, nx, ny, 0.07f * unit, {0.6f, 0.65f, 1.0f}, 0.25f * bright);
    fill(canvas, Capsule{x, y, nx, ny, thick, thick}, Color{1, 1, 1}, std::min(1.0f, flash.strength));
    x = nx, y = ny;
  }
}

}  // namespace

void draw_weather(Canvas& canvas, const Light& light, double t, const View& view, uint64_t seed) {
  const Scene scene{canvas, light, t, view, seed};
  switch (light.weather) {
    case Weather::kClear:
    case Weather::kCloudy: return;
    case Weather::kRain: return draw_rain(scene, 1);
    case Weather::kSnow: return draw_snow(scene);
    case Weather::kFog: return draw_veil(scene, {.base = 0.06f, .wisps = 0.34f, .length = 1.0f, .height = 0.3f, .speed = 0.07f}, light.ambient);
    case Weather::kStorm: break;
  }
  switch (light.storm) {
    case Storm::kSnow: return draw_snow_storm(scene);
    case Storm::kSand: return draw_sand_storm(scene);
    case Storm::kRain: draw_rain(scene, 4.5f); return draw_lightning(scene);
  }
}

std::vector<double> lightning_times(const Light& light, uint64_t seed, double from, double to) {
  std::vector<double> times;
  if (light.weather != Weather::kStorm || light.storm != Storm::kRain) return times;
  for (double slot = std::floor(from / kSlot_s); slot * kSlot_s < to; ++slot)
    if (const Stroke stroke = stroke_in(seed, slot); stroke.which != 0 && stroke.time_s >= from && stroke.time_s < to) times.push_back(stroke.time_s);
  return times;
}

}  // namespace mg::world
