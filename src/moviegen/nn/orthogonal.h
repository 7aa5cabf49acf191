// Muon's step for matrices: the momentum with all its singular values made about equal.
#pragma once
#include <ATen/core/Tensor.h>

namespace mg::nn {

// U·Vᵀ of a matrix U·S·Vᵀ, roughly: three quintic Newton-Schulz steps bring every singular value above a hundredth of the norm to
// 0.73 … 1.27, smaller ones to 80 times what they are. Tensors of more axes count as [first axis, the rest]. f32 → f32 of the same shape; products in the current Compute's precision.
// Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024.
at::Tensor orthogonalized(const at::Tensor& x);

}  // namespace mg::nn
