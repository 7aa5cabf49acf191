// Interleaved float sound → packets of an encoder in an output file, block by block; what SoundWriter and SoundtrackWriter
// share. Private to this folder.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "moviegen/media/libav.h"
#include "moviegen/media/resampler.h"

namespace mg::media {

class SoundEncoder {
 public:
  struct Settings {
    const char* encoder = "aac";  // libav's name
    int sample_rate = 48000, channels = 2;
    int bit_rate = 192000;        // of lossy formats
  };
  // Opens the encoder and adds its stream to `file`, before the header is written. Throws UsageError, ResourceError.
  SoundEncoder(OutputFile& file, const std::string& path, const Settings& settings);
  // Samples at the settings' rate; those beyond ±1 are clipped.
  void write(std::span<const float> samples);
  void finish();
  AVStream* stream() const { return stream_; }
  // Options of the MP4 and MOV muxers: the head first, tags of any name, and the clock of edit lists that of the sound (by
  // default they cut to 1 ms).
  void set_mp4_options(Options& header) const;

 private:
  void open(const Settings& settings);
  void encode_full_frames();
  void encode(const float* samples, int frames);
  void send(const AVFrame* frame);  // nullptr: the end

  OutputFile& file_;
  std::string path_;
  Owned<AVCodecContext> codec_;
  AVStream* stream_ = nullptr;
  std::unique_ptr<Resampler> resampler_;
  std::vector<float> waiting_;  // less than a frame
  Owned<AVPacket> packet_ = new_packet();
  int64_t frames_ = 0;
  int channels_ = 0, frame_size_ = 0;
};

}  // namespace mg::media
