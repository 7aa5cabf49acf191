#include "moviegen/data/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace mg::data {
namespace {

TEST(Prefetch, GivesBatchesInOrderFromAnyStart) {
  Prefetch<int64_t> batches([](int64_t index) { return 10 * index; });
  for (int64_t index : {5, 6, 7, 8}) EXPECT_EQ(batches.take(index), 10 * index);
  EXPECT_EQ(batches.take(2), 20) << "a jump back restarts the worker";
  EXPECT_EQ(batches.take(3), 30);
}

TEST(Prefetch, KeepsAtMostItsDepthAhead) {
  std::atomic<int64_t> made{0};
  {
    Prefetch<int64_t> batches([&](int64_t index) { return ++made, index; }, 2);
    batches.take(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_LE(made.load(), 4);  // one taken, two waiting, one in the making
    EXPECT_GE(made.load(), 3) << "it works ahead";
  }
}

TEST(Prefetch, MakesOnOneThread) {
  at::set_num_threads(2);
  Prefetch<int64_t> batches([](int64_t) { return at::get_num_threads(); });
  EXPECT_EQ(batches.take(0), 1);
  EXPECT_EQ(at::get_num_threads(), 2);
}

TEST(Prefetch, RethrowsWhatMakingThrewAfterTheGoodOnes) {
  Prefetch<int64_t> batches([](int64_t index) {
    if (index == 2) throw std::runtime_error("clip 2 is broken");
    return index;
  });
  EXPECT_EQ(batches.take(0), 0);
  EXPECT_EQ(batches.take(1), 1);
  EXPECT_THROW(batches.take(2), std::runtime_error);
}

TEST(Prefetch, CountsTheTimeSpentWaiting) {
  Prefetch<int64_t> batches([](int64_t index) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return index;
  });
  double wait_s = 0;
  batches.take(0, &wait_s);
  EXPECT_GE(wait_s, 0.025);
}

}  // namespace
}  // namespace mg::data
