#include "moviegen/data/world/place_plants.h"

namespace mg::world {

void Blades::add_tuft(Setting& s, const Stand& at, float k, const Color& color) {
  const int count = 4 + s.random.below(3);
  for (int i = 0; i < count; ++i) {
    const float spread = (i + 0.5f) / count - 0.5f;
    add_blade({at.x + spread * at.height * 0.7f, at.base, at.height * s.pick(0.6, 1), std::max(0.75f, at.height * 0.07f),
               spread * at.height * 0.7f, at.x * 0.05f + s.pick(0, 0.9), k, scaled(color, s.pick(0.8, 1.25))});
  }
}

void Blades::draw(Canvas& canvas, double t, const View& view) const {
  const float unit = canvas.unit(), ring = period(), margin = 0.5f * (ring - canvas.width);
  for (const Blade& b : blades_) {
    // The ring position nearest to the frame.
    const float x = wrapped(b.x - b.k * view.pan_x * unit + margin, ring) - margin + b.k * view.pan_x * unit;
    const Seen foot = seen(canvas, view, b.k, x, b.base);
    const float height = b.height * foot.scale, width = b.width * foot.scale;
    if (foot.x < -height || foot.x > canvas.width + height || foot.y - height > canvas.height) continue;
    const float wind = static_cast<float>(std::sin(speed_ * t + b.phase) + 0.4 * std::sin(2.3 * speed_ * t + 2 * b.phase));
    const float bend = (b.lean + sway_ * b.height * wind) * foot.scale;
    const int top = static_cast<int>(std::floor(foot.y - height)), bottom = static_cast<int>(std::floor(foot.y));
    for (int y = std::max(0, top); y <= bottom && y < canvas.height; ++y) {
      const float up = saturate((foot.y - y - 0.5f) / height), half = width * (1 - up * up * 0.9f);
      const float cx = foot.x + bend * up * up;
      const float ends = saturate(y + 1 - (foot.y - height)) * saturate(foot.y - y);
      const Color color = scaled(b.color, mix(0.75f, 1.1f, up));
      for (int px = static_cast<int>(std::floor(cx - half - 0.5f)); px <= static_cast<int>(cx + half + 0.5f); ++px) {
        const float cover = saturate(std::min(px + 1.0f, cx + half) - std::max<float>(static_cast<float>(px), cx - half));
        over(canvas, px, y, color, cover * ends);
      }
    }
  }
}

Fringe::Fringe(const Setting& s, const Color& color, float height, bool spiky)
    : color_(color), height_(height), far_row_(s.y(0.6f)), near_row_(s.y(0.92f)), spiky_(spiky) {}

void Fringe::draw_front(Canvas& canvas, double t, const View& view, float foot_y) const {
  const NoiseTile& tile = NoiseTile::shared();
  const float near = mix(0.45f, 1.0f, saturate((foot_y - far_row_) / (near_row_ - far_row_)));
  const float height = height_ * near, unit = canvas.unit();
  const RowView at = row_view(canvas, view, Depth::flat(1), static_cast<int>(foot_y));
  const float cells = spiky_ ? 60 : 14;
  for (int x = 0; x < canvas.width; ++x) {
    const float sway = spiky_ ? 0.12f * static_cast<float>(std::sin(1.9 * t + 9 * at.at(x) / unit)) : 0;
    const float top = foot_y + height * 0.35f - height * (0.35f + 0.9f * tile.at(cells / near * at.at(x) / unit + sway, foot_y * 0.37f));
    const float fade = height * 1.6f;
    for (int y = std::max(0, static_cast<int>(top - 1)); y < std::min(canvas.height, static_cast<int>(top + fade) + 1); ++y) {
      const float below = y + 0.5f - top;
      over(canvas, x, y, color_, 0.85f * saturate(below + 0.5f) * smoothstep(fade, fade * 0.3f, below));
    }
  }
}

}  // namespace mg::world
