// How a look becomes a sprite: decode → pick frames at 16 per second → cut → linear light at 128 pixels → tint, turn,
// lay heads over → cut to what is visible → mip chain of 16-bit premultiplied pixels.
#include "moviegen/data/world/sprite.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/data/world/pack.h"

namespace mg::world {
namespace {

constexpr double kFramesPerSecond = 16;
constexpr int kLongSide = 128, kSmallestMip = 6;
constexpr int kWorkingSide = 160;  // parts are put together a little larger than the result

DecodedFrames decode_source(const std::string& source, const Pack& pack) {
  const auto file = pack.files.find(source);
  if (file == pack.files.end()) throw NotFound("{}: the pack has no file for '{}'", pack.folder, source);
  const std::string path = pack.folder + "/" + file->second;
  return decode_frames(read_text(path, kMaxSpriteFileBytes), path);
}

// The frames of a loop shown at k / 16 s; a still is one frame.
std::vector<size_t> pick_frames(const DecodedFrames& frames) {
  if (frames.end_ms.empty()) return {0};
  const double duration_ms = frames.end_ms.back();
  const int count = std::clamp(static_cast<int>(std::lround(duration_ms * kFramesPerSecond / 1000)), 1, kMaxSpriteFrames);
  std::vector<size_t> picked;
  for (int k = 0; k < count; ++k) {
    const double at_ms = duration_ms * k / count;
    const auto shown = std::upper_bound(frames.end_ms.begin(), frames.end_ms.end(), at_ms);
    picked.push_back(std::min<size_t>(shown - frames.end_ms.begin(), frames.rgba.size() - 1));
  }
  return picked;
}

Box part_of(const Box& box, const Box& part) {
  return {box.x0 + part.x0 * box.width(), box.y0 + part.y0 * box.height(), box.x0 + part.x1 * box.width(),
          box.y0 + part.y1 * box.height()};
}

// The picture cut to `box`, the long side at most `longest`.
Rgba cut(const Rgba& picture, const Box& box, int longest) {
  const float scale = std::min(1.0f, static_cast<float>(longest) / std::max(box.width(), box.height()));
  return resample(picture, box, std::max(1, static_cast<int>(std::lround(box.width() * scale))),
                  std::max(1, static_cast<int>(std::lround(box.height() * scale))));
}

void erase(Rgba& picture, const Box& box) {
  for (int y = std::max(0, static_cast<int>(box.y0)); y < std::min(picture.height, static_cast<int>(std::ceil(box.y1))); ++y)
    for (int x = std::max(0, static_cast<int>(box.x0)); x < std::min(picture.width, static_cast<int>(std::ceil(box.x1))); ++x)
      std::fill_n(picture.at(x, y), 4, 0.0f);
}

void tint(std::vector<Rgba>& pictures, const Color& color) {
  const float mean = mean_luminance(pictures[0]);
  for (Rgba& picture : pictures)
    for (size_t i = 0; i < picture.data.size(); i += 4) tint_pixel(&picture.data[i], picture.data[i + 3], color, mean);
}

// Where the top of what is visible in the columns x0..x1 lies.
int top_between(const Rgba& picture, int x0, int x1) {
  for (int y = 0; y < picture.height; ++y)
    for (int x = std::max(0, x0); x < std::min(picture.width, x1); ++x)
      if (picture.at(x, y)[3] > 0.5f) return y;
  return 0;
}

// The picture of one part at the size it has over a base of base_height pixels.
Rgba part_picture(const OverlayPart& part, int base_height, const Pack& pack) {
  const DecodedFrames decoded = decode_source(part.source, pack);
  const Box visible = visible_box(decoded);
  if (visible.width() <= 0) throw DataError("{}: nothing of '{}' is visible", pack.folder, part.source);
  const float height = part.height * static_cast<float>(base_height);
  const float longest = height * std::max(1.0f, visible.width() / visible.height());
  std::vector<Rgba> picture{cut(to_linear(decoded, 0), visible, std::max(2, static_cast<int>(std::lround(longest))))};
  if (part.tint) tint(picture, *part.tint);
  return part.turn == 0 ? picture[0] : turned(picture[0], part.turn);
}

// Lays the parts over every frame of the base, on a canvas that holds them too.
std::vector<Rgba> put_together(const std::vector<Rgba>& base, const std::vector<OverlayPart>& parts, const Pack& pack) {
  const int width = base[0].width, height = base[0].height, play = height / 10;  // parts move a little with the base
  struct Placed {
    Rgba picture;
    int x, y;
    bool follows;
  };
  std::vector<Placed> pieces;
  int left = 0, top = 0, right = width, bottom = height;
  for (const OverlayPart& part : parts) {
    Rgba picture = part_picture(part, height, pack);
    const int x = static_cast<int>(std::lround(part.x * static_cast<float>(width) - static_cast<float>(picture.width) / 2));
    const int y = static_cast<int>(std::lround(part.y * static_cast<float>(height) - static_cast<float>(picture.height) / 2));
    left = std::min(left, x), right = std::max(right, x + picture.width);
    top = std::min(top, y - play), bottom = std::max(bottom, y + picture.height + play);
    pieces.push_back({std::move(picture), x, y, part.follows});
  }
  std::vector<Rgba> out;
  for (const Rgba& frame : base) {
    out.emplace_back(right - left, bottom - top);
    lay_over(out.back(), frame, -left, -top);
    for (const Placed& piece : pieces) {
      const int end = piece.x + piece.picture.width;
      const int moved = piece.follows ? top_between(frame, piece.x, end) - top_between(base[0], piece.x, end) : 0;
      lay_over(out.back(), piece.picture, piece.x - left, piece.y - top + std::clamp(moved, -play, play));
    }
  }
  return out;
}

SpriteFrame quantised(const Rgba& picture) {
  SpriteFrame frame{picture.width, picture.height, std::vector<uint16_t>(picture.data.size())};
  for (size_t i = 0; i < picture.data.size(); ++i)
    frame.rgba[i] = static_cast<uint16_t>(std::lround(std::clamp(picture.data[i], 0.0f, 1.0f) * 65535));
  return frame;
}

void add_mips(Sprite& sprite, std::vector<Rgba> level) {
  while (true) {
    std::vector<SpriteFrame> frames;
    for (const Rgba& picture : level) frames.push_back(quantised(picture));
    sprite.mips.push_back(std::move(frames));
    const int width = level[0].width, height = level[0].height;
    if (std::max(width, height) / 2 < kSmallestMip) return;
    const Box all{0, 0, static_cast<float>(width), static_cast<float>(height)};
    for (Rgba& picture : level) picture = resample(picture, all, std::max(1, (width + 1) / 2), std::max(1, (height + 1) / 2));
  }
}

}  // namespace

Sprite make_sprite(const LookRecipe& recipe, const Pack& pack) {
  const DecodedFrames decoded = decode_source(recipe.source, pack);
  const Box visible = visible_box(decoded);
  if (visible.width() <= 0) throw DataError("{}: nothing of '{}' is visible", pack.folder, recipe.source);
  const bool plain = recipe.over.empty() && recipe.erase.empty() && recipe.turn == 0;
  std::vector<Rgba> frames;
  for (size_t index : pick_frames(decoded)) {
    Rgba frame = to_linear(decoded, index);
    for (const Box& box : recipe.erase) erase(frame, part_of(visible, box));
    frames.push_back(cut(frame, part_of(visible, recipe.crop), plain ? kLongSide : kWorkingSide));
  }
  if (recipe.tint) tint(frames, *recipe.tint);
  if (!recipe.over.empty()) frames = put_together(frames, recipe.over, pack);
  if (recipe.turn != 0)
    for (Rgba& frame : frames) frame = turned(frame, recipe.turn);
  if (!plain) {
    const Box left = visible_box(frames);
    if (left.width() <= 0) throw DataError("{}: nothing of the look '{}' is left", pack.folder, recipe.look.id);
    for (Rgba& frame : frames) frame = cut(frame, left, kLongSide);
  }
  Sprite sprite = recipe.look;
  sprite.frames_per_second = kFramesPerSecond;
  sprite.mean_luminance = mean_luminance(frames[0]);
  add_mips(sprite, std::move(frames));
  return sprite;
}

}  // namespace mg::world
