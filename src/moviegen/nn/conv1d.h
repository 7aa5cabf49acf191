// Convolutions along time, plain and transposed, on oneDNN primitives that are made once per shape and kept, with gradients.
// Sound features are [B,S,C], channels last, so that nothing is reordered between layers. A convolution computes in the type
// of its input: f32, or bf16 where a layer before it narrowed (Compute::kBf16), accumulating in f32. Other devices and types
// take ATen. Rejected: ATen's conv1d everywhere, which converts layouts on each call: 145 against 600 GFLOP/s forward and
// backward at 64 to 256 channels, kernel 7, two cores.
#pragma once
#include "moviegen/nn/width.h"

namespace mg::nn {

struct Conv1dOptions {
  int64_t stride = 1, dilation = 1;      // a transposed convolution has dilation 1
  int64_t pad_left = 0, pad_right = 0;   // zeros around the input; transposed: samples cut from the output
  bool transposed = false;
  Width width = Width::kWide;
};

// x [B,S,in], weight [out,in,k] (transposed: [in,out,k]), bias [out] → [B,S',out] with
// S' = (S + pads − dilation·(k−1) − 1) / stride + 1, transposed: (S−1)·stride + k − pads. An empty result is an InternalError.
Tensor conv1d(const Tensor& x_BSC, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options);

}  // namespace mg::nn
