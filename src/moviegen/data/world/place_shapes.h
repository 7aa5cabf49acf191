// Shapes with analytic anti-aliasing: each says how much of a pixel it covers, from the distance to its edge.
// fill() paints one onto a Layer (while a place is built) or a Canvas (each frame).
#pragma once
#include <cmath>
#include <initializer_list>
#include <vector>

#include "moviegen/data/world/canvas.h"
#include "moviegen/data/world/noise.h"
#include "moviegen/data/world/place_layer.h"

namespace mg::world {

struct Bounds {
  float x0, y0, x1, y1;
};
struct Point {
  float x, y;
};

// `soft` is the width of the edge in pixels; 1 is crisp.
struct Ellipse {
  float x, y, rx, ry, soft = 1;
  Bounds bounds() const { return {x - rx - soft, y - ry - soft, x + rx + soft, y + ry + soft}; }
  float coverage(float px, float py) const {
    const float u = (px - x) / rx, v = (py - y) / ry, f = std::sqrt(u * u + v * v);
    // First-order distance to the outline: value over gradient length.
    const float g = std::sqrt(u * u / (rx * rx) + v * v / (ry * ry));
    const float distance = f < 1e-4f ? std::min(rx, ry) : (1 - f) * f / g;
    return saturate(distance / soft + 0.5f);
  }
};
inline Ellipse disc(float x, float y, float r, float soft = 1) { return {x, y, r, r, soft}; }

struct Box {
  float x0, y0, x1, y1;
  Bounds bounds() const { return {x0, y0, x1, y1}; }
  // Exact area of the pixel inside.
  float coverage(float px, float py) const {
    const float w = std::min(px + 0.5f, x1) - std::max(px - 0.5f, x0);
    const float h = std::min(py + 0.5f, y1) - std::max(py - 0.5f, y0);
    return saturate(w) * saturate(h);
  }
};

struct RoundBox {
  float x0, y0, x1, y1, r;
  Bounds bounds() const { return {x0 - 1, y0 - 1, x1 + 1, y1 + 1}; }
  float coverage(float px, float py) const {
    const float dx = std::max({x0 + r - px, px - x1 + r, 0.0f}), dy = std::max({y0 + r - py, py - y1 + r, 0.0f});
    return saturate(r - std::sqrt(dx * dx + dy * dy) + 0.5f);
  }
};

// A line with round ends, from radius r0 to r1.
struct Capsule {
  float xa, ya, xb, yb, r0, r1, soft = 1;
  Bounds bounds() const {
    const float r = std::max(r0, r1) + soft;
    return {std::min(xa, xb) - r, std::min(ya, yb) - r, std::max(xa, xb) + r, std::max(ya, yb) + r};
  }
  float coverage(float px, float py) const {
    const float dx = xb - xa, dy = yb - ya, length2 = dx * dx + dy * dy;
    const float along = length2 > 0 ? saturate(((px - xa) * dx + (py - ya) * dy) / length2) : 0;
    const float ex = px - xa - along * dx, ey = py - ya - along * dy, r = mix(r0, r1, along);
    // Thinner than a pixel it fades instead of breaking up.
    return saturate((r - std::sqrt(ex * ex + ey * ey)) / soft + 0.5f) * std::min(1.0f, 2 * r / soft + 0.1f);
  }
};

// Convex, corners in either direction.
struct Polygon {
  std::vector<Point> corners;
  Polygon(std::initializer_list<Point> points) : corners(points) {
    float area = 0;
    for (size_t i = 0; i < corners.size(); ++i) {
      const Point &a = corners[i], &b = corners[(i + 1) % corners.size()];
      area += a.x * b.y - b.x * a.y;
    }
    sign_ = area < 0 ? -1.0f : 1.0f;
  }
  Bounds bounds() const {
    Bounds b{1e9f, 1e9f, -1e9f, -1e9f};
    for (const Point& p : corners)
      b = {std::min(b.x0, p.x - 1), std::min(b.y0, p.y - 1), std::max(b.x1, p.x + 1), std::max(b.y1, p.y + 1)};
    return b;
  }
  float coverage(float px, float py) const {
    float inside = 1e9f;
    for (size_t i = 0; i < corners.size(); ++i) {
      const Point &a = corners[i], &b = corners[(i + 1) % corners.size()];
      const float dx = b.x - a.x, dy = b.y - a.y, length = std::sqrt(dx * dx + dy * dy);
      if (length > 0) inside = std::min(inside, sign_ * (dx * (py - a.y) - dy * (px - a.x)) / length);
    }
    return saturate(inside + 0.5f);
  }

 private:
  float sign_ = 1;
};

// Paints a shape; `shade(x, y)` gives the colour at a pixel centre.
template <class Surface, class Shape, class Shade>
requires std::is_invocable_v<Shade, float, float>
void fill(Surface& surface, const Shape& shape, const Shade& shade, float alpha = 1) {
  const Bounds b = shape.bounds();
  const int x1 = static_cast<int>(std::ceil(b.x1)), y1 = static_cast<int>(std::ceil(b.y1));
  for (int y = static_cast<int>(std::floor(b.y0)); y < y1; ++y)
    for (int x = static_cast<int>(std::floor(b.x0)); x < x1; ++x) {
      const float a = alpha * shape.coverage(x + 0.5f, y + 0.5f);
      if (a > 0) over(surface, x, y, shade(x + 0.5f, y + 0.5f), a);
    }
}
template <class Surface, class Shape>
void fill(Surface& surface, const Shape& shape, const Color& color, float alpha = 1) {
  fill(surface, shape, [&](float, float) { return color; }, alpha);
}

// Adds the light of a soft round glow.
inline void glow(Canvas& canvas, float x, float y, float radius, const Color& color, float amount) {
  const int y1 = static_cast<int>(std::ceil(y + radius)), x1 = static_cast<int>(std::ceil(x + radius));
  for (int py = static_cast<int>(std::floor(y - radius)); py < y1; ++py)
    for (int px = static_cast<int>(std::floor(x - radius)); px < x1; ++px) {
      const float dx = px + 0.5f - x, dy = py + 0.5f - y, f = 1 - (dx * dx + dy * dy) / (radius * radius);
      if (f > 0) add_light(canvas, px, py, color, amount * f * f);
    }
}

// Fills everything below a skyline: top(x) is its row, shade(x, y, y − top) its colour. The edge is softened by its slope.
template <class Top, class Shade>
void fill_below(Layer& layer, const Top& top, const Shade& shade) {
  for (int x = 0; x < layer.period(); ++x) {
    const float px = x + 0.5f, edge = top(px), slope = top(px + 0.5f) - top(px - 0.5f);
    const float steep = 1 / std::sqrt(1 + slope * slope);
    const int first = std::max(layer.top(), static_cast<int>(std::floor(edge - 0.5f - std::abs(slope))));
    for (int y = first; y < layer.bottom(); ++y) {
      const float below = y + 0.5f - edge, a = saturate(below * steep + 0.5f);
      if (a > 0) layer.over(x, y, shade(px, y + 0.5f, below), a);
    }
  }
}

}  // namespace mg::world
