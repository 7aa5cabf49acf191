#include "moviegen/data/world/rgba.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

constexpr int kVisible = 8;  // of 255; fainter edges of a picture do not count as part of its box

// Grows to hold pixels.
struct Extent {
  int x0 = 1 << 30, y0 = 1 << 30, x1 = 0, y1 = 0;
  void add(int x, int y) {
    x0 = std::min(x0, x), x1 = std::max(x1, x + 1);
    y0 = std::min(y0, y), y1 = std::max(y1, y + 1);
  }
  Box box() const {
    if (x1 <= x0) return {};
    return {static_cast<float>(x0), static_cast<float>(y0), static_cast<float>(x1), static_cast<float>(y1)};
  }
};

std::array<float, 256> make_srgb_table() {
  std::array<float, 256> table;
  for (int i = 0; i < 256; ++i) table[i] = linear_from_srgb(static_cast<float>(i) / 255);
  return table;
}

// The source pixels one target pixel covers along an axis, and how much of each.
struct Span {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Span> spans(float from, float to, int count, int source_size) {
  std::vector<Span> all(count);
  const double step = (static_cast<double>(to) - from) / count;
  for (int i = 0; i < count; ++i) {
    double low = from + step * i, high = low + step;
    if (step < 1) {  // enlarging: read between the two nearest pixels
      const double centre = (low + high) / 2;
      low = centre - 0.5;
      high = centre + 0.5;
    }
    const int first = std::max(0, static_cast<int>(std::floor(low)));
    const int last = std::min(source_size - 1, static_cast<int>(std::ceil(high)) - 1);
    all[i].first = first;
    for (int s = first; s <= last; ++s)
      all[i].weights.push_back(
          static_cast<float>((std::min(high, s + 1.0) - std::max(low, static_cast<double>(s))) / (high - low)));
  }
  return all;
}

}  // namespace

float linear_from_srgb(float value) {
  return value <= 0.04045f ? value / 12.92f : std::pow((value + 0.055f) / 1.055f, 2.4f);
}

DecodedFrames decode_frames(const std::string& bytes, const std::string& name) {
  if (bytes.size() >= 8 && bytes.compare(1, 3, "PNG") == 0) return decode_png(bytes, name);
  if (bytes.size() >= 12 && bytes.compare(0, 4, "RIFF") == 0 && bytes.compare(8, 4, "WEBP") == 0)
    return decode_webp(bytes, name);
  throw DataError("{}: neither a PNG nor a WebP picture ({} bytes)", name, bytes.size());
}

Rgba to_linear(const DecodedFrames& frames, size_t frame) {
  static const std::array<float, 256> table = make_srgb_table();
  Rgba picture(frames.width, frames.height);
  const uint8_t* from = frames.rgba[frame].data();
  for (size_t i = 0; i < picture.data.size(); i += 4) {
    const float alpha = static_cast<float>(from[i + 3]) / 255;
    for (int c = 0; c < 3; ++c) picture.data[i + c] = table[from[i + c]] * alpha;
    picture.data[i + 3] = alpha;
  }
  return picture;
}

Box visible_box(const DecodedFrames& frames) {
  Extent extent;
  for (const auto& frame : frames.rgba)
    for (int y = 0; y < frames.height; ++y) {
      const uint8_t* alpha = frame.data() + static_cast<size_t>(y) * frames.width * 4 + 3;
      for (int x = 0; x < frames.width; ++x)
        if (alpha[x * 4] >= kVisible) extent.add(x, y);
    }
  return extent.box();
}

Box visible_box(const std::vector<Rgba>& pictures) {
  Extent extent;
  for (const Rgba& picture : pictures)
    for (int y = 0; y < picture.height; ++y)
      for (int x = 0; x < picture.width; ++x)
        if (picture.at(x, y)[3] * 255 >= kVisible) extent.add(x, y);
  return extent.box();
}

