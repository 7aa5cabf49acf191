// Test films: a synthetic clip, and media files of many kinds written with libav itself.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "moviegen/core/error.h"
#include "moviegen/media/libav.h"
#include "moviegen/media/video.h"

namespace mg::media {

// A folder that is removed with the test.
class TestFolder {
 public:
  TestFolder() : path_(std::filesystem::temp_directory_path() / fmt::format("moviegen-media-{}-{}", ::getpid(), ++count())) {
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  static int& count() {
    static int value = 0;
    return value;
  }
  std::filesystem::path path_;
};

// Smooth colours and a disc that moves: frame i of a clip of this size.
inline Image clip_frame(int width, int height, int i) {
  Image image(width, height);
  double cx = width * (0.2 + 0.02 * i), cy = height * 0.5, r = height * 0.2;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* p = image.row(y) + size_t{3} * x;
      double d = std::clamp(r - std::hypot(x - cx, y - cy) + 0.5, 0.0, 1.0);  // soft edge
      double background[3] = {40 + 100.0 * x / width, 60 + 80.0 * y / height, 140 - 40.0 * x / width};
      double disc[3] = {210, 120, 50};
      for (int c = 0; c < 3; ++c) p[c] = static_cast<uint8_t>(std::lround(background[c] * (1 - d) + disc[c] * d));
    }
  }
  return image;
}

inline std::vector<Image> clip(int width, int height, int frames) {
  std::vector<Image> list;
  for (int i = 0; i < frames; ++i) list.push_back(clip_frame(width, height, i));
  return list;
}

inline double psnr(const Image& a, const Image& b) {
  if (a.rgb.size() != b.rgb.size()) return 0;
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) sum += std::pow(a.rgb[i] - b.rgb[i], 2);
  return sum == 0 ? 99 : 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.rgb.size()) / sum);
}

inline std::vector<TimedFrame> read_all(const std::string& path) {
  VideoReader reader(path);
  std::vector<TimedFrame> frames;
  while (auto frame = reader.next()) frames.push_back(std::move(*frame));
  return frames;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A sound track: interleaved samples of any number of channels.
struct TrackRecipe {
  std::string codec = "aac", format{};     // the kind of sample, e.g. "s16p"; empty: the encoder's first
  int sample_rate = 48000, channels = 2;
  std::vector<float> samples{};
  int64_t start = 0;                       // time of the first sample, in samples
  int64_t gap_at = 0, gap = 0;             // from frame gap_at on, times are `gap` samples later (or earlier)
  std::string language{};
};

struct Recipe {
  std::string container = "mp4", codec = "libx264", pixels = "yuv420p", audio{};  // audio: an encoder's name or empty
  int width = 64, height = 48, frames = 8;
  AVRational time_base = {1, 25};
  std::vector<int64_t> times{};  // in time_base; empty: 0, 1, 2, …
  int turn_degrees = 0;        // clockwise, by display matrix
  AVRational pixel_aspect = {0, 1};
  std::function<Image(int)> frame{};      // default: clip_frame
  std::function<uint8_t(int, int)> alpha{};  // of pixel x, y; default 255
  std::vector<TrackRecipe> tracks{};         // besides `audio`
  std::vector<std::pair<std::string, std::string>> tags{};
  std::vector<std::pair<double, std::string>> chapters{};  // start in seconds and title
  int b_frames = -1;                         // default: the encoder's
};

void make_media(const std::string& path, const Recipe& recipe);

}  // namespace mg::media
