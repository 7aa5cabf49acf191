#include "moviegen/audio/windows.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"

namespace mg::audio {
namespace {

TEST(Windows, CoverEverythingWithEnoughOverlap) {
  for (int64_t total : {1, 49, 50, 51, 99, 500, 15000})
    for (int64_t overlap : {0, 10, 49}) {
      auto windows = cover(total, 50, overlap);
      EXPECT_EQ(windows.front().start, 0);
      EXPECT_EQ(windows.back().end(), total);
      for (size_t i = 1; i < windows.size(); ++i) {
        EXPECT_EQ(windows[i].length, 50);
        EXPECT_GT(windows[i].start, windows[i - 1].start);
        EXPECT_LE(windows[i].start, windows[i - 1].end() - overlap) << total << " " << overlap;
      }
    }
  EXPECT_EQ(cover(50, 50, 10).size(), 1u);
  EXPECT_EQ(cover(51, 50, 10).size(), 2u);
  for (auto [length, overlap] : {std::pair{50, 50}, {0, 0}, {10, -1}}) EXPECT_THROW(cover(100, length, overlap), UsageError);
}

TEST(Windows, WeightsSumToOneAndFallTowardsTheEdges) {
  auto windows = cover(173, 50, 20);
  auto weights = triangle_weights(windows, 173);
  auto sum = merge(torch::ones({static_cast<int64_t>(windows.size()), 2, 50}), weights, windows, 173);
  EXPECT_LT((sum - 1).abs().max().item<float>(), 1e-6f);
  auto middle = weights[1];
  EXPECT_LT(middle[0].item<float>(), 0.1f);
  EXPECT_GT(middle[25].item<float>(), 0.9f);
  EXPECT_TRUE(triangle_weights(cover(30, 50, 20), 30).equal(torch::ones({1, 30})));
}

TEST(Windows, MergeUndoesSplit) {
  auto x = torch::randn({3, 173});
  auto windows = cover(173, 50, 20);
  EXPECT_TRUE(at::allclose(merge(split(x, windows), triangle_weights(windows, 173), windows, 173), x, 1e-5, 1e-6));
}

}  // namespace
}  // namespace mg::audio
