// VideoReader and read_frames: decoded frames as RGB pictures, at their own times or at a constant rate.
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/frame_stream.h"
#include "moviegen/media/video.h"

namespace mg::media {
namespace {

// Frame times are rounded to the container's clock (Matroska: 1 ms, GIF: 10 ms), so an output time this little before a
// frame belongs to it. A clock coarser than that counts frames and is exact.
double rounding_s(double tick_s) { return tick_s <= 0.0101 ? 0.51 * tick_s : 1e-6; }

}  // namespace

struct VideoReader::Impl {
  explicit Impl(const std::string& path) : stream(path) {}
  FrameStream stream;
  bool is_fresh = true;  // the stream's current frame has not been given out
  bool is_ended = false;
};

VideoReader::VideoReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
VideoReader::~VideoReader() = default;
const VideoInfo& VideoReader::info() const { return impl_->stream.info(); }

std::optional<TimedFrame> VideoReader::next() {
  if (!impl_->is_fresh && !impl_->is_ended) impl_->is_ended = !impl_->stream.advance();
  if (impl_->is_ended) return std::nullopt;
  impl_->is_fresh = false;
  return TimedFrame{impl_->stream.picture(), impl_->stream.time_s()};
}

std::vector<Image> read_frames(const std::string& path, double fps, int max_frames) {
  if (!(fps > 0) || !std::isfinite(fps)) throw UsageError("{}: frames a second must be above 0, got {}", path, fps);
  FrameStream stream(path);
  double rounding = rounding_s(stream.tick_s());
  std::vector<Image> frames;
  auto is_full = [&] { return static_cast<int64_t>(frames.size()) >= max_frames; };
  for (bool more = true; more && !is_full();) {
    auto frame = stream.frame();
    double end = stream.time_s() + stream.step_s();
    more = stream.advance();  // how long a frame is shown is known by the next one
    if (more) end = stream.time_s();
    std::optional<Image> image;  // converted only if an output time lies before `end`
    while (!is_full() && static_cast<double>(frames.size()) / fps < end - rounding) {
      if (!image) image = stream.picture(*frame);
      frames.push_back(*image);
    }
  }
  return frames;
}

}  // namespace mg::media
