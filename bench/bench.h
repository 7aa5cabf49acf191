// What the benchmarks share: the best of a few runs, and the raw product rate that they are compared to.
#pragma once
#include <algorithm>
#include <chrono>
#include <functional>

#include "moviegen/nn/matmul.h"

namespace mg {

// The first call is not counted: it makes primitives and touches memory.
inline double best_seconds(const std::function<void()>& work, int repeats = 5) {
  work();
  double best = 1e30;
  for (int i = 0; i < repeats; ++i) {
    auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

// GFLOP/s of oneDNN's own product [4096,384]·[384,2048], the feed-forward of the mini backbone at 16 clips of 256 tokens,
// in the current Compute's precision.
inline double raw_rate() {
  at::NoGradGuard no_grad;
  auto a = nn::operand(torch::randn({4096, 384})), b = nn::operand(torch::randn({2048, 384}));
  return 2.0 * 4096 * 384 * 2048 / best_seconds([&] { nn::product(a, false, b, true); }) / 1e9;
}

}  // namespace mg
