// Pictures with alpha while a sprite is made: decoded frames as the files have them, and linear premultiplied floats to
// crop, shrink, turn and lay over each other.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "moviegen/data/world/canvas.h"

namespace mg::world {

// What a PNG or WebP file decodes to: straight (not premultiplied) 8-bit sRGB with alpha; one frame or a loop.
struct DecodedFrames {
  int width = 0, height = 0;
  std::vector<std::vector<uint8_t>> rgba;  // frames of height × width × 4
  std::vector<int> end_ms;                 // when each frame stops being shown; empty for a still
};

inline constexpr int kMaxSpriteSide = 4096;               // longest side of a sprite file
inline constexpr int kMaxSpriteFrames = 512;
inline constexpr uint64_t kMaxSpriteBytes = 512u << 20;   // all frames of a file, decoded
inline constexpr uint64_t kMaxSpriteFileBytes = 64u << 20;

// Decodes a still or animated WebP, or a PNG, by the bytes' own signature. `name` is for messages. Throws DataError.
DecodedFrames decode_frames(const std::string& bytes, const std::string& name);
DecodedFrames decode_webp(const std::string& bytes, const std::string& name);
DecodedFrames decode_png(const std::string& bytes, const std::string& name);

// A box in pixels, fractions allowed.
struct Box {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  float width() const { return x1 - x0; }
  float height() const { return y1 - y0; }
};

// Premultiplied linear light.
struct Rgba {
  int width = 0, height = 0;
  std::vector<float> data;  // height × width × 4

  Rgba() = default;
  Rgba(int w, int h) : width(w), height(h), data(static_cast<size_t>(w) * h * 4) {}
  float* at(int x, int y) { return data.data() + (static_cast<size_t>(y) * width + x) * 4; }
  const float* at(int x, int y) const { return data.data() + (static_cast<size_t>(y) * width + x) * 4; }
};

float linear_from_srgb(float value);  // 0..1 to 0..1
// One decoded frame in linear light.
Rgba to_linear(const DecodedFrames& frames, size_t frame);
// The smallest box that holds every visible pixel of the frames, or of pictures of one size; empty when nothing is visible.
Box visible_box(const DecodedFrames& frames);
Box visible_box(const std::vector<Rgba>& pictures);
// The part of `picture` inside `box` at the given size: each pixel is the mean of the area it covers. Outside is clear.
Rgba resample(const Rgba& picture, const Box& box, int width, int height);
// Turned clockwise by `degrees` about the centre, on a canvas that holds all of it.
Rgba turned(const Rgba& picture, float degrees);
// Lays `top` over `bottom` with its left upper corner at (x, y).
void lay_over(Rgba& bottom, const Rgba& top, int x, int y);
float luminance(const float* rgb);
// Mean luminance of what is visible, weighted by alpha.
float mean_luminance(const Rgba& picture);
// The colour of one premultiplied pixel (rgb, alpha) tinted: light and dark relative to `mean` stay, the hue becomes
// `color`'s, and what would be brighter than white goes towards white.
void tint_pixel(float* rgb, float alpha, const Color& color, float mean);

}  // namespace mg::world
