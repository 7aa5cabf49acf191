#include "moviegen/nn/width.h"

#include "moviegen/nn/ops.h"

namespace mg::nn {

bool takes_onednn(const Tensor& x) {
  bool ours = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return ours && x.is_cpu() && compute() != Compute::kAten && x.numel() > 0;
}

at::ScalarType narrow_type(const Tensor& x) { return takes_onednn(x) && compute() == Compute::kBf16 ? at::kBFloat16 : x.scalar_type(); }

}  // namespace mg::nn
