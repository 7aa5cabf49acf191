// Sound samples at another rate, and the small arithmetic on interleaved samples that readers and writers share. Private to
// this folder.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "moviegen/media/libav.h"

namespace mg::media {

inline constexpr int kMinSampleRate = 4000, kMaxSampleRate = 768000;

// Throws UsageError unless the rate is one we handle and there are 1 or 2 channels.
void check_sound_format(const std::string& who, int sample_rate, int channels);
// Samples of one channel count as another; both are 1 or 2. Mono is doubled, stereo averaged.
std::vector<float> mix(std::vector<float> samples, int from_channels, int to_channels);
// Into [−1, 1].
void clip(std::vector<float>& samples);

// Interleaved samples, given in pieces. n samples in all give round(n · to / from); the first stays the first.
class Resampler {
 public:
  Resampler(int from_hz, int to_hz, int channels);
  std::vector<float> push(std::span<const float> samples);
  std::vector<float> finish();  // what the filter still holds

 private:
  std::vector<float> convert(const float* samples, int frames);

  int from_hz_, to_hz_, channels_;
  Owned<SwrContext> filter_;  // none: the rates are equal
  int64_t in_ = 0, out_ = 0;  // frames so far
};

}  // namespace mg::media
