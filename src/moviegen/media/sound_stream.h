// A sound track as libav decodes it, chunk by chunk: interleaved float of one or two channels at the file's own rate, each
// chunk with its time on the file's clock. SoundReader puts the chunks in their places.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "moviegen/media/decoded_stream.h"

namespace mg::media {

struct SoundChunk {
  int sample_rate = 0, channels = 0;
  std::vector<float> samples;
  std::optional<double> time_s;   // of the first sample
  std::optional<int64_t> stated;  // frames the container says it has: fewer than are here if the end is padding
  int64_t frames() const { return static_cast<int64_t>(samples.size()) / channels; }
};

class SoundStream {
 public:
  // Opens the track and decodes its first chunk. Throws NotFound, DataError.
  SoundStream(const std::string& path, int track);
  // Where the file's time 0 is: its first picture shown, or in a file without a picture its first sample.
  double origin_s() const { return origin_s_; }
  // Whether times of this container tell samples apart (Matroska's do not).
  bool has_exact_times() const { return has_exact_times_; }
  double tick_s() const { return av_q2d(decoded_.stream()->time_base); }
  int first_sample_rate() const { return first_sample_rate_; }
  // The next chunk, or nothing at the end.
  std::optional<SoundChunk> next();
  // Goes to the last place before `time_s` of the file's clock; false if it cannot, which ends the use of this object.
  bool seek(double time_s);

 private:
  SoundChunk chunk();
  void open_converter(const AVFrame& frame);

  std::string path_;
  DecodedStream decoded_;
  Owned<SwrContext> converter_;
  AVSampleFormat format_ = AV_SAMPLE_FMT_NONE;  // what the converter takes
  int sample_rate_ = 0, channels_ = 0;
  int first_sample_rate_ = 0;
  double origin_s_ = 0;
  bool has_exact_times_ = false;
  bool is_fresh_ = true;  // the current frame has not been given out
};

}  // namespace mg::media
