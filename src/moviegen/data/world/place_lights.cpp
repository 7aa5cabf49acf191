#include "moviegen/data/world/place_lights.h"

namespace mg::world {

Beams::Beams(Setting& s, const Color& color, float amount) : color_(color), amount_(amount) {
  for (int i = 0; i < 4; ++i)
    beams_.push_back({s.x((i + s.pick(0.1, 0.9)) / 4), s.u(s.pick(0.04, 0.09)), s.pick(0, 6.283), s.pick(0.3, 0.6)});
}

void Beams::draw(Canvas& canvas, double t, const View& view) const {
  const float unit = canvas.unit(), foot = 0.85f * canvas.height;
  for (int y = 0; y < static_cast<int>(foot); ++y) {
    const float fade = amount_ * smoothstep(foot, 0.35f * foot, static_cast<float>(y));
    for (const Beam& b : beams_) {
      const float strength = fade * (0.6f + 0.4f * static_cast<float>(std::sin(b.speed * t + b.phase)));
      const float x = wrapped(b.x - 0.3f * view.pan_x * unit, static_cast<float>(canvas.width)) + 0.4f * (0.3f * canvas.height - y);
      const float half = b.half + 0.12f * y;
      for (int px = std::max(0, static_cast<int>(x - half)); px < std::min(canvas.width, static_cast<int>(x + half) + 1); ++px) {
        const float off = (px + 0.5f - x) / half, f = 1 - off * off;
        if (f > 0) add_light(canvas, px, y, color_, strength * f * f);
      }
    }
  }
}

Spotlights::Spotlights(Setting& s, float floor_row, const std::vector<Color>& colors) : floor_row_(floor_row) {
  const int count = static_cast<int>(colors.size());
  for (int i = 0; i < count; ++i) {
    const float x = (i + 0.5f) / count;
    spots_.push_back({s.x(x), s.x(mix(x, 0.5f, 0.45f)), s.x(s.pick(0.06, 0.14)), s.pick(0, 6.283), s.pick(0.5, 0.9), colors[i]});
  }
}

void Spotlights::draw(Canvas& canvas, double t, const View& view) const {
  const float unit = canvas.unit(), radius = 0.17f * unit;
  for (const Spot& spot : spots_) {
    const float shift = 0.8f * view.pan_x * unit;
    const float target = spot.target - shift + spot.swing * static_cast<float>(std::sin(spot.speed * t + spot.phase));
    for (int y = 0; y < static_cast<int>(floor_row_); ++y) {
      const float down = (y + 0.5f) / floor_row_, x = mix(spot.x - shift, target, down), half = mix(0.015f * unit, radius, down);
      const float strength = 0.2f * mix(1, 0.35f, down);
      for (int px = std::max(0, static_cast<int>(x - half - 1)); px < std::min(canvas.width, static_cast<int>(x + half) + 2); ++px) {
        const float off = (px + 0.5f - x) / half, f = 1 - off * off;
        if (f > 0) add_light(canvas, px, y, spot.color, strength * f);
      }
    }
    // Its pool of light on the floor.
    const float ry = 0.32f * radius;
    for (int y = static_cast<int>(floor_row_ - ry * 1.2f); y < static_cast<int>(floor_row_ + ry * 1.2f) + 1; ++y)
      for (int x = static_cast<int>(target - radius * 1.2f); x < static_cast<int>(target + radius * 1.2f) + 1; ++x) {
        const float u = (x + 0.5f - target) / radius, v = (y + 0.5f - floor_row_) / ry;
        add_light(canvas, x, y, spot.color, 0.3f * smoothstep(1.25f, 0.5f, u * u + v * v));
      }
  }
}

void Pendulum::draw(Canvas& canvas, double t, const View& view) const {
  const float angle = look_.swing * static_cast<float>(std::sin(6.2831853 * t / look_.period_s));
  const Seen top = seen(canvas, view, look_.k, look_.x, look_.y);
  const float length = look_.length * top.scale, x = top.x + length * std::sin(angle), y = top.y + length * std::cos(angle);
  fill(canvas, Capsule{top.x, top.y, x, y, look_.line * top.scale, look_.line * top.scale}, look_.color);
  const float r = look_.bob * top.scale;
  if (!look_.ring) {
    fill(canvas, disc(x, y, r), [&](float px, float py) { return scaled(look_.color, px + py < x + y - 0.5f * r ? 1.5f : 1.0f); });
    return;
  }
  constexpr int kSides = 10;
  for (int i = 0; i < kSides; ++i) {
    const auto corner = [&](int j) { return Point{x + r * std::sin(0.6283f * j), y + r - r * std::cos(0.6283f * j)}; };
    const Point a = corner(i), b = corner(i + 1);
    fill(canvas, Capsule{a.x, a.y, b.x, b.y, 0.22f * r, 0.22f * r}, scaled(look_.color, 0.8f));
  }
}

Bubbles::Bubbles(Setting& s, int count) {
  for (int i = 0; i < count; ++i)
    bubbles_.push_back({s.pick(0, s.width()), s.pick(0, s.height() * 1.1f), s.u(s.pick(0.007, 0.017)), s.u(s.pick(0.08, 0.16)), s.pick(0, 6.283)});
}

void Bubbles::draw(Canvas& canvas, double t, const View& view) const {
  const float unit = canvas.unit(), ring = canvas.height * 1.1f;
  for (const Bubble& b : bubbles_) {
    const float y = wrapped(b.y - static_cast<float>(std::fmod(b.speed * t, static_cast<double>(ring))) - 0.5f * view.pan_y * unit, ring) - 0.05f * canvas.height;
    const float x = wrapped(b.x + 0.012f * unit * static_cast<float>(std::sin(2.2 * t + b.phase)) - 0.5f * view.pan_x * unit, static_cast<float>(canvas.width));
    fill(canvas, disc(x, y, b.radius), Color{0.75f, 0.93f, 1}, 0.38f);
    fill(canvas, disc(x - 0.3f * b.radius, y - 0.3f * b.radius, std::max(0.6f, 0.35f * b.radius)), Color{1, 1, 1}, 0.7f);
  }
}

}  // namespace mg::world
