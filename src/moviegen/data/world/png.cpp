// PNG stills with their alpha, through libpng's simplified interface.
#include <png.h>

#include "moviegen/core/error.h"
#include "moviegen/data/world/rgba.h"

namespace mg::world {
namespace {

struct PngImage {
  png_image image{};
  PngImage() { image.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
};

}  // namespace

DecodedFrames decode_png(const std::string& bytes, const std::string& name) {
  PngImage png;
  if (!png_image_begin_read_from_memory(&png.image, bytes.data(), bytes.size()))
    throw DataError("{}: not a readable PNG: {}", name, png.image.message);
  if (png.image.width < 1 || png.image.height < 1 || png.image.width > kMaxSpriteSide ||
      png.image.height > kMaxSpriteSide)
    throw DataError("{}: {}×{} pixels; a sprite has 1 to {} per side", name, png.image.width, png.image.height,
                    kMaxSpriteSide);
  png.image.format = PNG_FORMAT_RGBA;
  DecodedFrames frames;
  frames.width = static_cast<int>(png.image.width);
  frames.height = static_cast<int>(png.image.height);
  frames.rgba.emplace_back(PNG_IMAGE_SIZE(png.image));
  if (!png_image_finish_read(&png.image, nullptr, frames.rgba[0].data(), 0, nullptr))
    throw DataError("{}: not a readable PNG: {}", name, png.image.message);
  return frames;
}

}  // namespace mg::world
