#include "moviegen/media/image.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/media/frame_stream.h"
#include "moviegen/media/png_text.h"

namespace mg::media {
namespace {

constexpr int kJpegQuality = 2;  // quantiser of the JPEG encoder, 1 (best) to 31

void check_size(int width, int height, const std::string& what) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide || int64_t{width} * height > kMaxPixels)
    throw UsageError("{}: a picture of {} × {}; sides must be between 1 and {}, with at most {} million pixels", what, width,
                     height, kMaxSide, kMaxPixels / 1000000);
}

void check_image(const Image& image, const std::string& what) {
  check_size(image.width, image.height, what);
  check(image.rgb.size() == size_t{3} * image.width * image.height, "{}: {} bytes for {} × {} pixels", what, image.rgb.size(),
        image.width, image.height);
}

struct Format {
  const char* encoder;
  AVPixelFormat pixels;
};

Format format_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == ".png") return {"png", AV_PIX_FMT_RGB24};
  if (ending == ".jpg" || ending == ".jpeg") return {"mjpeg", AV_PIX_FMT_YUVJ444P};
  if (ending == ".webp") return {"libwebp", AV_PIX_FMT_BGRA};
  throw UsageError("{}: a picture's name must end in .png, .jpg or .webp", path);
}

// The picture in the encoder's pixel format; JPEG's YUV is BT.601, full range.
Owned<AVFrame> to_frame(const Image& image, AVPixelFormat format) {
  auto rgb = new_picture(image.width, image.height, AV_PIX_FMT_RGB24);
  for (int y = 0; y < image.height; ++y)
    std::memcpy(rgb->data[0] + static_cast<ptrdiff_t>(y) * rgb->linesize[0], image.row(y), size_t{3} * image.width);
  rgb->color_primaries = AVCOL_PRI_BT709;
  rgb->color_trc = AVCOL_TRC_IEC61966_2_1;
  if (format == AV_PIX_FMT_RGB24) return rgb;
  auto out = new_picture(image.width, image.height, format);
  int flags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP;
  Owned<SwsContext> scaler(sws_getContext(image.width, image.height, AV_PIX_FMT_RGB24, image.width, image.height, format, flags,
                                          nullptr, nullptr, nullptr));
  if (!scaler) throw ResourceError("out of memory for a picture of {} × {}", image.width, image.height);
  const int* matrix = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(scaler.get(), matrix, 1, matrix, 1, 0, 1 << 16, 1 << 16);
  sws_scale(scaler.get(), rgb->data, rgb->linesize, 0, image.height, out->data, out->linesize);
  out->color_range = AVCOL_RANGE_JPEG;
  return out;
}

std::string encoded(const Image& image, const std::string& path) {
  prepare_libav();
  Format format = format_of(path);
  const AVCodec* encoder = avcodec_find_encoder_by_name(format.encoder);
  if (!encoder) throw ResourceError("{}: the installed libavcodec has no encoder {}", path, format.encoder);
  Owned<AVCodecContext> codec(avcodec_alloc_context3(encoder));
  if (!codec) throw ResourceError("{}: out of memory", path);
  auto frame = to_frame(image, format.pixels);
  codec->width = image.width;
  codec->height = image.height;
  codec->pix_fmt = format.pixels;
  codec->color_range = AVCOL_RANGE_JPEG;
  codec->time_base = {1, 1};
  codec->thread_count = 1;
  codec->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE;
  codec->global_quality = frame->quality = FF_QP2LAMBDA * kJpegQuality;
  Options options;
  if (encoder->id == AV_CODEC_ID_PNG) options.set("pred", "mixed");
  if (encoder->id == AV_CODEC_ID_WEBP) options.set("lossless", "1");
  auto packet = new_packet();
  int code = avcodec_open2(codec.get(), encoder, options.get());
  if (code >= 0) code = avcodec_send_frame(codec.get(), frame.get());
  if (code >= 0) code = avcodec_send_frame(codec.get(), nullptr);
  if (code >= 0) code = avcodec_receive_packet(codec.get(), packet.get());
  if (code < 0) throw ResourceError("{}: the picture could not be encoded: {}", path, libav_reason(code));
  return {reinterpret_cast<const char*>(packet->data), static_cast<size_t>(packet->size)};
}

