#include "moviegen/media/displacement.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mg::media {
namespace {

// A white square of 8 pixels that moves `step` pixels a frame over grey, from column `start`.
std::vector<Image> square(int start, int step) {
  std::vector<Image> frames(16, Image(64, 32));
  for (int f = 0; f < 16; ++f) {
    auto& image = frames[static_cast<size_t>(f)];
    std::fill(image.rgb.begin(), image.rgb.end(), uint8_t{90});
    for (int y = 12; y < 20; ++y) std::fill_n(image.row(y) + 3 * (start + step * f), 24, uint8_t{255});
  }
  return frames;
}

TEST(Displacement, IsTheWayOfWhatMoves) {
  EXPECT_NEAR(shift_to_the_right(square(2, 3)), 36.0 / 64, 0.02);  // twelve frames between the middles of the two ends
  EXPECT_NEAR(shift_to_the_right(square(50, -3)), -36.0 / 64, 0.02);
  EXPECT_EQ(shift_to_the_right(square(20, 0)), 0);
  EXPECT_EQ(shift_to_the_right({Image(4, 4)}), 0);
}

}  // namespace
}  // namespace mg::media
