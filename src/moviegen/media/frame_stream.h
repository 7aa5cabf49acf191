// The pictures of a media file as libav decodes them, one at a time, with their time. What VideoReader, read_frames and
// read_image share; a frame is converted to RGB only when asked for.
#pragma once
#include <optional>
#include <string>

#include "moviegen/media/decoded_stream.h"
#include "moviegen/media/picture.h"
#include "moviegen/media/video.h"

namespace mg::media {

class FrameStream {
 public:
  // Opens and decodes the first frame, which is then the current one. Throws NotFound, DataError.
  explicit FrameStream(const std::string& path);
  const VideoInfo& info() const { return info_; }
  // Goes to the next frame; false at the end.
  bool advance();
  double time_s() const { return time_s_; }
  double step_s() const { return step_s_; }  // how long the frame is shown, as far as the file says
  double tick_s() const { return av_q2d(decoded_.stream()->time_base); }
  // Where on the file's clock time 0 is: the first frame shown.
  double origin_s() const { return static_cast<double>(*origin_) * tick_s(); }
  // The current frame, and a frame of this stream as a picture in the size of info().
  Owned<AVFrame> frame() const;
  Image picture(const AVFrame& frame) { return convert_(frame, shown_, path_); }
  Image picture() { return picture(decoded_.frame()); }

 private:
  void describe();
  void set_time();

  std::string path_;
  DecodedStream decoded_;
  FrameConverter convert_;
  Presentation shown_;  // of the first frame: a film that changes size is shown in its first one
  VideoInfo info_;
  double time_s_ = 0, step_s_ = 0;
  std::optional<int64_t> origin_;
};

}  // namespace mg::media
