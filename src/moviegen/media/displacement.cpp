#include "moviegen/media/displacement.h"

#include <algorithm>
#include <cstdlib>

namespace mg::media {

double shift_to_the_right(const std::vector<Image>& frames) {
  constexpr int kDifferent = 40;    // sum over the channels of a pixel
  constexpr size_t kAtEitherEnd = 4;
  if (frames.size() < 2 * kAtEitherEnd) return 0;
  std::vector<uint8_t> median(frames[0].rgb.size()), values(frames.size());
  for (size_t i = 0; i < median.size(); ++i) {
    for (size_t f = 0; f < frames.size(); ++f) values[f] = frames[f].rgb[i];
    auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median[i] = *middle;
  }
  auto width = static_cast<size_t>(frames[0].width);
  auto centroid = [&](size_t first) {
    double sum = 0, x = 0;
    for (size_t f = first; f < first + kAtEitherEnd; ++f)
      for (size_t pixel = 0; pixel < median.size() / 3; ++pixel) {
        int difference = 0;
        for (size_t i = 3 * pixel; i < 3 * pixel + 3; ++i) difference += std::abs(frames[f].rgb[i] - median[i]);
        if (difference > kDifferent) sum += difference, x += difference * static_cast<double>(pixel % width);
      }
    return sum > 0 ? x / sum / static_cast<double>(width) : 0.5;
  };
  return centroid(frames.size() - kAtEitherEnd) - centroid(0);
}

}  // namespace mg::media
