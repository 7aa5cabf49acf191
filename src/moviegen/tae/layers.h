// The 2.5D layers of the autoencoder: a 2D convolution, then a 1D one over time (facts 1.2). Activations are channels
// last with time outermost, [T,B,H,W,C] contiguous (convolution.h says why).
// Easy to get wrong: time is padded by repeating the edge frame on both ends alike; space is padded with zeros.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "moviegen/nn/layers.h"
#include "moviegen/tae/convolution.h"

namespace mg::tae {

// 3×3 (or 1×1) convolution of each frame. Keys: weight [out,in,k,k], bias [out].
struct FrameConvImpl : torch::nn::Module {
  FrameConvImpl(int64_t in, int64_t out, int64_t kernel = 3, int64_t stride = 1);
  Tensor forward(const Tensor& x_TBHWC, Width width = Width::kWide);
  Tensor weight, bias;
  int64_t stride;
};
TORCH_MODULE(FrameConv);

// Convolution over time, kernel 3; stride 2 halves the frames, rounding up. Identity start where widths agree.
// Keys: weight [out,in,3], bias [out].
struct TimeConvImpl : torch::nn::Module {
  TimeConvImpl(int64_t in, int64_t out, int64_t stride = 1);
  Tensor forward(const Tensor& x_TBHWC, Width width = Width::kWide);
  Tensor weight, bias;
  int64_t stride;
};
TORCH_MODULE(TimeConv);

// Doubles the frames: a convolution over time to twice the channels at the lower rate, whose halves are the two new
// frames (ours: nearest repetition, as in the paper, with replicate padding could not tell the copies of a lone frame
// apart). Both halves start alike, so it starts as repetition. Keys: weight [2·out,in,3], bias [2·out].
struct TimeUpsampleImpl : torch::nn::Module {
  TimeUpsampleImpl(int64_t in, int64_t out);
  // [T,B,H,W,in] → [2T,B,H,W,out]; of a still (T = 1, one frame wanted) only the first of the two, at half the cost.
  Tensor forward(const Tensor& x_TBHWC, bool is_still, Width width = Width::kWide);
  Tensor weight, bias;
};
TORCH_MODULE(TimeUpsample);

// FrameConv then TimeConv.
struct PairConvImpl : torch::nn::Module {
  PairConvImpl(int64_t in, int64_t out);
  Tensor forward(const Tensor& x_TBHWC, Width width = Width::kWide);
  FrameConv frame{nullptr};
  TimeConv time{nullptr};
};
TORCH_MODULE(PairConv);

// norm, SiLU, pair, norm, SiLU, pair, plus the input.
struct ResBlockImpl : torch::nn::Module {
  explicit ResBlockImpl(int64_t channels);
  Tensor forward(const Tensor& x_TBHWC);
  nn::RmsNorm norm1{nullptr}, norm2{nullptr};
  PairConv conv1{nullptr}, conv2{nullptr};
};
TORCH_MODULE(ResBlock);

// Single-head attention over the pixels of each frame, then over the frames of each pixel.
struct MiddleAttentionImpl : torch::nn::Module {
  explicit MiddleAttentionImpl(int64_t channels);
  Tensor forward(const Tensor& x_TBHWC);
  nn::RmsNorm space_norm{nullptr}, time_norm{nullptr};
  nn::Linear space_qkv{nullptr}, space_out{nullptr}, time_qkv{nullptr}, time_out{nullptr};
};
TORCH_MODULE(MiddleAttention);

// Makes the start of a branch quiet beside the shortcut it is added to.
void soften(Tensor& weight);

// Blocks of f×f pixels into channels, [B,C,T,H,W] → [T,B,H/f,W/f,C·f·f], and back.
Tensor fold_pixels(const Tensor& x_BCTHW, int64_t f);
Tensor unfold_pixels(const Tensor& x_TBHWC, int64_t f);

// Each pixel twice along both axes.
Tensor repeat_space(const Tensor& x_TBHWC);

// Shortcuts around everything that changes the shape (ours, after the residual autoencoding of deep compression
// autoencoders): neighbours fold into channels and channels into fewer by means, or the other way round by repetition. A
// fresh network thereby starts as block means of the picture, and learns what they leave out.
// Means of neighbouring channels, or repetitions of each, so that there are `channels`.
Tensor fit_channels(const Tensor& x_TBHWC, int64_t channels);
// Halves time and space as asked, the neighbours in the channels, innermost the 2×2 pixels; an odd last frame is repeated.
Tensor fold_step(const Tensor& x_TBHWC, bool time, bool space);
// Doubles them: pixels out of the channels, frames by repetition.
Tensor unfold_step(const Tensor& x_TBHWC, bool time, bool space);

}  // namespace mg::tae
