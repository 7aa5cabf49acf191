#include "moviegen/media/picture.h"

extern "C" {
#include <libavutil/display.h>
}

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "moviegen/core/error.h"

namespace mg::media {
namespace {

constexpr double kMaxPixelAspect = 8;  // ours: beyond it the tag is damage, not anamorphic film

const int32_t* display_matrix(const AVFrame& frame, AVStream* stream) {
  if (auto* side = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX); side && side->size >= 36)
    return reinterpret_cast<const int32_t*>(side->data);
  size_t size = 0;
  auto* data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 36 ? reinterpret_cast<const int32_t*>(data) : nullptr;
}

// The nearest of the eight turns and flips. The file's matrix is {a, b, u, c, d, v, …} with x' = a x + c y, y' = b x + d y.
std::array<int, 4> nearest_turn(const int32_t* m) {
  auto sign = [](int32_t v) { return v < 0 ? -1 : 1; };
  auto size = [](int32_t v) { return std::abs(static_cast<int64_t>(v)); };
  if (size(m[0]) + size(m[4]) >= size(m[1]) + size(m[3])) return {sign(m[0]), 0, 0, sign(m[4])};
  return {0, sign(m[3]), sign(m[1]), 0};
}

Image turned(const Image& image, const std::array<int, 4>& m) {
  Image out(m[0] ? image.width : image.height, m[0] ? image.height : image.width);
  int x0 = m[0] + m[1] < 0 ? out.width - 1 : 0, y0 = m[2] + m[3] < 0 ? out.height - 1 : 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      std::memcpy(out.row(y0 + m[2] * x + m[3] * y) + size_t{3} * (x0 + m[0] * x + m[1] * y), image.row(y) + size_t{3} * x, 3);
  return out;
}

// RGB of more than 8 bits goes through YUV inside swscale, to it by the matrix of the output: back by the same one.
AVColorSpace matrix_of(const AVFrame& frame, const AVPixFmtDescriptor& format) {
  if (format.flags & AV_PIX_FMT_FLAG_RGB) return AVCOL_SPC_BT709;
  if (frame.colorspace != AVCOL_SPC_UNSPECIFIED && frame.colorspace != AVCOL_SPC_RESERVED) return frame.colorspace;
  return frame.width >= 1280 || frame.height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_BT470BG;
}

bool is_full_range(const AVFrame& frame, const AVPixFmtDescriptor& format) {
  if (frame.color_range != AVCOL_RANGE_UNSPECIFIED) return frame.color_range == AVCOL_RANGE_JPEG;
  bool is_gray = format.nb_components <= 2;
  return is_gray || std::strncmp(format.name, "yuvj", 4) == 0;
}

// Where chroma samples lie between the pixels they belong to, in 1/256 pixel; −513 is "not subsampled". Without a tag: on the
// left column, between the rows, as MPEG-2 and all later video have it.
void place_chroma(const AVFrame& frame, const AVPixFmtDescriptor& format, ScalerKey& key) {
  AVChromaLocation place = frame.chroma_location;
  if (place == AVCHROMA_LOC_UNSPECIFIED) place = AVCHROMA_LOC_LEFT;
  bool is_left = place == AVCHROMA_LOC_LEFT || place == AVCHROMA_LOC_TOPLEFT || place == AVCHROMA_LOC_BOTTOMLEFT;
  bool is_top = place == AVCHROMA_LOC_TOPLEFT || place == AVCHROMA_LOC_TOP;
  bool is_bottom = place == AVCHROMA_LOC_BOTTOMLEFT || place == AVCHROMA_LOC_BOTTOM;
  key.chroma_x = format.log2_chroma_w == 0 ? -513 : is_left ? 0 : 128;
  key.chroma_y = format.log2_chroma_h == 0 ? -513 : is_top ? 0 : is_bottom ? 256 : 128;
}

Owned<SwsContext> new_scaler(const ScalerKey& key) {
  Owned<SwsContext> scaler(sws_alloc_context());
  if (!scaler) return nullptr;
  // The accurate flags also keep swscale off its fast paths, which repeat chroma instead of interpolating it.
  int flags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;
  std::pair<const char*, int> settings[] = {
      {"srcw", key.width},      {"srch", key.height},       {"src_format", key.format},       {"dstw", key.out_width},
      {"dsth", key.out_height}, {"dst_format", key.out_format}, {"src_h_chr_pos", key.chroma_x}, {"src_v_chr_pos", key.chroma_y},
      {"sws_flags", flags}};
  for (auto [name, value] : settings) av_opt_set_int(scaler.get(), name, value, 0);
  sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(key.matrix), key.full_range, sws_getCoefficients(SWS_CS_ITU709), 1,
                           0, 1 << 16, 1 << 16);
  return sws_init_context(scaler.get(), nullptr, nullptr) < 0 ? nullptr : std::move(scaler);
}

void lay_on_black(const AVFrame& rgba, Image& image) {
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* in = rgba.data[0] + static_cast<ptrdiff_t>(y) * rgba.linesize[0];
    uint8_t* out = image.row(y);
    for (int x = 0; x < image.width; ++x, in += 4, out += 3)
      for (int c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>((in[c] * in[3] + 127) / 255);
  }
}

