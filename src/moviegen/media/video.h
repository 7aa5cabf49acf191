// Video files in and out, over libav. Frames are 8-bit sRGB pictures with their time in seconds. Reading streams with
// bounded memory; writing goes to a temporary file that is renamed when it is complete.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "moviegen/media/image.h"

namespace mg::media {

struct VideoInfo {
  int width = 0, height = 0;       // as shown: after rotation and pixel aspect
  double frame_rate = 0;           // average, 0 if unknown
  double duration_s = 0;           // 0 if unknown
  bool has_audio = false;
  std::string container, codec, pixel_format;
  std::map<std::string, std::string> tags;  // container metadata, keys lower case
};

struct TimedFrame {
  Image image;
  double time_s = 0;
};

// Any container, codec, pixel format, rotation, odd size, with or without sound. Throws NotFound (no file), DataError
// (not media, no picture stream, too large, broken before the first frame) with one clear sentence.
class VideoReader {
 public:
  explicit VideoReader(const std::string& path);
  ~VideoReader();
  const VideoInfo& info() const;
  // The next frame in order of time, or nothing at the end. Damage after the first frame ends the stream with a warning.
  std::optional<TimedFrame> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Frames at exactly `fps`, resampled by time (nearest earlier frame) from constant or variable rates; at most max_frames.
std::vector<Image> read_frames(const std::string& path, double fps, int max_frames);

struct WriteOptions {
  int width = 0, height = 0;  // even, 16 to 16384
  double fps = 16;
  int crf = 17;               // H.264 quality: 0 lossless, 17 visually lossless, 23 preview
  std::string generation{};   // generation record (JSON text), kept under the tag "generation"
  std::string comment{};      // one human line
};

// H.264 High yuv420p, BT.709 tags, closed GOP of 2 s, faststart, MP4. Nothing appears at `path` until finish().
class VideoWriter {
 public:
  VideoWriter(const std::string& path, const WriteOptions& options);
  ~VideoWriter();  // without finish(): removes the temporary file
  void write(const Image& frame);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

void write_video(const std::string& path, const std::vector<Image>& frames, const WriteOptions& options);
// Animated GIF preview (palette per file).
void write_gif(const std::string& path, const std::vector<Image>& frames, double fps);
// The generation record of an MP4 or PNG we wrote; throws NotFound if the file has none.
std::string read_generation(const std::string& path);

}  // namespace mg::media
