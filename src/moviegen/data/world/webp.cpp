// WebP stills and loops, through libwebpdemux's animation decoder (a still is an animation of one frame).
#include <webp/demux.h>

#include <memory>

#include "moviegen/core/error.h"
#include "moviegen/data/world/rgba.h"

namespace mg::world {
namespace {

struct DeleteDecoder {
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

void check_size(const WebPAnimInfo& info, const std::string& name) {
  if (info.canvas_width < 1 || info.canvas_height < 1 || info.canvas_width > kMaxSpriteSide ||
      info.canvas_height > kMaxSpriteSide)
    throw DataError("{}: {}×{} pixels; a sprite has 1 to {} per side", name, info.canvas_width, info.canvas_height,
                    kMaxSpriteSide);
  if (info.frame_count < 1 || info.frame_count > kMaxSpriteFrames)
    throw DataError("{}: {} frames; a sprite has 1 to {}", name, info.frame_count, kMaxSpriteFrames);
  const uint64_t bytes = uint64_t{4} * info.canvas_width * info.canvas_height * info.frame_count;
  if (bytes > kMaxSpriteBytes)
    throw DataError("{}: {} bytes when decoded; the limit for a sprite is {}", name, bytes, kMaxSpriteBytes);
}

// The canvas the file states, before the decoder allocates one.
void check_canvas(const std::string& bytes, const std::string& name) {
  WebPBitstreamFeatures features;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK)
    throw DataError("{}: not a readable WebP picture", name);
  if (features.width > kMaxSpriteSide || features.height > kMaxSpriteSide)
    throw DataError("{}: {}×{} pixels; a sprite has 1 to {} per side", name, features.width, features.height,
                    kMaxSpriteSide);
}

}  // namespace

DecodedFrames decode_webp(const std::string& bytes, const std::string& name) {
  check_canvas(bytes, name);
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) throw InternalError("libwebpdemux has another version than its header");
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, DeleteDecoder> decoder(WebPAnimDecoderNew(&data, &options));
  WebPAnimInfo info;
  if (!decoder || !WebPAnimDecoderGetInfo(decoder.get(), &info))
    throw DataError("{}: not a readable WebP picture", name);
  check_size(info, name);
  DecodedFrames frames;
  frames.width = static_cast<int>(info.canvas_width);
  frames.height = static_cast<int>(info.canvas_height);
  const size_t frame_bytes = size_t{4} * info.canvas_width * info.canvas_height;
  while (WebPAnimDecoderHasMoreFrames(decoder.get())) {
    uint8_t* pixels = nullptr;
    int end_ms = 0;
    if (!WebPAnimDecoderGetNext(decoder.get(), &pixels, &end_ms))
      throw DataError("{}: frame {} of {} cannot be decoded", name, frames.rgba.size() + 1, info.frame_count);
    if (end_ms < (frames.end_ms.empty() ? 0 : frames.end_ms.back()))
      throw DataError("{}: frame {} ends before the one in front of it", name, frames.rgba.size() + 1);
    frames.rgba.emplace_back(pixels, pixels + frame_bytes);
    frames.end_ms.push_back(end_ms);
  }
  if (frames.rgba.empty()) throw DataError("{}: no frame could be decoded", name);
  if (frames.rgba.size() == 1) frames.end_ms.clear();
  return frames;
}

}  // namespace mg::world
