// Convolutions of the autoencoder on oneDNN primitives that are made once per shape and kept, with their gradients.
// Activations are channels last with time outermost, [T,B,H,W,C]: frames fold into one batch for 2D, everything but time
// folds into one axis for 1D, and a clip padded in time is the same memory with one frame more at each end, so that
// neither folding nor padding copies. On CPU with Compute::kBf16 activations between layers are bf16 (half the memory
// traffic, twice the products); elsewhere they keep the type of the input. Other devices and types take ATen.
// Rejected: [B,T,H,W,C], where padding time copies every clip, and ATen's conv2d, which converts both operands on each call.
#pragma once
#include "moviegen/nn/width.h"

namespace mg::tae {

using at::Tensor;

using nn::narrow_type;
using nn::Width;

// Each frame by itself, zero padding k/2. x [T,B,H,W,C], weight [out,in,k,k], bias [out].
Tensor convolve_frames(const Tensor& x_TBHWC, const Tensor& weight, const Tensor& bias, int64_t stride, Width width);
// Over time, kernel 3, the edge frame repeated at both ends. weight [out,in,3]; stride 2 halves the frames, rounding up.
Tensor convolve_time(const Tensor& x_TBHWC, const Tensor& weight, const Tensor& bias, int64_t stride, Width width);
// convolve_time(convolve_frames(x)) with the frames written straight into the padded clip.
Tensor convolve_pair(const Tensor& x_TBHWC, const Tensor& frame_weight, const Tensor& frame_bias, const Tensor& time_weight,
                     const Tensor& time_bias, Width width);

}  // namespace mg::tae
