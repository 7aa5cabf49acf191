// A look-ahead peak limiter for sound of any length: the gain falls over 5 ms before a peak and recovers over 80 ms; what needs
// nothing passes unchanged. Peaks between samples are estimated by interpolation.
//
//   Limiter limiter(48000, 2, 0.89);
//   for (const auto& block : blocks) write(limiter.push(block));
//   write(limiter.finish());
#pragma once
#include <deque>
#include <vector>

#include "moviegen/media/sound.h"

namespace mg::media {

class Limiter {
 public:
  // `ceiling` is linear.
  Limiter(int sample_rate, int channels, double ceiling);
  // What is final after this block; it comes 5 ms late, nothing is lost or added in all.
  Sound push(const Sound& block);
  Sound finish();

 private:
  void take(const float* frame, double peak);
  double peak_at(const float* frame) const;

  int sample_rate_, channels_;
  double ceiling_, recovery_;
  int64_t ahead_;                                  // frames looked ahead
  std::deque<float> waiting_;                      // frames that are not out yet, interleaved
  std::vector<float> before_;                      // the last frames, oldest first, for what lies between samples
  std::deque<std::pair<int64_t, double>> minima_;  // (frame, wanted gain), both rising: the sliding minimum
  std::deque<double> gains_;                       // the last `ahead_` recovered gains
  double gain_ = 1, gain_sum_ = 0;
  int64_t taken_ = 0;
  Sound out_;
};

}  // namespace mg::media
