// Overlapping windows over a long sound, and their merging by triangle weights (facts 10.6: better than uniform ones).
//   merge(split(x)) = x, because the weights of all windows sum to one at every step.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace mg::audio {

using at::Tensor;

// Latent steps [start, start + length).
struct Window {
  int64_t start = 0, length = 0;
  int64_t end() const { return start + length; }
};

// Windows of `length` steps (all of them, if that is more than there are) that overlap by at least `overlap` and cover
// [0, total) evenly. Throws UsageError unless 0 <= overlap < length.
std::vector<Window> cover(int64_t total, int64_t length, int64_t overlap);

// Weight of each step in each window [N,W]: a triangle over the window, divided by the sum over windows. All windows have one length.
Tensor triangle_weights(const std::vector<Window>& windows, int64_t total);

// [C,S] → [N,C,W].
Tensor split(const Tensor& x_CS, const std::vector<Window>& windows);
// [N,C,W] → [C,S], the weighted sum.
Tensor merge(const Tensor& x_NCW, const Tensor& weights_NW, const std::vector<Window>& windows, int64_t total);

}  // namespace mg::audio
