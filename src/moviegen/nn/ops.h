// The hot operations of every network. On CPU f32 the matrix products run on cached oneDNN primitives inside
// autograd functions; other devices and dtypes take ATen. Where the processor has native bf16 products
// (AVX-512 BF16 or AMX), Compute::kBf16 rounds the operands of the products to bf16 and accumulates in f32.
// B batch · S tokens · L keys · D width · N heads · K head width · F feed-forward width
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace mg::nn {

using at::Tensor;

// Precision of the products of CPU f32 tensors, for the whole process (set once at start). kAten runs ATen's own
// operations, for comparison.
enum class Compute { kF32, kBf16, kAten };
void set_compute(Compute compute);
Compute compute();
bool has_native_bf16();
// Reads "f32", "bf16", "aten" or "auto" (bf16 where native, else f32).
Compute parse_compute(const std::string& name);

// y = x · weightᵀ + bias. x [..., in], weight [out, in], bias [out] or undefined.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});
// Several linear layers of the same input, which is rounded once and whose gradient adds up inside the products. The
// bias, if any, goes with a single weight.
std::vector<Tensor> linears(const Tensor& x, const std::vector<Tensor>& weights, const Tensor& bias = {});

// softmax(q·kᵀ·scale + bias + mask)·v without keeping the S×L matrix for backward.
// q [B,S,N,K], k and v [B,L,N,K] (any strides with unit stride in K) → [B,S,N,K]. scale 0 means 1/√K.
// key_mask [B,L] bool, true = attend, or undefined. bias [N,S,L] added to the logits or undefined (T5).
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& key_mask = {}, const Tensor& bias = {},
                 double scale = 0);

// x / rms(x) · weight, rms over the last axis. weight [D] or undefined.
Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps = 1e-6);
// rms_norm(x)·(1 + scale) + shift in one pass. x [B,S,D], weight [D] or undefined, shift and scale [B,D].
Tensor rms_norm_modulate(const Tensor& x, const Tensor& weight, const Tensor& shift, const Tensor& scale,
                         double eps = 1e-6);
// h + gate·x in one pass. h, x [B,S,D], gate [B,D].
Tensor gated_residual(const Tensor& h, const Tensor& x, const Tensor& gate);
// silu(a)·b where x = [a | b] along the last axis: [..., 2F] → [..., F].
Tensor swiglu(const Tensor& x);
// Depthwise 3×3×3 convolution over the token grid with replicate-free zero padding, channels last:
// x [B,T,H,W,F], weight [27,F] (t-major, then h, then w) → same shape. T = 1 uses the middle plane only.
Tensor depthwise_conv(const Tensor& x, const Tensor& weight);

}  // namespace mg::nn