Rgba resample(const Rgba& picture, const Box& box, int width, int height) {
  const std::vector<Span> columns = spans(box.x0, box.x1, width, picture.width);
  const std::vector<Span> rows = spans(box.y0, box.y1, height, picture.height);
  Rgba wide(width, picture.height), out(width, height);
  const int first_row = std::clamp(static_cast<int>(box.y0) - 1, 0, picture.height);
  const int end_row = std::clamp(static_cast<int>(box.y1) + 2, 0, picture.height);
  for (int y = first_row; y < end_row; ++y)
    for (int x = 0; x < width; ++x) {
      const float* from = picture.at(columns[x].first, y);
      float sum[4] = {};
      for (const float weight : columns[x].weights) {
        for (int c = 0; c < 4; ++c) sum[c] += weight * from[c];
        from += 4;
      }
      std::copy_n(sum, 4, wide.at(x, y));
    }
  for (int y = 0; y < height; ++y)
    for (size_t k = 0; k < rows[y].weights.size(); ++k) {
      const float* from = wide.at(0, rows[y].first + static_cast<int>(k));
      float* to = out.at(0, y);
      for (int i = 0; i < width * 4; ++i) to[i] += rows[y].weights[k] * from[i];
    }
  return out;
}

Rgba turned(const Rgba& picture, float degrees) {
  const float angle = degrees * std::numbers::pi_v<float> / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const float w = static_cast<float>(picture.width), h = static_cast<float>(picture.height);
  Rgba out(static_cast<int>(std::ceil(std::abs(w * cosine) + std::abs(h * sine))) + 2,
           static_cast<int>(std::ceil(std::abs(w * sine) + std::abs(h * cosine))) + 2);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const float dx = static_cast<float>(x) + 0.5f - static_cast<float>(out.width) / 2;
      const float dy = static_cast<float>(y) + 0.5f - static_cast<float>(out.height) / 2;
      const float u = dx * cosine + dy * sine + w / 2 - 0.5f, v = -dx * sine + dy * cosine + h / 2 - 0.5f;
      const int left = static_cast<int>(std::floor(u)), top = static_cast<int>(std::floor(v));
      for (int corner = 0; corner < 4; ++corner) {
        const int cx = left + corner % 2, cy = top + corner / 2;
        if (cx < 0 || cy < 0 || cx >= picture.width || cy >= picture.height) continue;
        const float weight = (1 - std::abs(u - static_cast<float>(cx))) * (1 - std::abs(v - static_cast<float>(cy)));
        for (int c = 0; c < 4; ++c) out.at(x, y)[c] += weight * picture.at(cx, cy)[c];
      }
    }
  return out;
}

void lay_over(Rgba& bottom, const Rgba& top, int x, int y) {
  for (int ty = std::max(0, -y); ty < std::min(top.height, bottom.height - y); ++ty)
    for (int tx = std::max(0, -x); tx < std::min(top.width, bottom.width - x); ++tx) {
      const float* from = top.at(tx, ty);
      float* to = bottom.at(tx + x, ty + y);
      for (int c = 0; c < 4; ++c) to[c] = to[c] * (1 - from[3]) + from[c];
    }
}

float luminance(const float* rgb) { return 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2]; }

float mean_luminance(const Rgba& picture) {
  double light = 0, alpha = 0;
  for (size_t i = 0; i < picture.data.size(); i += 4) {
    light += luminance(&picture.data[i]);
    alpha += picture.data[i + 3];
  }
  return alpha > 0 ? static_cast<float>(light / alpha) : 0.5f;
}

void tint_pixel(float* rgb, float alpha, const Color& color, float mean) {
  const float shade = luminance(rgb) / std::max(mean, 0.02f);
  const float peak = shade * std::max({color[0], color[1], color[2]});
  const float over = peak > alpha && peak > 0 ? 1 - alpha / peak : 0;  // share that would be brighter than white
  for (int c = 0; c < 3; ++c) {
    const float inside = color[c] * shade * (1 - over);
    rgb[c] = inside + (alpha - inside) * 0.6f * over;
  }
}

}  // namespace mg::world
