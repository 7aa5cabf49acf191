#include "moviegen/flow/preconditioning.h"

namespace mg::flow {

Preconditioning preconditioning(const Tensor& t_B, int64_t dims, bool enabled) {
  std::vector<int64_t> shape(static_cast<size_t>(dims), 1);
  shape[0] = -1;
  auto t = t_B.view(shape);
  if (!enabled) return {at::ones_like(t), at::zeros_like(t), at::ones_like(t)};
  auto variance = t.square() + (1 - t).square();
  return {variance.rsqrt(), (2 * t - 1) / variance, variance.rsqrt()};
}

}  // namespace mg::flow
