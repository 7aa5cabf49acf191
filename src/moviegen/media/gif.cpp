// Animated GIF previews: one palette of 255 colours for the file, found by splitting the colours in use where they vary
// most, and ordered dithering, which stands still from frame to frame. Entry 255 is transparent: libav's encoder uses it for
// pixels that do not change.
#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/libav.h"
#include "moviegen/media/picture.h"
#include "moviegen/media/video.h"

namespace mg::media {
namespace {

constexpr size_t kColors = 255;
constexpr int kBinBits = 6;          // a bin is a cube of 4 × 4 × 4 colours
constexpr double kMaxGifRate = 50;   // browsers slow shorter delays down to 100 ms
constexpr int kDither = 12;          // ours: peak to peak, about a step of a 255-colour palette
constexpr int kBayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};

using Color = std::array<int, 3>;

size_t bin_of(const Color& c) {
  constexpr int kShift = 8 - kBinBits;
  return static_cast<size_t>((c[0] >> kShift) << (2 * kBinBits) | (c[1] >> kShift) << kBinBits | c[2] >> kShift);
}

struct Bin {
  size_t index = 0;
  double count = 0;
  std::array<double, 3> sum{};
  double mean(size_t c) const { return sum[c] / count; }
};

// A group of neighbouring bins: [begin, end) of the list.
struct Box {
  size_t begin, end;
  std::array<double, 3> mean{};
  size_t axis = 0;    // where it varies most
  double spread = 0;  // squared deviation along it, over all pixels
};

Box box_of(const std::vector<Bin>& bins, size_t begin, size_t end) {
  Box box{begin, end};
  double count = 0;
  std::array<double, 3> square{};
  for (size_t i = begin; i < end; ++i) {
    count += bins[i].count;
    for (size_t c = 0; c < 3; ++c) box.mean[c] += bins[i].sum[c], square[c] += bins[i].sum[c] * bins[i].mean(c);
  }
  for (size_t c = 0; c < 3; ++c) {
    box.mean[c] /= count;
    double spread = end - begin > 1 ? square[c] - count * box.mean[c] * box.mean[c] : 0;
    if (spread > box.spread) box.spread = spread, box.axis = c;
  }
  return box;
}

std::vector<Bin> used_bins(const std::vector<Image>& frames) {
  std::vector<Bin> all(size_t{1} << (3 * kBinBits));
  for (const Image& frame : frames) {
    for (size_t i = 0; i + 2 < frame.rgb.size(); i += 3) {
      Bin& bin = all[bin_of({frame.rgb[i], frame.rgb[i + 1], frame.rgb[i + 2]})];
      bin.count += 1;
      for (size_t c = 0; c < 3; ++c) bin.sum[c] += frame.rgb[i + c];
    }
  }
  for (size_t i = 0; i < all.size(); ++i) all[i].index = i;
  std::erase_if(all, [](const Bin& bin) { return bin.count == 0; });
  return all;
}

class Palette {
 public:
  explicit Palette(const std::vector<Image>& frames);
  // Writes a frame and the palette into a PAL8 frame.
  void apply(const Image& image, AVFrame& frame);

