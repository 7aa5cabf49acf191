// Between libav's frames, in whatever format a decoder makes or an encoder wants, and our 8-bit RGB pictures.
// Easy to get wrong: the YUV matrix and range. They follow the frame's tags; where a frame has none, BT.709 for HD and
// BT.601 below, limited range, as players do.
#pragma once
#include <array>
#include <string>

#include "moviegen/media/image.h"
#include "moviegen/media/libav.h"

namespace mg::media {

// How a decoded picture is shown: first stretched to width × height (pixel aspect), then turned by `matrix`.
struct Presentation {
  int width = 0, height = 0;
  std::array<int, 4> matrix = {1, 0, 0, 1};  // x' = m0 x + m1 y, y' = m2 x + m3 y; entries −1, 0, 1
  bool is_turned() const { return matrix[0] == 0; }  // sides swapped
  bool is_plain() const { return matrix == std::array<int, 4>{1, 0, 0, 1}; }
};

// From a frame's own or else its stream's display matrix and pixel aspect. Throws DataError if the result is too large.
Presentation presentation_of(const AVFrame& frame, AVFormatContext* format, AVStream* stream, const std::string& path);
// Throws DataError if a picture of this size is empty or too large for us.
void check_picture_size(int64_t width, int64_t height, const std::string& path);

// What a scaler depends on.
struct ScalerKey {
  int width = 0, height = 0, out_width = 0, out_height = 0;
  int format = 0, out_format = 0, matrix = 0, full_range = 0, chroma_x = 0, chroma_y = 0;  // positions in 1/256 pixel
  bool operator==(const ScalerKey&) const = default;
};

// Frames to pictures; keeps the scaler between frames of one kind.
class FrameConverter {
 public:
  // Alpha is laid on black. Throws DataError if the format cannot be converted.
  Image operator()(const AVFrame& frame, const Presentation& shown, const std::string& path);

 private:
  ScalerKey key_;
  Owned<SwsContext> scaler_;
};

// Image → yuv420p, BT.709 matrix, limited range, chroma between rows and on the left column (H.264's default siting).
// `frame` has the picture's size, which is even. Integer arithmetic: the same bytes on every machine.
void to_yuv420_bt709(const Image& image, AVFrame& frame);

}  // namespace mg::media
