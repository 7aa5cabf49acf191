// Layers of the sound codec (facts 10.2), named and keyed as in the public Descript Audio Codec. B batch · S steps ·
// C channels; features are [B,S,C]. Every convolution keeps the grid: S steps become S / stride, transposed S · stride.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "moviegen/nn/conv1d.h"

namespace mg::audio {

using at::Tensor;
using nn::Width;

inline constexpr int64_t kDilations[] = {1, 3, 9};
inline constexpr int64_t kUnitKernel = 7, kHiddenKernel = 3;
// Kernel of the first and last convolution: the paper's 7, or a frame with its neighbours.
constexpr int64_t edge_kernel(int64_t patch) { return patch == 1 ? kUnitKernel : 3 * patch; }

struct ConvSpec {
  int64_t in, out, kernel, stride = 1, dilation = 1;
  bool transposed = false;
  Width width = Width::kWide;
  double gain = 1;  // of the start, relative to keeping the variance
};

// Convolution whose weight is weight_g · weight_v / ‖weight_v‖, norms over all axes but the first. Keys: bias [out], weight_g
// [first,1,1], weight_v [out,in,k] (transposed: [in,out,k]).
struct WeightNormConvImpl : torch::nn::Module {
  explicit WeightNormConvImpl(const ConvSpec& spec);
  Tensor forward(const Tensor& x_BSC);
  Tensor weight() const;  // the product
  // Keeps the product for calls without gradients; changes of the parameters are not seen from then on.
  void fold();
  ConvSpec spec;
  Tensor bias, weight_g, weight_v;

 private:
  Tensor folded_;
};
TORCH_MODULE(WeightNormConv);

// Key: alpha [1,C,1].
struct SnakeImpl : torch::nn::Module {
  explicit SnakeImpl(int64_t width, Width out = Width::kNarrow);
  Tensor forward(const Tensor& x_BSC);
  Tensor alpha;
  Width out;
};
TORCH_MODULE(Snake);

// x + conv k1(snake(conv k7, dilated(snake(x)))). Keys: block.0 to block.3.
struct ResidualUnitImpl : torch::nn::Module {
  ResidualUnitImpl(int64_t width, int64_t dilation);
  Tensor forward(const Tensor& x_BSC);
  torch::nn::ModuleList block;
};
TORCH_MODULE(ResidualUnit);

// Three residual units, snake, strided convolution to twice the channels. Keys: block.0 to block.4.
struct EncoderBlockImpl : torch::nn::Module {
  EncoderBlockImpl(int64_t width, int64_t stride);
  Tensor forward(const Tensor& x_BSC);
  torch::nn::ModuleList block;
};
TORCH_MODULE(EncoderBlock);

// Snake, transposed convolution to half the channels, three residual units. Keys: block.0 to block.4.
struct DecoderBlockImpl : torch::nn::Module {
  DecoderBlockImpl(int64_t width, int64_t stride);
  Tensor forward(const Tensor& x_BSC);
  torch::nn::ModuleList block;
};
TORCH_MODULE(DecoderBlock);

// Layers [begin, end), one after another.
Tensor run_layers(const torch::nn::ModuleListImpl& layers, Tensor x_BSC, size_t begin = 0, size_t end = SIZE_MAX);

}  // namespace mg::audio
