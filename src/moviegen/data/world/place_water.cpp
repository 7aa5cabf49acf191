#include "moviegen/data/world/place_water.h"

#include "moviegen/data/world/noise.h"

namespace mg::world {
namespace {

// Water in front of a subject fades in over a few rows above the feet.
template <class DrawRow>
void draw_water_front(const Canvas& canvas, float foot_y, float opacity, const DrawRow& draw_row) {
  if (opacity <= 0) return;
  const float rise = 0.035f * canvas.unit();
  for (int y = std::max(0, static_cast<int>(foot_y - rise)); y < canvas.height; ++y)
    draw_row(y, opacity * smoothstep(foot_y - rise, foot_y + 0.4f * rise, y + 0.5f));
}

void put(float* p, const Color& color, float alpha) {
  for (int c = 0; c < 3; ++c) p[c] += (color[c] - p[c]) * alpha;
}

}  // namespace

void Sea::draw(Canvas& canvas, double t, const View& view) const {
  for (int y = 0; y < canvas.height; ++y) draw_row(canvas, t, view, y, 1);
}

void Sea::draw_front(Canvas& canvas, double t, const View& view, float foot_y) const {
  draw_water_front(canvas, foot_y, look_.over_subject, [&](int y, float alpha) { draw_row(canvas, t, view, y, alpha); });
}

void Sea::draw_row(Canvas& canvas, double t, const View& view, int y, float alpha) const {
  const RowView at = row_view(canvas, view, look_.depth, y);
  const float edge = saturate(at.row - look_.top + 0.5f);
  if (edge <= 0 || at.row > look_.bottom + 1) return;
  const NoiseTile& tile = NoiseTile::shared();
  const float unit = frame_.unit(), d = saturate((at.row - look_.top) / (frame_.height - look_.top));
  // Perspective: waves shrink towards the skyline, flatter faster than narrower.
  const float z = d + 0.09f, across = 1 / (look_.size * z * unit), away = 4.2f * std::log(z) / look_.size * 0.3f;
  const float time = static_cast<float>(std::fmod(t * look_.speed, 4096.0));
  const float calm = smoothstep(0, 0.1f, d), centre = 0.5f * frame_.width;
  const Color body = mix(look_.far, look_.near, std::sqrt(d));
  const float glitter_width = unit * (0.05f + 0.16f * d);
  float* p = canvas.row(y);
  for (int i = 0; i < canvas.width; ++i, p += 3) {
    const float x = at.at(i), u = (x - centre) * across + seed_;
    const float n1 = tile.at(u + 0.35f * time, away + 0.55f * time), n2 = tile.at(1.7f * u - 0.4f * time + 7, 1.6f * away + 0.3f * time);
    const float n = 0.55f * n1 + 0.45f * n2;
    Color color = mix(body, look_.dark, 0.5f * look_.roughness * calm * smoothstep(0.52f, 0.25f, n));
    color = mix(color, look_.light, look_.roughness * mix(0.3f, 1, calm) * smoothstep(0.54f, 0.74f, n));
    if (look_.glitter_amount > 0) {
      const float off = (x - look_.glitter_x) / glitter_width;
      const float fall = std::max(0.0f, 1 - 0.3f * off * off), path = look_.glitter_amount * fall * fall;
      if (path > 0) color = mix(color, look_.glitter, path * mix(0.5f, 0.2f + 0.8f * smoothstep(0.4f, 0.6f, n), calm));
    }
    put(p, color, alpha * edge);
  }
}

void Pool::draw(Canvas& canvas, double t, const View& view) const {
  for (int y = 0; y < canvas.height; ++y) draw_row(canvas, t, view, y, 1);
}

void Pool::draw_front(Canvas& canvas, double t, const View& view, float foot_y) const {
  draw_water_front(canvas, foot_y, look_.over_subject, [&](int y, float alpha) { draw_row(canvas, t, view, y, alpha); });
}

void Pool::draw_row(Canvas& canvas, double t, const View& view, int y, float alpha) const {
  const RowView at = row_view(canvas, view, look_.depth, y);
  const float edge = saturate(at.row - look_.top + 0.5f);
  if (edge <= 0) return;
  const NoiseTile& tile = NoiseTile::shared();
  const float unit = frame_.unit(), d = saturate((at.row - look_.top) / (frame_.height - look_.top));
  const float z = 0.45f + d, across = 1 / (z * unit), v = -5.2f / z;
  const float time = static_cast<float>(std::fmod(t, 4096.0));
  const Color body = mix(look_.far, look_.near, d);
  const float centre = 0.5f * frame_.width, pixel = at.step * across;
  float* p = canvas.row(y);
  for (int i = 0; i < canvas.width; ++i, p += 3) {
    const float x = (at.at(i) - centre) * across, u = 6.4f * x + seed_;
    const float n1 = tile.at(u + 0.3f * time, v + 0.4f * time), n2 = tile.at(1.2f * u - 0.35f * time + 5, 1.2f * v + 3 + 0.2f * time);
    // Light gathers where the two wave fields agree: thin bright lines that join into a net.
    const float apart = std::abs(n1 - n2);
    const float caustic = smoothstep(0.16f, 0.0f, apart);
    Color color = mix(body, look_.far, 0.35f * (n1 - 0.3f));
    if (look_.lane > 0) {
      const float lanes = (x + 0.05f * (n1 - 0.5f)) / look_.lane, off = std::abs(lanes - std::round(lanes)) * look_.lane;
      color = mix(color, look_.line, 0.8f * saturate((0.035f - off) / pixel + 0.5f));
    }
    color = mix(color, look_.light, look_.caustics * caustic * mix(0.6f, 1, d));
    put(p, color, alpha * edge);
  }
}

Surf::Surf(const Setting& s, float row, const Depth& depth, const Color& water, const Color& foam, const Color& wet_sand)
    : frame_(s.frame), row_(row), depth_(depth), water_(water), foam_(foam), wet_sand_(wet_sand), seed_(static_cast<float>(s.seed % 16)) {}

void Surf::draw(Canvas& canvas, double t, const View& view) const {
  const NoiseTile& tile = NoiseTile::shared();
  const float unit = frame_.unit(), reach = 0.055f * unit, run = reach * static_cast<float>(std::sin(0.9 * t));
  const float slow = static_cast<float>(std::fmod(0.12 * t, 4096.0));
  struct Column {
    float edge, wet, foam, back;  // rows of the water's edge and of the wet sand, width of the foam, row of the last wave's foam
  };
  std::vector<Column> columns(canvas.width);
  const RowView at = row_view(canvas, view, depth_, static_cast<int>(row_));
  for (int i = 0; i < canvas.width; ++i) {
    const float x = at.at(i) / unit;
    Column& c = columns[i];
    c.edge = row_ + run + reach * 1.6f * (tile.at(2.2f * x + seed_, slow) - 0.5f);
    c.wet = row_ + reach * (1.25f + 1.3f * (tile.at(2.2f * x + seed_, 3) - 0.5f));
    c.foam = 0.022f * unit * (0.6f + 0.8f * tile.at(7 * x, 3.3f * slow + 5));
    c.back = c.edge - 0.075f * unit * (0.7f + 0.6f * tile.at(3 * x + 2, 2.5f * slow));
  }
  for (int y = 0; y < canvas.height; ++y) {
    const float row = row_view(canvas, view, depth_, y).row;
    if (row < row_ - 4 * reach || row > row_ + 4 * reach) continue;
    float* p = canvas.row(y);
    for (int i = 0; i < canvas.width; ++i, p += 3) {
      const Column& c = columns[i];
      put(p, wet_sand_, 0.75f * smoothstep(c.wet + 1.5f, c.wet - 1.5f, row) * smoothstep(c.edge - 2, c.edge, row));
      put(p, water_, 0.9f * saturate(c.edge - row + 0.5f) * smoothstep(row_ - 3 * reach, row_ - 1.2f * reach, row));
      const float trail = 0.5f * smoothstep(c.foam, 0.3f * c.foam, std::abs(row - c.back));
      const float front = smoothstep(c.foam + 0.8f, c.foam * 0.4f, std::abs(row - c.edge + c.foam * 0.7f));
      put(p, foam_, 0.92f * std::max(front, trail));
    }
  }
}

}  // namespace mg::world
