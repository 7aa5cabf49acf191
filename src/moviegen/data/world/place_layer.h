// The parts a place is made of. A Layer is a picture painted once, wider than the frame and closed into a ring in x,
// so that any pan scrolls without an edge; other parts paint what moves.
// Coordinates of a part are pixels of the unmoved frame: x in [0, width) and y in [0, height) are what a still camera sees.
#pragma once
#include <cmath>
#include <vector>

#include "moviegen/data/world/canvas.h"

namespace mg::world {

struct Frame {
  int width = 0, height = 0;
  float unit() const { return static_cast<float>(std::min(width, height)); }
};

// Parallax by row: `far` at and above far_row, `near` at and below near_row (a ground that comes towards the camera).
struct Depth {
  float far = 1, near = 1;
  float far_row = 0, near_row = 1;
  static Depth flat(float k) { return {k, k, 0, 1}; }
  float at(float row) const {
    return far == near ? far : mix(far, near, std::min(std::max((row - far_row) / (near_row - far_row), 0.0f), 1.0f));
  }
};

// Which pixels of the unmoved frame one canvas row shows.
struct RowView {
  float row = 0;            // y of the row's centre
  float x = 0, step = 1;    // x of pixel 0's centre, and the step per pixel
  float at(int i) const { return x + step * static_cast<float>(i); }
};
RowView row_view(const Canvas& canvas, const View& view, const Depth& depth, int y);

// Where the camera shows a point at parallax k.
struct Seen {
  float x = 0, y = 0, scale = 1;
};
Seen seen(const Canvas& canvas, const View& view, float k, float x, float y);

class Part {
 public:
  virtual ~Part() = default;
  virtual void draw(Canvas& canvas, double t, const View& view) const = 0;
  // What covers a subject whose feet are at canvas row `foot_y`.
  virtual void draw_front(Canvas&, double, const View&, float /*foot_y*/) const {}
  // Called once when the place is complete.
  virtual void finish() {}
};

class Layer final : public Part {
 public:
  // Rows [top, bottom) in pixels; below them the last row goes on. `drift` is a steady motion in pixels per second.
  Layer(const Frame& frame, const Depth& depth, float top, float bottom, float drift = 0);

  int period() const { return period_; }
  int top() const { return top_; }
  int bottom() const { return top_ + rows_; }
  // Paints over pixel (x, y); x is wrapped.
  void over(int x, int y, const Color& color, float alpha);
  // Makes pixel (x, y) transparent by `amount`: windows cut into a wall.
  void erase(int x, int y, float amount);

  void draw(Canvas& canvas, double t, const View& view) const override;
  void finish() override;

 private:
  using Float4 = float __attribute__((vector_size(16)));
  struct Pixel {  // premultiplied linear RGBA
    Float4 v;
  };
  enum class RowKind : unsigned char { kEmpty, kMixed, kOpaque };

  template <bool kOpaque>
  void draw_row(float* out, int width, const Pixel* a, const Pixel* b, float blend, float x, float step) const;
  Pixel& pixel(int x, int row) { return pixels_[static_cast<size_t>(row) * (period_ + 1) + x]; }

  Depth depth_;
  int period_, top_, rows_;
  float drift_;
  std::vector<Pixel> pixels_;   // rows of period + 1: the last pixel repeats the first
  std::vector<RowKind> kinds_;
};

inline void over(Layer& layer, int x, int y, const Color& color, float alpha) { layer.over(x, y, color, alpha); }

}  // namespace mg::world
