#include "moviegen/audio/windows.h"

#include <algorithm>

#include "moviegen/core/error.h"

namespace mg::audio {

std::vector<Window> cover(int64_t total, int64_t length, int64_t overlap) {
  if (total < 1 || length < 1 || overlap < 0 || overlap >= length)
    throw UsageError("windows: {} steps in windows of {} that overlap by {}: the overlap must be shorter than a window", total, length, overlap);
  if (length >= total) return {{0, total}};
  int64_t free = length - overlap, count = (total - length + free - 1) / free + 1;
  std::vector<Window> windows;
  for (int64_t i = 0; i < count; ++i) windows.push_back({(total - length) * i / (count - 1), length});
  return windows;
}

Tensor triangle_weights(const std::vector<Window>& windows, int64_t total) {
  int64_t length = windows.at(0).length;
  std::vector<float> triangle(static_cast<size_t>(length)), sum(static_cast<size_t>(total));
  for (int64_t i = 0; i < length; ++i) triangle[static_cast<size_t>(i)] = static_cast<float>(std::min(i + 1, length - i));
  for (const auto& w : windows)
    for (int64_t i = 0; i < length; ++i) sum[static_cast<size_t>(w.start + i)] += triangle[static_cast<size_t>(i)];
  auto weights = torch::empty({static_cast<int64_t>(windows.size()), length});
  float* out = weights.data_ptr<float>();
  for (const auto& w : windows)
    for (int64_t i = 0; i < length; ++i) *out++ = triangle[static_cast<size_t>(i)] / sum[static_cast<size_t>(w.start + i)];
  return weights;
}

Tensor split(const Tensor& x_CS, const std::vector<Window>& windows) {
  std::vector<Tensor> parts;
  for (const auto& w : windows) parts.push_back(x_CS.narrow(1, w.start, w.length));
  return at::stack(parts);
}

Tensor merge(const Tensor& x_NCW, const Tensor& weights_NW, const std::vector<Window>& windows, int64_t total) {
  auto out_CS = at::zeros({x_NCW.size(1), total}, x_NCW.options());
  for (size_t n = 0; n < windows.size(); ++n) {
    auto i = static_cast<int64_t>(n);
    out_CS.narrow(1, windows[n].start, windows[n].length).add_(x_NCW[i] * weights_NW[i]);
  }
  return out_CS;
}

}  // namespace mg::audio
