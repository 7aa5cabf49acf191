// One stream of a media file, decoded frame by frame with bounded memory: what pictures (FrameStream) and sound
// (SoundStream) share. Damage before the first frame is skipped, since recordings may start in the middle of a group of
// pictures; after it the stream ends, with a warning and with what the decoder still holds.
#pragma once
#include <functional>
#include <string>

#include "moviegen/media/libav.h"

namespace mg::media {

class DecodedStream {
 public:
  // Picks the stream of an opened file, or throws.
  using Choose = std::function<AVStream*(AVFormatContext* file, const std::string& path)>;

  // Opens the file and decodes the first frame, which is then the current one. `what` names a frame in messages:
  // "picture", "sound". Throws NotFound, DataError.
  DecodedStream(const std::string& path, const char* what, const Choose& choose);
  AVFormatContext* file() const { return file_.get(); }
  AVStream* stream() const { return stream_; }
  const AVFrame& frame() const { return *frame_; }
  // Decodes the next frame; false at the end.
  bool next();
  // Goes on from the last place before `stamp` (in the stream's time base) where decoding can start; there is no current
  // frame until next(). False if the file cannot be sought in; the stream is then of no more use.
  bool seek(int64_t stamp);

 private:
  void open_decoder();
  void feed();
  void end_after_damage(const std::string& what);

  std::string path_, what_;
  InputFile file_;
  AVStream* stream_ = nullptr;
  Owned<AVCodecContext> codec_;
  Owned<AVFrame> frame_ = new_frame();
  Owned<AVPacket> packet_ = new_packet();
  std::string reason_;  // why nothing has been decoded yet
  int64_t packets_ = 0, last_stamp_ = 0;
  bool has_first_ = false, is_draining_ = false, is_ended_ = false;
};

}  // namespace mg::media