// BT.709 limited range in 16-bit fixed point. Rows: Y, Cb, Cr; columns: R, G, B.
constexpr int kBits = 16;
constexpr double kR = 0.2126, kG = 0.7152, kB = 0.0722;
constexpr double kY = 219.0 / 255, kCb = 224.0 / 255 / (2 * (1 - kB)), kCr = 224.0 / 255 / (2 * (1 - kR));
constexpr int fixed(double v) { return static_cast<int>(v * (1 << kBits) + (v < 0 ? -0.5 : 0.5)); }
constexpr int kMatrix[3][3] = {{fixed(kY * kR), fixed(kY * kG), fixed(kY * kB)},
                               {fixed(-kCb * kR), fixed(-kCb * kG), fixed(kCb * (1 - kB))},
                               {fixed(kCr * (1 - kR)), fixed(-kCr * kG), fixed(-kCr * kB)}};

// One component from a sum of 2^shift pixels.
uint8_t component(int row, const int* sum, int shift) {
  const int* m = kMatrix[row];
  int bits = kBits + shift;
  int64_t value = int64_t{m[0]} * sum[0] + int64_t{m[1]} * sum[1] + int64_t{m[2]} * sum[2];
  return static_cast<uint8_t>((row == 0 ? 16 : 128) + ((value + (int64_t{1} << (bits - 1))) >> bits));
}

}  // namespace

void check_picture_size(int64_t width, int64_t height, const std::string& path) {
  if (width < 1 || height < 1) throw DataError("{}: its pictures have no size", path);
  if (width > kMaxSide || height > kMaxSide || width * height > kMaxPixels)
    throw DataError("{}: pictures of {} × {}; we read sides up to {} and {} million pixels", path, width, height, kMaxSide,
                    kMaxPixels / 1000000);
}

Presentation presentation_of(const AVFrame& frame, AVFormatContext* format, AVStream* stream, const std::string& path) {
  check_picture_size(frame.width, frame.height, path);
  Presentation shown{.width = frame.width, .height = frame.height};
  AVRational aspect = av_guess_sample_aspect_ratio(format, stream, const_cast<AVFrame*>(&frame));
  if (aspect.num > 0 && aspect.den > 0) {
    double ratio = av_q2d(aspect);
    if (ratio <= kMaxPixelAspect && ratio >= 1 / kMaxPixelAspect)
      shown.width = std::max(1, static_cast<int>(std::lround(frame.width * ratio)));
  }
  check_picture_size(shown.width, shown.height, path);
  if (const int32_t* matrix = display_matrix(frame, stream)) shown.matrix = nearest_turn(matrix);
  return shown;
}

Image FrameConverter::operator()(const AVFrame& frame, const Presentation& shown, const std::string& path) {
  check_picture_size(frame.width, frame.height, path);
  auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
  if (!descriptor || !sws_isSupportedInput(format) || matrix_of(frame, *descriptor) == AVCOL_SPC_YCGCO)
    throw DataError("{}: pixel format {} with matrix {} is not supported", path, descriptor ? descriptor->name : "unknown",
                    av_color_space_name(frame.colorspace) ? av_color_space_name(frame.colorspace) : "unknown");
  bool has_alpha = descriptor->flags & AV_PIX_FMT_FLAG_ALPHA;
  auto target = has_alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
  ScalerKey key{.width = frame.width, .height = frame.height, .out_width = shown.width, .out_height = shown.height,
                .format = format, .out_format = target, .matrix = matrix_of(frame, *descriptor), .full_range = is_full_range(frame, *descriptor)};
  place_chroma(frame, *descriptor, key);
  if (!scaler_ || key != key_) scaler_ = new_scaler(key), key_ = key;
  if (!scaler_) throw DataError("{}: pixel format {} cannot be converted", path, descriptor->name);
  // swscale may write past a row's end, so it gets a padded picture of libav's.
  auto rgb = new_picture(shown.width, shown.height, target);
  int rows = sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, rgb->data, rgb->linesize);
  if (rows != shown.height) throw DataError("{}: pixel format {} cannot be converted", path, descriptor->name);
  Image image(shown.width, shown.height);
  if (has_alpha) {
    lay_on_black(*rgb, image);
  } else {
    for (int y = 0; y < image.height; ++y)
      std::memcpy(image.row(y), rgb->data[0] + static_cast<ptrdiff_t>(y) * rgb->linesize[0], size_t{3} * image.width);
  }
  return shown.is_plain() ? image : turned(image, shown.matrix);
}

void to_yuv420_bt709(const Image& image, AVFrame& frame) {
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* in = image.row(y);
    uint8_t* out = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    for (int x = 0; x < image.width; ++x, in += 3) {
      const int pixel[3] = {in[0], in[1], in[2]};
      out[x] = component(0, pixel, 0);
    }
  }
  for (int y = 0; y < image.height / 2; ++y) {
    const uint8_t *upper = image.row(2 * y), *lower = image.row(2 * y + 1);
    uint8_t* cb = frame.data[1] + static_cast<ptrdiff_t>(y) * frame.linesize[1];
    uint8_t* cr = frame.data[2] + static_cast<ptrdiff_t>(y) * frame.linesize[2];
    for (int x = 0; x < image.width / 2; ++x) {
      size_t at = size_t{6} * x, left = x ? at - 3 : at, right = at + 3;
      int sum[3];  // weights 1 2 1 across, 1 1 down
      for (size_t c = 0; c < 3; ++c)
        sum[c] = upper[left + c] + 2 * upper[at + c] + upper[right + c] + lower[left + c] + 2 * lower[at + c] + lower[right + c];
      cb[x] = component(1, sum, 3);
      cr[x] = component(2, sum, 3);
    }
  }
}

}  // namespace mg::media