 private:
  int nearest(const Color& color);
  std::vector<Color> colors_;
  std::vector<int16_t> of_bin_ = std::vector<int16_t>(size_t{1} << (3 * kBinBits), int16_t{-1});
  bool is_exact_ = false;  // every bin has its own entry: no dithering
};

Palette::Palette(const std::vector<Image>& frames) {
  std::vector<Bin> bins = used_bins(frames);
  std::vector<Box> boxes{box_of(bins, 0, bins.size())};
  while (boxes.size() < kColors) {
    auto widest = std::max_element(boxes.begin(), boxes.end(), [](auto& a, auto& b) { return a.spread < b.spread; });
    if (widest->spread <= 0) break;
    Box box = *widest;
    auto begin = bins.begin() + static_cast<ptrdiff_t>(box.begin), end = bins.begin() + static_cast<ptrdiff_t>(box.end);
    auto middle = std::partition(begin, end, [&](const Bin& bin) { return bin.mean(box.axis) <= box.mean[box.axis]; });
    if (middle == begin || middle == end) middle = begin + (end - begin) / 2;  // rounding of the mean
    auto cut = static_cast<size_t>(middle - bins.begin());
    *widest = box_of(bins, box.begin, cut);
    boxes.push_back(box_of(bins, cut, box.end));
  }
  is_exact_ = boxes.size() == bins.size();
  for (const Box& box : boxes) {
    for (size_t i = box.begin; is_exact_ && i < box.end; ++i) of_bin_[bins[i].index] = static_cast<int16_t>(colors_.size());
    Color& color = colors_.emplace_back();
    for (size_t c = 0; c < 3; ++c) color[c] = static_cast<int>(std::lround(box.mean[c]));
  }
}

int Palette::nearest(const Color& color) {
  int16_t& entry = of_bin_[bin_of(color)];
  if (entry >= 0) return entry;
  auto distance = [&](const Color& other) {
    int r = color[0] - other[0], g = color[1] - other[1], b = color[2] - other[2];
    return 2 * r * r + 4 * g * g + b * b;  // the eye's weights, roughly
  };
  auto best = std::min_element(colors_.begin(), colors_.end(), [&](auto& a, auto& b) { return distance(a) < distance(b); });
  return entry = static_cast<int16_t>(best - colors_.begin());
}

void Palette::apply(const Image& image, AVFrame& frame) {
  auto* palette = reinterpret_cast<uint32_t*>(frame.data[1]);
  std::fill(palette, palette + 256, 0u);
  for (size_t i = 0; i < colors_.size(); ++i) {
    auto [r, g, b] = colors_[i];
    palette[i] = 0xff000000u | static_cast<uint32_t>(r << 16 | g << 8 | b);
  }
  for (int y = 0; y < image.height; ++y) {
    uint8_t* out = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    const uint8_t* in = image.row(y);
    for (int x = 0; x < image.width; ++x, in += 3) {
      int shift = is_exact_ ? 0 : (2 * kBayer[y & 3][x & 3] - 15) * kDither / 32;
      Color color;
      for (size_t c = 0; c < 3; ++c) color[c] = std::clamp(in[c] + shift, 0, 255);
      out[x] = static_cast<uint8_t>(nearest(color));
    }
  }
}

}  // namespace

void write_gif(const std::string& path, const std::vector<Image>& frames, double fps) {
  if (frames.empty()) throw UsageError("{}: a film needs at least one frame", path);
  if (!(fps > 0 && fps <= kMaxGifRate))
    throw UsageError("{}: {} frames a second; a GIF shows more than 0 and at most {}", path, fps, kMaxGifRate);
  int width = frames[0].width, height = frames[0].height;
  check_picture_size(width, height, path);
  for (const Image& frame : frames)
    if (frame.width != width || frame.height != height)
      throw UsageError("{}: frames of {} × {} and {} × {} in one film", path, width, height, frame.width, frame.height);
  OutputFile file(path, "gif");
  const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_GIF);
  Owned<AVCodecContext> codec(encoder ? avcodec_alloc_context3(encoder) : nullptr);
  AVStream* stream = avformat_new_stream(file.get(), nullptr);
  if (!codec || !stream) throw ResourceError("{}: the installed libavcodec has no GIF encoder", path);
  codec->width = width;
  codec->height = height;
  codec->pix_fmt = AV_PIX_FMT_PAL8;
  codec->time_base = {1, 100};
  int code = avcodec_open2(codec.get(), encoder, nullptr);
  if (code >= 0) code = avcodec_parameters_from_context(stream->codecpar, codec.get());
  if (code < 0) throw ResourceError("{}: the GIF encoder does not start: {}", path, libav_reason(code));
  stream->time_base = codec->time_base;
  Options header;
  file.write_header(header);

  Palette palette(frames);
  auto time_cs = [&](size_t i) { return std::llround(static_cast<double>(i) * 100 / fps); };
  auto packet = new_packet();
  for (size_t i = 0; i < frames.size(); ++i) {
    auto frame = new_picture(width, height, AV_PIX_FMT_PAL8);  // the encoder keeps the one before
    palette.apply(frames[i], *frame);
    frame->pts = time_cs(i);
    code = avcodec_send_frame(codec.get(), frame.get());
    if (code >= 0) code = avcodec_receive_packet(codec.get(), packet.get());
    if (code < 0) throw ResourceError("{}: frame {} could not be encoded: {}", path, i, libav_reason(code));
    packet->stream_index = stream->index;
    packet->duration = time_cs(i + 1) - time_cs(i);
    file.write(*packet);
  }
  file.commit();
}

}  // namespace mg::media
