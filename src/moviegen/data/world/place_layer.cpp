#include "moviegen/data/world/place_layer.h"

#include "moviegen/data/world/noise.h"

namespace mg::world {

RowView row_view(const Canvas& canvas, const View& view, const Depth& depth, int y) {
  const float cx = 0.5f * canvas.width, cy = 0.5f * canvas.height, q = y + 0.5f, unit = canvas.unit();
  float p = q, k = depth.at(q), scale = 1;
  // The parallax depends on the row looked for; it changes slowly, so a few steps of iteration settle it.
  for (int i = 0; i < 3; ++i) {
    scale = 1 + (view.zoom - 1) * k;
    p = cy + k * view.pan_y * unit + (q - cy) / scale;
    k = depth.at(p);
  }
  scale = 1 + (view.zoom - 1) * k;
  return {p, cx + k * view.pan_x * unit + (0.5f - cx) / scale, 1 / scale};
}

Seen seen(const Canvas& canvas, const View& view, float k, float x, float y) {
  const float cx = 0.5f * canvas.width, cy = 0.5f * canvas.height, scale = 1 + (view.zoom - 1) * k;
  return {cx + (x - cx - k * view.pan_x * canvas.unit()) * scale, cy + (y - cy - k * view.pan_y * canvas.unit()) * scale, scale};
}

Layer::Layer(const Frame& frame, const Depth& depth, float top, float bottom, float drift)
    : depth_(depth), top_(static_cast<int>(std::floor(top))), drift_(drift) {
  // Room for a pan of one unit either way and a little zooming out before the ring repeats.
  const float k = std::max(depth.far, depth.near);
  period_ = static_cast<int>(std::ceil(frame.width * (drift != 0 ? 1.7f : 1.25f) + 2.0f * k * frame.unit()));
  rows_ = std::max(1, static_cast<int>(std::ceil(bottom)) - top_);
  pixels_.assign(static_cast<size_t>(rows_) * (period_ + 1), Pixel{});
  kinds_.assign(rows_, RowKind::kEmpty);
}

void Layer::over(int x, int y, const Color& color, float alpha) {
  const int row = y - top_;
  if (row < 0 || row >= rows_ || alpha <= 0) return;
  if (x < 0 || x >= period_) x = ((x % period_) + period_) % period_;
  const Float4 paint = {color[0] * alpha, color[1] * alpha, color[2] * alpha, alpha};
  Pixel& p = pixel(x, row);
  p.v = paint + p.v * (1 - alpha);
}

void Layer::erase(int x, int y, float amount) {
  const int row = y - top_;
  if (row < 0 || row >= rows_) return;
  Pixel& p = pixel(((x % period_) + period_) % period_, row);
  p.v = p.v * (1 - amount);
}

void Layer::finish() {
  for (int r = 0; r < rows_; ++r) {
    pixel(period_, r) = pixel(0, r);
    bool empty = true, opaque = true;
    for (int x = 0; x < period_; ++x) {
      const float alpha = pixel(x, r).v[3];
      empty = empty && alpha <= 0;
      opaque = opaque && alpha >= 0.9999f;
    }
    kinds_[r] = empty ? RowKind::kEmpty : opaque ? RowKind::kOpaque : RowKind::kMixed;
  }
}

template <bool kOpaque>
void Layer::draw_row(float* out, int width, const Pixel* a, const Pixel* b, float blend, float x, float step) const {
  const float period = static_cast<float>(period_);
  for (int i = 0; i < width; ++i, out += 3) {
    const int ix = static_cast<int>(x);
    const float fx = x - ix;
    const Float4 upper = a[ix].v + (a[ix + 1].v - a[ix].v) * fx;
    const Float4 lower = b[ix].v + (b[ix + 1].v - b[ix].v) * fx;
    const Float4 v = upper + (lower - upper) * blend;
    if constexpr (kOpaque) {
      out[0] = v[0], out[1] = v[1], out[2] = v[2];
    } else if (v[3] > 0) {
      const float through = 1 - v[3];
      out[0] = v[0] + out[0] * through;
      out[1] = v[1] + out[1] * through;
      out[2] = v[2] + out[2] * through;
    }
    x += step;
    if (x >= period) x -= period;
  }
}

void Layer::draw(Canvas& canvas, double t, const View& view) const {
  const double drifted = std::fmod(drift_ * t, static_cast<double>(period_));
  for (int y = 0; y < canvas.height; ++y) {
    const RowView seen_row = row_view(canvas, view, depth_, y);
    const float row = seen_row.row - 0.5f - top_;
    const int first = floor_to_int(row);
    if (first < -1) continue;  // above a layer there is nothing; below it the last row goes on
    const int r0 = std::clamp(first, 0, rows_ - 1), r1 = std::clamp(first + 1, 0, rows_ - 1);
    if (kinds_[r0] == RowKind::kEmpty && kinds_[r1] == RowKind::kEmpty) continue;
    const Pixel* a = &pixels_[static_cast<size_t>(r0) * (period_ + 1)];
    const Pixel* b = &pixels_[static_cast<size_t>(r1) * (period_ + 1)];
    const float x = wrapped(seen_row.x - 0.5f - static_cast<float>(drifted), static_cast<float>(period_));
    const bool opaque = kinds_[r0] == RowKind::kOpaque && kinds_[r1] == RowKind::kOpaque;
    if (opaque)
      draw_row<true>(canvas.row(y), canvas.width, a, b, row - first, x, seen_row.step);
    else
      draw_row<false>(canvas.row(y), canvas.width, a, b, row - first, x, seen_row.step);
  }
}

}  // namespace mg::world
