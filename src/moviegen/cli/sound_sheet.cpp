#include "moviegen/cli/sound_sheet.h"

#include <algorithm>

#include "moviegen/cli/sound_strip.h"
#include "moviegen/core/error.h"

namespace mg::cli {
namespace {

constexpr size_t kFrames = 4;  // shown of a clip
constexpr int kGap = 4;

std::vector<media::Image> some_frames(const std::vector<media::Image>& frames) {
  std::vector<media::Image> shown;
  for (size_t i = 0; i < std::min(kFrames, frames.size()); ++i) shown.push_back(frames[i * (frames.size() - 1) / (kFrames - 1)]);
  return shown;
}

std::vector<EventMark> marks_of(const std::vector<eval::SoundEvent>& events) {
  std::vector<EventMark> marks;
  for (const auto& event : events)
    if (!event.loop) marks.push_back({event.time_s, event.sound_class});
  return marks;
}

// All strips of a sheet are as large as the largest.
media::Image on_white(const media::Image& image, int width, int height) {
  media::Image out(width, height);
  std::fill(out.rgb.begin(), out.rgb.end(), uint8_t{255});
  for (int y = 0; y < image.height; ++y) std::copy_n(image.row(y), 3 * image.width, out.row(y));
  return out;
}

}  // namespace

void SoundSheet::add(const eval::SoundItem& item, const media::Sound& made) {
  auto frames = some_frames(item.frames);
  auto marks = marks_of(item.events);
  if (item.sound.frames() > 0) strips_.push_back(draw_strip({frames, item.sound, marks, "true: " + caption_text(item.caption)}));
  if (&made != &item.sound) strips_.push_back(draw_strip({frames, made, marks, "made"}));
}

void SoundSheet::write(const std::string& path) const {
  if (strips_.empty()) throw UsageError("{}: a sheet of no clips", path);
  int width = 0, height = 0;
  for (const auto& strip : strips_) width = std::max(width, strip.width), height = std::max(height, strip.height);
  std::vector<media::Image> even;
  for (const auto& strip : strips_) even.push_back(on_white(strip, width, height));
  media::write_image(path, media::grid(even, 1, kGap));
}

}  // namespace mg::cli
