#include "moviegen/cli/sound_strip.h"

#include <fmt/format.h>

#include <algorithm>

#include "moviegen/cli/small_text.h"
#include "moviegen/media/spectrogram.h"

namespace mg::cli {
namespace {

constexpr int kNameLines = 4, kTextLines = 3, kGap = 4, kHeight = 128, kWidth = 384;  // of a spectrogram, at least
constexpr int kNames_px = kNameLines * kLineHeight + 2, kAxis_px = kLineHeight + 6, kScale_px = 5 * kGlyphAdvance;
constexpr double kPitches_hz[] = {100, 500, 2000, 8000};

void paste(const media::Image& from, media::Image& onto, int left, int top) {
  for (int y = 0; y < from.height; ++y) std::copy_n(from.row(y), 3 * from.width, onto.row(top + y) + 3 * left);
}

// Names of events above the spectrogram, in rows by turns, so that close ones stay readable.
void name_events(const SoundStrip& strip, media::Image& image, int left, int width) {
  int row = 0;
  for (const EventMark& mark : strip.marks) {
    int x = left + static_cast<int>(std::clamp(mark.time_s / strip.sound.duration_s(), 0.0, 1.0) * (width - 1));
    size_t room = static_cast<size_t>((image.width - x) / kGlyphAdvance);
    draw_text(image, x, kNames_px - (1 + row++ % kNameLines) * kLineHeight, mark.name.substr(0, room));
  }
}

void draw_axes(double seconds, media::Image& image, int left, const media::SpectrogramOptions& options) {
  int bottom = kNames_px + options.height;
  double step = seconds > 6 ? 1 : 0.5;
  for (double t = 0; t < seconds; t += step) {
    int x = left + static_cast<int>(t / seconds * (options.width - 1));
    draw_text(image, x, bottom + 2, fmt::format("{:.1f} s", t));
  }
  for (double hz : kPitches_hz) {
    int y = kNames_px + std::max(0, media::spectrogram_row(hz, options) - kLineHeight / 2);
    draw_text(image, left + options.width + 2, y, hz < 1000 ? fmt::format("{:.0f}", hz) : fmt::format("{:.0f}k", hz / 1000));
  }
}

}  // namespace

media::Image draw_strip(const SoundStrip& strip) {
  const int count = static_cast<int>(strip.frames.size()), frame_width = count ? strip.frames[0].width + kGap : 0, height = count ? strip.frames[0].height : kHeight;
  const int left = count * frame_width;
  const media::SpectrogramOptions options{.width = std::max(left, kWidth), .height = height};
  media::Image image(left + options.width + kScale_px, kNames_px + height + kAxis_px + kTextLines * kLineHeight);
  std::fill(image.rgb.begin(), image.rgb.end(), uint8_t{255});
  for (int i = 0; i < count; ++i) paste(strip.frames[static_cast<size_t>(i)], image, i * frame_width, kNames_px);
  if (strip.sound.frames() > 0) {
    media::Image heard = media::draw_spectrogram(strip.sound, options);
    for (const EventMark& mark : strip.marks) media::draw_time_mark(heard, mark.time_s, strip.sound.duration_s(), {90, 255, 120});
    paste(heard, image, left, kNames_px);
    name_events(strip, image, left, options.width);
    draw_axes(strip.sound.duration_s(), image, left, options);
  }
  auto lines = wrap_text(strip.text, image.width);
  for (int i = 0; i < std::min<int>(kTextLines, static_cast<int>(lines.size())); ++i)
    draw_text(image, 1, kNames_px + height + kAxis_px + i * kLineHeight, lines[static_cast<size_t>(i)]);
  return image;
}

}  // namespace mg::cli
