// Pictures as the outside has them: 8-bit sRGB, rows from the top. Bytes from outside are hostile: every reader bounds
// sizes before it allocates and throws DataError.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mg::media {

struct Image {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;  // height × width × 3
  Image() = default;
  Image(int w, int h) : width(w), height(h), rgb(static_cast<size_t>(w) * h * 3) {}
  uint8_t* row(int y) { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  const uint8_t* row(int y) const { return rgb.data() + static_cast<size_t>(y) * width * 3; }
};

inline constexpr int kMaxSide = 16384;  // longest side we read or write

// Any picture libav can decode (PNG, JPEG, WebP, …); alpha is laid on black. Throws NotFound, DataError.
Image read_image(const std::string& path);
// By the file's ending: .png, .jpg or .webp. `generation` (a JSON text, may be empty) is kept as metadata where the format
// can hold it (PNG iTXt). Atomic.
void write_image(const std::string& path, const Image& image, const std::string& generation = {});
// Area-averaged (down) or bilinear (up) resize.
Image resize(const Image& image, int width, int height);
// Pictures in a grid of `columns`, `gap` white pixels apart; all of one size.
Image grid(const std::vector<Image>& images, int columns, int gap = 2);

}  // namespace mg::media
