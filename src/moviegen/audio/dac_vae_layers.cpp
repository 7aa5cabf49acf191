#include "moviegen/audio/dac_vae_layers.h"

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/nn/snake.h"

namespace mg::audio {
namespace {

constexpr double kUnitGain = 0.3;  // ours: a fresh residual unit adds a tenth of the variance, so that nine of them stay tame

// One channel in with a stride: frames of `stride` samples become the channels of a convolution over frames.
Tensor conv_into_frames(const Tensor& x_BS1, const Tensor& weight, const Tensor& bias, const ConvSpec& spec) {
  int64_t p = spec.stride, taps = spec.kernel / p;
  auto frames = x_BS1.reshape({x_BS1.size(0), x_BS1.size(1) / p, p});
  auto over_frames = weight.view({spec.out, taps, p}).transpose(1, 2);
  return nn::conv1d(frames, over_frames, bias, {.pad_left = taps / 2, .pad_right = taps / 2, .width = spec.width});
}

// The transposed twin. Frame t gets segment d + 1 of the kernel from frame t − d, so the taps come in reverse.
Tensor conv_out_of_frames(const Tensor& x_BTC, const Tensor& weight, const Tensor& bias, const ConvSpec& spec) {
  int64_t p = spec.stride, taps = spec.kernel / p;
  auto over_frames = weight.view({spec.in, taps, p}).flip(1).permute({2, 0, 1});
  auto frames = nn::conv1d(x_BTC, over_frames, bias.expand({p}).contiguous(), {.pad_left = taps / 2, .pad_right = taps / 2, .width = spec.width});
  return frames.view({frames.size(0), frames.size(1) * p, 1});
}

torch::nn::ModuleList units_of(int64_t width) {
  torch::nn::ModuleList list;
  for (int64_t dilation : kDilations) list->push_back(ResidualUnit(width, dilation));
  return list;
}

}  // namespace

WeightNormConvImpl::WeightNormConvImpl(const ConvSpec& s) : spec(s) {
  int64_t taps = s.transposed ? s.kernel / s.stride : s.kernel;  // that reach one output
  double deviation = 1 / std::sqrt(static_cast<double>(s.in * taps));
  auto start = torch::randn(s.transposed ? std::vector{s.in, s.out, s.kernel} : std::vector{s.out, s.in, s.kernel}) * deviation;
  bias = register_parameter("bias", torch::zeros({s.out}));
  weight_g = register_parameter("weight_g", s.gain * at::norm_except_dim(start, 2, 0));
  weight_v = register_parameter("weight_v", start);
}

Tensor WeightNormConvImpl::weight() const { return at::_weight_norm(weight_v, weight_g, 0); }

void WeightNormConvImpl::fold() {
  at::NoGradGuard no_grad;
  folded_ = weight();
}

Tensor WeightNormConvImpl::forward(const Tensor& x) {
  auto w = folded_.defined() && !at::GradMode::is_enabled() ? folded_ : weight();
  if (spec.in == 1 && spec.stride > 1) return conv_into_frames(x, w, bias, spec);
  if (spec.out == 1 && spec.transposed) return conv_out_of_frames(x, w, bias, spec);
  int64_t pads = spec.dilation * (spec.kernel - 1) + 1 - spec.stride, left = (pads + 1) / 2;
  return nn::conv1d(x, w, bias, {.stride = spec.stride, .dilation = spec.dilation, .pad_left = left, .pad_right = pads - left,
                                 .transposed = spec.transposed, .width = spec.width});
}

SnakeImpl::SnakeImpl(int64_t width, Width o) : out(o) { alpha = register_parameter("alpha", torch::ones({1, width, 1})); }

Tensor SnakeImpl::forward(const Tensor& x) { return nn::snake(x, alpha, out); }

ResidualUnitImpl::ResidualUnitImpl(int64_t width, int64_t dilation) {
  register_module("block", block);
  block->push_back(Snake(width));
  block->push_back(WeightNormConv(ConvSpec{.in = width, .out = width, .kernel = kUnitKernel, .dilation = dilation, .width = Width::kNarrow}));
  block->push_back(Snake(width));
  block->push_back(WeightNormConv(ConvSpec{.in = width, .out = width, .kernel = 1, .gain = kUnitGain}));
}

Tensor ResidualUnitImpl::forward(const Tensor& x) { return x + run_layers(*block, x); }

EncoderBlockImpl::EncoderBlockImpl(int64_t width, int64_t stride) {
  block = register_module("block", units_of(width));
  block->push_back(Snake(width));
  block->push_back(WeightNormConv(ConvSpec{.in = width, .out = 2 * width, .kernel = 2 * stride, .stride = stride}));
}

Tensor EncoderBlockImpl::forward(const Tensor& x) { return run_layers(*block, x); }

DecoderBlockImpl::DecoderBlockImpl(int64_t width, int64_t stride) {
  register_module("block", block);
  block->push_back(Snake(width));
  block->push_back(WeightNormConv(ConvSpec{.in = width, .out = width / 2, .kernel = 2 * stride, .stride = stride, .transposed = true}));
  for (int64_t dilation : kDilations) block->push_back(ResidualUnit(width / 2, dilation));
}

Tensor DecoderBlockImpl::forward(const Tensor& x) { return run_layers(*block, x); }

Tensor run_layers(const torch::nn::ModuleListImpl& layers, Tensor x, size_t begin, size_t end) {
  for (size_t i = begin; i < std::min(end, layers.size()); ++i) {
    const auto& layer = layers.ptr(i);
    if (auto* snake = layer->as<Snake>()) x = snake->forward(x);
    else if (auto* conv = layer->as<WeightNormConv>()) x = conv->forward(x);
    else if (auto* unit = layer->as<ResidualUnit>()) x = unit->forward(x);
    else if (auto* down = layer->as<EncoderBlock>()) x = down->forward(x);
    else if (auto* up = layer->as<DecoderBlock>()) x = up->forward(x);
    else check(false, "sound codec: a layer of an unknown kind, {}", layer->name());
  }
  return x;
}

}  // namespace mg::audio
