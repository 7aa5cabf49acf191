#include "moviegen/tae/layers.h"

#include <cmath>

#include "moviegen/tae/activations.h"

namespace mg::tae {
namespace {

Tensor scaled_normal(at::IntArrayRef shape, int64_t fan_in) { return torch::randn(shape) * std::sqrt(1.0 / static_cast<double>(fan_in)); }

Tensor attend(const Tensor& x_NLC, nn::RmsNorm& norm, nn::Linear& qkv, nn::Linear& out) {
  int64_t n = x_NLC.size(0), l = x_NLC.size(1), c = x_NLC.size(2);
  auto parts = qkv(norm(x_NLC)).view({n, l, 3, 1, c}).unbind(2);
  return x_NLC + out(nn::attention(parts[0], parts[1], parts[2]).reshape({n, l, c}));
}

}  // namespace

FrameConvImpl::FrameConvImpl(int64_t in, int64_t out, int64_t kernel, int64_t stride_) : stride(stride_) {
  weight = register_parameter("weight", scaled_normal({out, in, kernel, kernel}, in * kernel * kernel));
  bias = register_parameter("bias", torch::zeros({out}));
}

Tensor FrameConvImpl::forward(const Tensor& x, Width width) { return convolve_frames(x, weight, bias, stride, width); }

void soften(Tensor& weight) {
  at::NoGradGuard no_grad;
  weight.mul_(0.2);
}

TimeConvImpl::TimeConvImpl(int64_t in, int64_t out, int64_t stride_) : stride(stride_) {
  Tensor start = scaled_normal({out, in, 3}, in * 3);
  if (in == out) {  // facts 1.2 [S5]: starts as the identity, so that the 2D network trains as if time were not there
    start *= 0.1;
    start.select(2, 1) += torch::eye(out);
  }
  weight = register_parameter("weight", start);
  bias = register_parameter("bias", torch::zeros({out}));
}

Tensor TimeConvImpl::forward(const Tensor& x, Width width) { return convolve_time(x, weight, bias, stride, width); }

TimeUpsampleImpl::TimeUpsampleImpl(int64_t in, int64_t out) {
  weight = register_parameter("weight", scaled_normal({out, in, 3}, in * 3).repeat({2, 1, 1}));
  bias = register_parameter("bias", torch::zeros({2 * out}));
}

Tensor TimeUpsampleImpl::forward(const Tensor& x, bool is_still, Width width) {
  int64_t out = weight.size(0) / 2;
  if (is_still) return convolve_time(x, weight.narrow(0, 0, out), bias.narrow(0, 0, out), 1, width);
  auto y = convolve_time(x, weight, bias, 1, width);
  int64_t T = y.size(0), B = y.size(1), H = y.size(2), W = y.size(3);
  return y.view({T, B, H, W, 2, out}).permute({0, 4, 1, 2, 3, 5}).reshape({2 * T, B, H, W, out});
}

PairConvImpl::PairConvImpl(int64_t in, int64_t out) {
  frame = register_module("frame", FrameConv(in, out));
  time = register_module("time", TimeConv(out, out));
}

Tensor PairConvImpl::forward(const Tensor& x, Width width) {
  return convolve_pair(x, frame->weight, frame->bias, time->weight, time->bias, width);
}

ResBlockImpl::ResBlockImpl(int64_t channels) {
  norm1 = register_module("norm1", nn::RmsNorm(channels));
  conv1 = register_module("conv1", PairConv(channels, channels));
  norm2 = register_module("norm2", nn::RmsNorm(channels));
  conv2 = register_module("conv2", PairConv(channels, channels));
  soften(conv2->frame->weight);
}

Tensor ResBlockImpl::forward(const Tensor& x) {
  auto y = conv1(norm_silu(x, norm1->weight), Width::kNarrow);
  y = conv2(norm_silu(y, norm2->weight), Width::kNarrow);
  return add_residual(x, y);
}

MiddleAttentionImpl::MiddleAttentionImpl(int64_t channels) {
  space_norm = register_module("space_norm", nn::RmsNorm(channels));
  space_qkv = register_module("space_qkv", nn::Linear(channels, 3 * channels));
  space_out = register_module("space_out", nn::Linear(channels, channels));
  time_norm = register_module("time_norm", nn::RmsNorm(channels));
  time_qkv = register_module("time_qkv", nn::Linear(channels, 3 * channels));
  time_out = register_module("time_out", nn::Linear(channels, channels));
  time_out->zero_();
}

Tensor MiddleAttentionImpl::forward(const Tensor& x) {
  int64_t T = x.size(0), B = x.size(1), H = x.size(2), W = x.size(3), C = x.size(4);
  auto space = attend(x.reshape({T * B, H * W, C}), space_norm, space_qkv, space_out);
  auto by_pixel = space.view({T, B * H * W, C}).transpose(0, 1).contiguous();
  auto time = attend(by_pixel, time_norm, time_qkv, time_out);
  return time.transpose(0, 1).reshape({T, B, H, W, C});
}

Tensor fold_pixels(const Tensor& x, int64_t f) {
  int64_t B = x.size(0), C = x.size(1), T = x.size(2), H = x.size(3), W = x.size(4);
  return x.reshape({B, C, T, H / f, f, W / f, f}).permute({2, 0, 3, 5, 1, 4, 6}).reshape({T, B, H / f, W / f, C * f * f});
}

Tensor unfold_pixels(const Tensor& x, int64_t f) {
  int64_t T = x.size(0), B = x.size(1), h = x.size(2), w = x.size(3), C = x.size(4) / (f * f);
  return x.view({T, B, h, w, C, f, f}).permute({1, 4, 0, 2, 5, 3, 6}).reshape({B, C, T, h * f, w * f});
}

Tensor repeat_space(const Tensor& x) {
  auto s = x.sizes();
  return x.view({s[0], s[1], s[2], 1, s[3], 1, s[4]})
      .expand({s[0], s[1], s[2], 2, s[3], 2, s[4]})
      .reshape({s[0], s[1], s[2] * 2, s[3] * 2, s[4]});
}

Tensor fit_channels(const Tensor& x, int64_t channels) {
  int64_t have = x.size(4);
  if (have == channels) return x;
  if (channels % have == 0) return x.unsqueeze(5).expand({-1, -1, -1, -1, -1, channels / have}).flatten(4);
  if (have % channels == 0) return x.unflatten(4, {channels, have / channels}).mean(5);
  return at::adaptive_avg_pool1d(x.reshape({-1, 1, have}), {channels}).view({x.size(0), x.size(1), x.size(2), x.size(3), channels});
}

Tensor fold_step(const Tensor& x_, bool time, bool space) {
  int64_t T = x_.size(0), B = x_.size(1), H = x_.size(2), W = x_.size(3), C = x_.size(4), t = time ? 2 : 1, s = space ? 2 : 1;
  auto x = T % t ? at::cat({x_, x_.narrow(0, T - 1, 1)}, 0) : x_;
  return x.reshape({-1, t, B, H / s, s, W / s, s, C}).permute({0, 2, 3, 5, 7, 1, 4, 6}).reshape({-1, B, H / s, W / s, C * t * s * s});
}

Tensor unfold_step(const Tensor& x_, bool time, bool space) {
  int64_t T = x_.size(0), B = x_.size(1), H = x_.size(2), W = x_.size(3), C = x_.size(4);
  auto x = x_;
  if (space) x = x.view({T, B, H, W, C / 4, 2, 2}).permute({0, 1, 2, 5, 3, 6, 4}).reshape({T, B, 2 * H, 2 * W, C / 4});
  return time ? at::repeat_interleave(x, 2, 0) : x;
}

}  // namespace mg::tae
