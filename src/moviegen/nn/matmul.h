// Matrix products on oneDNN primitives that are made once per shape and kept.
#pragma once
#include <ATen/core/Tensor.h>

namespace mg::nn {

// op(a)·op(b) (+ bias per column) → f32 [M,N]. a and b are contiguous matrices, both f32 or both bf16; op transposes.
// With `add_to`, the product is added to that matrix in place, and it is what comes back.
at::Tensor product(const at::Tensor& a, bool transpose_a, const at::Tensor& b, bool transpose_b, const at::Tensor& bias = {},
                   const at::Tensor& add_to = {});

// Makes both operands what the current Compute wants: f32 as is, or bf16 copies.
at::Tensor operand(const at::Tensor& f32_matrix);

// True for the tensors our kernels take: CPU, f32, and not in kAten mode.
bool takes_fast_path(const at::Tensor& x);

}  // namespace mg::nn