// Which input pixels make one output pixel: from `first` on, with these weights.
struct Taps {
  int first;
  std::vector<float> weights;
};

// Along one axis: shares of the covered pixels when shrinking, the two nearest when growing.
std::vector<Taps> taps_of(int from, int to) {
  std::vector<Taps> list(static_cast<size_t>(to));
  double scale = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    Taps& taps = list[static_cast<size_t>(i)];
    if (to >= from) {
      double at = std::clamp((i + 0.5) * scale - 0.5, 0.0, from - 1.0);
      taps.first = std::min(static_cast<int>(at), std::max(0, from - 2));
      auto share = static_cast<float>(at - taps.first);
      taps.weights = from == 1 ? std::vector<float>{1} : std::vector<float>{1 - share, share};
    } else {
      double begin = i * scale, end = std::min<double>(from, (i + 1) * scale);
      taps.first = static_cast<int>(begin);
      for (int x = taps.first; x < end; ++x)
        taps.weights.push_back(static_cast<float>((std::min<double>(end, x + 1) - std::max<double>(begin, x)) / (end - begin)));
    }
  }
  return list;
}

}  // namespace

Image read_image(const std::string& path) { return FrameStream(path).picture(); }

void write_image(const std::string& path, const Image& image, const std::string& generation) {
  check_image(image, path);
  std::string bytes = encoded(image, path);
  if (!generation.empty() && is_png(bytes)) bytes = with_png_text(bytes, "generation", generation);
  write_file(path, bytes);
}

Image resize(const Image& image, int width, int height) {
  check_image(image, "resize");
  check_size(width, height, "resize");
  Image out(width, height);
  auto across = taps_of(image.width, width), down = taps_of(image.height, height);
  std::vector<float> line(size_t{3} * image.width);
  for (int y = 0; y < height; ++y) {
    std::fill(line.begin(), line.end(), 0.0f);
    const Taps& rows = down[static_cast<size_t>(y)];
    for (size_t k = 0; k < rows.weights.size(); ++k) {
      const uint8_t* in = image.row(rows.first + static_cast<int>(k));
      for (size_t x = 0; x < line.size(); ++x) line[x] += rows.weights[k] * in[x];
    }
    uint8_t* to = out.row(y);
    for (const Taps& columns : across) {
      for (size_t c = 0; c < 3; ++c) {
        float sum = 0.5f;
        for (size_t k = 0; k < columns.weights.size(); ++k)
          sum += columns.weights[k] * line[3 * (static_cast<size_t>(columns.first) + k) + c];
        *to++ = static_cast<uint8_t>(std::min(sum, 255.0f));
      }
    }
  }
  return out;
}

Image grid(const std::vector<Image>& images, int columns, int gap) {
  if (images.empty() || columns < 1 || gap < 0)
    throw UsageError("a grid needs pictures and at least one column, got {} pictures, {} columns", images.size(), columns);
  int width = images[0].width, height = images[0].height, count = static_cast<int>(images.size());
  columns = std::min(columns, count);
  int rows = (count + columns - 1) / columns;
  int64_t full_width = int64_t{columns} * (width + gap) - gap, full_height = int64_t{rows} * (height + gap) - gap;
  if (full_width > kMaxSide || full_height > kMaxSide)
    throw UsageError("a grid of {} × {} pixels; sides must be at most {}", full_width, full_height, kMaxSide);
  Image out(static_cast<int>(full_width), static_cast<int>(full_height));
  std::fill(out.rgb.begin(), out.rgb.end(), uint8_t{255});
  for (int i = 0; i < count; ++i) {
    const Image& image = images[static_cast<size_t>(i)];
    if (image.width != width || image.height != height)
      throw UsageError("a grid of pictures of one size, got {} × {} beside {} × {}", image.width, image.height, width, height);
    int left = i % columns * (width + gap), top = i / columns * (height + gap);
    for (int y = 0; y < height; ++y) std::memcpy(out.row(top + y) + size_t{3} * left, image.row(y), size_t{3} * width);
  }
  return out;
}

}  // namespace mg::media
