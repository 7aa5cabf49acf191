#include "moviegen/tae/layers.h"

#include <cmath>

namespace mg::tae {
namespace {

// One convolution over [N,C,H,W] in channels-last memory, in bf16 where the processor multiplies it natively (2× f32).
Tensor convolve(const Tensor& x_NCHW, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride, at::IntArrayRef padding) {
  bool narrow = nn::compute() == nn::Compute::kBf16 && x_NCHW.scalar_type() == at::kFloat && x_NCHW.is_cpu();
  auto type = narrow ? at::kBFloat16 : x_NCHW.scalar_type();
  auto x = x_NCHW.to(type);
  auto w = weight.to(type).contiguous(at::MemoryFormat::ChannelsLast);
  auto y = at::conv2d(x, w, narrow ? Tensor() : bias, stride, padding).to(x_NCHW.scalar_type());
  return narrow ? y + bias.view({1, -1, 1, 1}) : y;
}

Tensor he_normal(at::IntArrayRef shape, int64_t fan_in) { return torch::randn(shape) * std::sqrt(1.0 / static_cast<double>(fan_in)); }

Tensor attend(const Tensor& x_NLC, nn::RmsNorm& norm, nn::Linear& qkv, nn::Linear& out) {
  int64_t n = x_NLC.size(0), l = x_NLC.size(1), c = x_NLC.size(2);
  auto parts = qkv(norm(x_NLC)).view({n, l, 3, 1, c}).unbind(2);
  return x_NLC + out(nn::attention(parts[0], parts[1], parts[2]).reshape({n, l, c}));
}

}  // namespace

FrameConvImpl::FrameConvImpl(int64_t in, int64_t out, int64_t kernel, int64_t stride_) : stride(stride_) {
  weight = register_parameter("weight", he_normal({out, in, kernel, kernel}, in * kernel * kernel));
  bias = register_parameter("bias", torch::zeros({out}));
}

Tensor FrameConvImpl::forward(const Tensor& x) {
  int64_t B = x.size(0), T = x.size(1), H = x.size(2), W = x.size(3), C = x.size(4), pad = weight.size(2) / 2;
  auto y = convolve(x.reshape({B * T, H, W, C}).permute({0, 3, 1, 2}), weight, bias, {stride, stride}, {pad, pad}).permute({0, 2, 3, 1});
  return y.contiguous().view({B, T, y.size(1), y.size(2), y.size(3)});
}

TimeConvImpl::TimeConvImpl(int64_t in, int64_t out, int64_t stride_) : stride(stride_) {
  Tensor start = he_normal({out, in, 3}, in * 3);
  if (in == out) {  // facts 1.2 [S5]: starts as the identity, so that the 2D network trains as if time were not there
    start *= 0.1;
    start.select(2, 1) += torch::eye(out);
  }
  weight = register_parameter("weight", start);
  bias = register_parameter("bias", torch::zeros({out}));
}

Tensor TimeConvImpl::forward(const Tensor& x) {
  int64_t B = x.size(0), T = x.size(1), H = x.size(2), W = x.size(3), C = x.size(4);
  if (T == 1) {  // a repeated frame meets the sum of the taps
    auto y = nn::linear(x.reshape({B * H * W, C}), weight.sum(2), bias);
    return y.view({B, 1, H, W, -1});
  }
  auto padded = at::cat({x.narrow(1, 0, 1), x, x.narrow(1, T - 1, 1)}, 1);
  auto y = convolve(padded.view({B, T + 2, H * W, C}).permute({0, 3, 1, 2}), weight.unsqueeze(3), bias, {stride, 1}, {0, 0})
               .permute({0, 2, 3, 1});
  return y.contiguous().view({B, y.size(1), H, W, y.size(3)});
}

PairConvImpl::PairConvImpl(int64_t in, int64_t out) {
  frame = register_module("frame", FrameConv(in, out));
  time = register_module("time", TimeConv(out, out));
}

ResBlockImpl::ResBlockImpl(int64_t in, int64_t out) {
  norm1 = register_module("norm1", nn::RmsNorm(in));
  conv1 = register_module("conv1", PairConv(in, out));
  norm2 = register_module("norm2", nn::RmsNorm(out));
  conv2 = register_module("conv2", PairConv(out, out));
  if (in != out) skip = register_module("skip", FrameConv(in, out, 1));
}

Tensor ResBlockImpl::forward(const Tensor& x) {
  auto y = conv1(at::silu(norm1(x)));
  y = conv2(at::silu(norm2(y)));
  return (skip.is_empty() ? x : skip(x)) + y;
}

MiddleAttentionImpl::MiddleAttentionImpl(int64_t width) {
  space_norm = register_module("space_norm", nn::RmsNorm(width));
  space_qkv = register_module("space_qkv", nn::Linear(width, 3 * width));
  space_out = register_module("space_out", nn::Linear(width, width));
  time_norm = register_module("time_norm", nn::RmsNorm(width));
  time_qkv = register_module("time_qkv", nn::Linear(width, 3 * width));
  time_out = register_module("time_out", nn::Linear(width, width));
  time_out->zero_();
}

Tensor MiddleAttentionImpl::forward(const Tensor& x) {
  int64_t B = x.size(0), T = x.size(1), H = x.size(2), W = x.size(3), C = x.size(4);
  auto space = attend(x.reshape({B * T, H * W, C}), space_norm, space_qkv, space_out);
  auto by_pixel = space.view({B, T, H * W, C}).transpose(1, 2).reshape({B * H * W, T, C});
  auto time = attend(by_pixel, time_norm, time_qkv, time_out);
  return time.view({B, H * W, T, C}).transpose(1, 2).reshape({B, T, H, W, C});
}

Tensor repeat_time(const Tensor& x) {
  auto s = x.sizes();
  return x.unsqueeze(2).expand({s[0], s[1], 2, s[2], s[3], s[4]}).reshape({s[0], s[1] * 2, s[2], s[3], s[4]});
}

Tensor repeat_space(const Tensor& x) {
  auto s = x.sizes();
  return x.view({s[0], s[1], s[2], 1, s[3], 1, s[4]})
      .expand({s[0], s[1], s[2], 2, s[3], 2, s[4]})
      .reshape({s[0], s[1], s[2] * 2, s[3] * 2, s[4]});
}

}  // namespace mg::tae
