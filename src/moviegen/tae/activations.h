// The element-wise passes between convolutions, each one pass over memory, reading and writing f32 or bf16.
#pragma once
#include "moviegen/tae/convolution.h"

namespace mg::tae {

// silu(x / rms(x) · weight), rms over channels, in the type that goes between layers. x [T,B,H,W,C] f32 or bf16.
Tensor norm_silu(const Tensor& x_TBHWC, const Tensor& weight, double eps = 1e-6);
// x + y in the type of x, where y may be bf16.
Tensor add_residual(const Tensor& x, const Tensor& y);

}  // namespace mg::tae
