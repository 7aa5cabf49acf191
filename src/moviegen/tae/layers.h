// The 2.5D layers of the autoencoder: a 2D convolution, then a 1D one over time (facts 1.2). Activations are channels
// last, [B,T,H,W,C] contiguous: frames fold into the batch for 2D, pixels into one axis for 1D, both without a copy.
// Easy to get wrong: time is padded by repeating the edge frame on both ends alike; space is padded with zeros.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "moviegen/nn/layers.h"

namespace mg::tae {

using at::Tensor;

// 3×3 (or 1×1) convolution of each frame. Keys: weight [out,in,k,k], bias [out].
struct FrameConvImpl : torch::nn::Module {
  FrameConvImpl(int64_t in, int64_t out, int64_t kernel = 3, int64_t stride = 1);
  Tensor forward(const Tensor& x_BTHWC);
  Tensor weight, bias;
  int64_t stride;
};
TORCH_MODULE(FrameConv);

// Convolution over time, kernel 3; stride 2 halves the frames, rounding up. Identity start where widths agree.
// Keys: weight [out,in,3], bias [out].
struct TimeConvImpl : torch::nn::Module {
  TimeConvImpl(int64_t in, int64_t out, int64_t stride = 1);
  Tensor forward(const Tensor& x_BTHWC);
  Tensor weight, bias;
  int64_t stride;
};
TORCH_MODULE(TimeConv);

// FrameConv then TimeConv.
struct PairConvImpl : torch::nn::Module {
  PairConvImpl(int64_t in, int64_t out);
  Tensor forward(const Tensor& x) { return time(frame(x)); }
  FrameConv frame{nullptr};
  TimeConv time{nullptr};
};
TORCH_MODULE(PairConv);

// norm, SiLU, pair, norm, SiLU, pair, plus the input.
struct ResBlockImpl : torch::nn::Module {
  ResBlockImpl(int64_t in, int64_t out);
  Tensor forward(const Tensor& x);
  nn::RmsNorm norm1{nullptr}, norm2{nullptr};
  PairConv conv1{nullptr}, conv2{nullptr};
  FrameConv skip{nullptr};
};
TORCH_MODULE(ResBlock);

// Single-head attention over the pixels of each frame, then over the frames of each pixel.
struct MiddleAttentionImpl : torch::nn::Module {
  explicit MiddleAttentionImpl(int64_t width);
  Tensor forward(const Tensor& x);
  nn::RmsNorm space_norm{nullptr}, time_norm{nullptr};
  nn::Linear space_qkv{nullptr}, space_out{nullptr}, time_qkv{nullptr}, time_out{nullptr};
};
TORCH_MODULE(MiddleAttention);

// Each frame (pixel) twice.
Tensor repeat_time(const Tensor& x_BTHWC);
Tensor repeat_space(const Tensor& x_BTHWC);

}  // namespace mg::tae
