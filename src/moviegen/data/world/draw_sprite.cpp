// Drawing sprites: every canvas pixel in the sprite's box looks up its place in the picture, between two mip levels.
// Outside the picture is clear, so that edges fall off over one texel and stay smooth without supersampling.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "moviegen/data/world/rgba.h"
#include "moviegen/data/world/sprite.h"

namespace mg::world {
namespace {

using Pixel = float __attribute__((vector_size(16)));
using Words = uint16_t __attribute__((vector_size(16)));
using Ints = int32_t __attribute__((vector_size(16)));

// A touch sharper than exact: a mip level is already a little soft from the averaging.
constexpr float kMipBias = -0.3f;

// Four 16-bit channels widened to floats: interleaved with zeros they are 32-bit integers.
Pixel widened(Words raw, Words order) {
  return __builtin_convertvector(reinterpret_cast<Ints>(__builtin_shuffle(raw, Words{}, order)), Pixel);
}

Pixel texel_or_clear(const SpriteFrame& frame, int x, int y) {
  if (x < 0 || y < 0 || x >= frame.width || y >= frame.height) return Pixel{0, 0, 0, 0};
  Words raw{};
  std::memcpy(&raw, frame.rgba.data() + (static_cast<size_t>(y) * frame.width + x) * 4, 8);
  return widened(raw, Words{0, 8, 1, 9, 2, 10, 3, 11});
}

// Between two neighbours of a row, both inside.
Pixel between_pair(const uint16_t* pair, float share) {
  Words raw;
  std::memcpy(&raw, pair, sizeof raw);
  const Pixel left = widened(raw, Words{0, 8, 1, 9, 2, 10, 3, 11});
  return left + (widened(raw, Words{4, 12, 5, 13, 6, 14, 7, 15}) - left) * share;
}

// Bilinear at (u, v) in 0..1 of the box; 0..65535. Outside is clear.
Pixel sample(const SpriteFrame& frame, float u, float v) {
  const float x = u * static_cast<float>(frame.width) - 0.5f, y = v * static_cast<float>(frame.height) - 0.5f;
  if (!(x > -1 && y > -1 && x < static_cast<float>(frame.width) && y < static_cast<float>(frame.height)))
    return Pixel{0, 0, 0, 0};
  const int ix = static_cast<int>(x + 1) - 1, iy = static_cast<int>(y + 1) - 1;  // floor, for x > −1
  const float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy);
  if (ix >= 0 && iy >= 0 && ix + 1 < frame.width && iy + 1 < frame.height) {
    const uint16_t* corner = frame.rgba.data() + (static_cast<size_t>(iy) * frame.width + ix) * 4;
    const Pixel upper = between_pair(corner, fx);
    return upper + (between_pair(corner + static_cast<size_t>(frame.width) * 4, fx) - upper) * fy;
  }
  const Pixel upper = texel_or_clear(frame, ix, iy) * (1 - fx) + texel_or_clear(frame, ix + 1, iy) * fx;
  const Pixel lower = texel_or_clear(frame, ix, iy + 1) * (1 - fx) + texel_or_clear(frame, ix + 1, iy + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

// The two mip levels around the drawn scale.
struct MipPair {
  const SpriteFrame *fine, *coarse;
  float coarse_share;
};

MipPair mip_pair(const Sprite& sprite, size_t frame, float texels_per_pixel) {
  const float level = std::clamp(std::log2(std::max(texels_per_pixel, 1e-3f)) + kMipBias, 0.0f,
                                 static_cast<float>(sprite.mips.size() - 1));
  const size_t fine = static_cast<size_t>(level), coarse = std::min(fine + 1, sprite.mips.size() - 1);
  return {&sprite.mips[fine][frame], &sprite.mips[coarse][frame], level - static_cast<float>(fine)};
}

size_t frame_at(const Sprite& sprite, double time_s) {
  const auto count = static_cast<int64_t>(sprite.mips[0].size());
  // A hair forward, so that frame k of a clip at the sprite's own rate shows frame k in spite of rounding.
  const auto index = static_cast<int64_t>(std::floor(time_s * sprite.frames_per_second + 1e-6));
  if (!sprite.loops) return static_cast<size_t>(std::clamp<int64_t>(index, 0, count - 1));
  return static_cast<size_t>((index % count + count) % count);
}

// From canvas pixels to (u, v) of the sprite's box.
struct Placement {
  float centre_x, centre_y, width, height, cosine, sine;
  bool flip;

  Placement(const SpriteFrame& frame, const SpriteDraw& draw)
      : centre_x(draw.x),
        centre_y(draw.y - draw.height_px * draw.squash / 2),
        width(draw.height_px * static_cast<float>(frame.width) / static_cast<float>(frame.height)),
        height(draw.height_px * draw.squash),
        cosine(std::cos(draw.rotation)),
        sine(std::sin(draw.rotation)),
        flip(draw.flip) {}

  float u(float dx, float dy) const {
    const float along = (dx * cosine + dy * sine) / width;
    return 0.5f + (flip ? -along : along);
  }
  float v(float dx, float dy) const { return 0.5f + (dy * cosine - dx * sine) / height; }
};

struct Range {
  int first, last;  // inclusive
};

Range pixel_range(float centre, float half, int size) {
  const float low = std::clamp(std::floor(centre - half - 1.5f), -1.0f, static_cast<float>(size));
  const float high = std::clamp(std::ceil(centre + half + 1.5f), -1.0f, static_cast<float>(size));
  return {std::max(0, static_cast<int>(low)), std::min(size - 1, static_cast<int>(high))};
}

// Colour of one premultiplied pixel of row `v` (0..1) after tint, garment, light and haze.
void shade(float* rgb, float alpha, float v, const SpriteDraw& draw, float mean) {
  if (draw.recolor) tint_pixel(rgb, alpha, *draw.recolor, mean);
  if (draw.garments)
    for (const Garment& garment : *draw.garments)
      if (v > garment.top && v < garment.bottom) tint_pixel(rgb, alpha, garment.color, mean);
  for (int c = 0; c < 3; ++c)
    rgb[c] = rgb[c] * draw.light[c] * (1 - draw.haze) + draw.haze_color[c] * draw.haze * alpha;
}

}  // namespace

void draw_sprite(Canvas& canvas, const Sprite& sprite, const SpriteDraw& draw) {
  if (sprite.mips.empty() || !(draw.height_px > 0) || !(draw.squash > 0) || !(draw.opacity > 0)) return;
  const size_t frame = frame_at(sprite, draw.time_s);
  const SpriteFrame& largest = sprite.mips[0][frame];
  const Placement place(largest, draw);
  const MipPair mips = mip_pair(sprite, frame, std::max(static_cast<float>(largest.width) / place.width,
                                                        static_cast<float>(largest.height) / place.height));
  const float half_x = (std::abs(place.width * place.cosine) + std::abs(place.height * place.sine)) / 2;
  const float half_y = (std::abs(place.width * place.sine) + std::abs(place.height * place.cosine)) / 2;
  // Magnified texels reach half a texel beyond the box.
  const float reach = place.height / static_cast<float>(largest.height);
  const Range columns = pixel_range(place.centre_x, half_x + reach, canvas.width);
  const Range rows = pixel_range(place.centre_y, half_y + reach, canvas.height);
  for (int y = rows.first; y <= rows.last; ++y) {
    const float uncut = std::clamp(draw.clip_below - static_cast<float>(y), 0.0f, 1.0f) * draw.opacity;
    if (uncut <= 0) break;
    const float dy = static_cast<float>(y) + 0.5f - place.centre_y;
    float* out = canvas.row(y) + static_cast<size_t>(columns.first) * 3;
    for (int x = columns.first; x <= columns.last; ++x, out += 3) {
      const float dx = static_cast<float>(x) + 0.5f - place.centre_x;
      const float u = place.u(dx, dy), v = place.v(dx, dy);
      Pixel pixel = sample(*mips.fine, u, v);
      if (mips.coarse_share > 0) pixel += (sample(*mips.coarse, u, v) - pixel) * mips.coarse_share;
      pixel *= 1.0f / 65535;
      const float alpha = pixel[3];
      if (alpha < 1e-4f) continue;
      float rgb[3] = {pixel[0], pixel[1], pixel[2]};
      shade(rgb, alpha, v, draw, sprite.mean_luminance);
      for (int c = 0; c < 3; ++c) out[c] += (rgb[c] - out[c] * alpha) * uncut;
    }
  }
}

void draw_shadow(Canvas& canvas, float x, float y, float width_px, float height_px, float darkness) {
  if (!(width_px > 0) || !(height_px > 0) || !(darkness > 0)) return;
  const Range columns = pixel_range(x, width_px / 2, canvas.width), rows = pixel_range(y, height_px / 2, canvas.height);
  // A shadow thinner than a pixel is drawn a pixel thick and as much weaker.
  const float half_x = std::max(width_px / 2, 1.0f), half_y = std::max(height_px / 2, 1.0f);
  const float strength = std::min(darkness, 1.0f) * (width_px / 2 / half_x) * (height_px / 2 / half_y);
  for (int row = rows.first; row <= rows.last; ++row) {
    const float dy = (static_cast<float>(row) + 0.5f - y) / half_y;
    float* out = canvas.row(row);
    for (int column = columns.first; column <= columns.last; ++column) {
      const float dx = (static_cast<float>(column) + 0.5f - x) / half_x, inside = 1 - dx * dx - dy * dy;
      if (inside <= 0) continue;
      for (int c = 0; c < 3; ++c) out[column * 3 + c] *= 1 - strength * inside * inside;
    }
  }
}

}  // namespace mg::world
