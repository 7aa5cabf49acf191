// Types of features between the layers of convolutional networks.
#pragma once
#include <ATen/core/Tensor.h>

namespace mg::nn {

using at::Tensor;

// What leaves a layer: kWide is f32 (the residual stream), kNarrow the type between layers.
enum class Width { kWide, kNarrow };

// The type between layers for features like x: bf16 on CPU in Compute::kBf16, else that of x.
at::ScalarType narrow_type(const Tensor& x);
// True where our oneDNN convolutions take x: CPU, f32 or bf16, not empty, and not in Compute::kAten.
bool takes_onednn(const Tensor& x);

}  // namespace mg::nn
