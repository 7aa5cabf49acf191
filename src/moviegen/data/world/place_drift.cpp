#include "moviegen/data/world/place_drift.h"

namespace mg::world {

void Drift::draw(Canvas& canvas, double t, const View& view) const {
  const NoiseTile& tile = NoiseTile::shared();
  const float unit = frame_.unit(), across = 1 / (look_.length * unit), down = 1 / (look_.height * unit);
  const float moved = static_cast<float>(std::fmod(look_.speed / look_.length * t, 4096.0));
  const float boil = static_cast<float>(std::fmod(0.15 * t, 4096.0)), margin = 0.25f * (look_.bottom - look_.top);
  for (int y = 0; y < canvas.height; ++y) {
    const RowView at = row_view(canvas, view, look_.depth, y);
    const float band = smoothstep(look_.top, look_.top + margin, at.row) * smoothstep(look_.bottom, look_.bottom - margin, at.row);
    if (band <= 0) continue;
    float* p = canvas.row(y);
    for (int i = 0; i < canvas.width; ++i, p += 3) {
      const float n = tile.at(at.at(i) * across - moved + seed_, at.row * down + boil);
      const float alpha = look_.amount * band * smoothstep(0.5f, 0.85f, n);
      if (alpha > 0.004f)
        for (int c = 0; c < 3; ++c) p[c] += (look_.color[c] - p[c]) * alpha;
    }
  }
}

}  // namespace mg::world
