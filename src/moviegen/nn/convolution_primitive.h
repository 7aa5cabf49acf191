// oneDNN convolutions as conv1d.h and tae/convolution.h use them: a primitive is made once per shape and kept, channels lie
// last, weights come plain and are laid out as the primitive likes. A convolution computes in f32 or bf16 and accumulates in f32.
#pragma once
#include <map>
#include <oneapi/dnnl/dnnl.hpp>

#include "moviegen/nn/width.h"

namespace mg::nn {

enum class ConvolutionPass { kForward, kBackwardData, kBackwardWeights };

// One convolution. Sizes are [batch, channels, steps] or [batch, channels, height, width], whatever the memory looks like.
struct ConvolutionSpec {
  dnnl::memory::dims x, y, weight;  // weight: [out, in, kernel…]
  dnnl::memory::dims strides, dilates, pad_left, pad_right;
  bool transposed = false;          // plain weights are then [in, out, kernel…]
  bool bf16 = false;
  bool wide_out = false;            // f32 leaves a convolution that computes in bf16
};

struct ConvolutionPrimitive {
  dnnl::primitive convolution;
  dnnl::reorder reorder;  // weights from, or their gradient to, the plain f32 layout
  dnnl::memory::desc weight, plain_weight, x, y, bias;
  double flops;
};
ConvolutionPrimitive make_convolution(const ConvolutionSpec& spec, ConvolutionPass pass);

// Tensors are contiguous, channels last, of the types the spec says; weights, biases and their gradients are f32.
void run_forward(const ConvolutionPrimitive& p, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y);
void run_backward_data(const ConvolutionPrimitive& p, const Tensor& dy, const Tensor& weight, const Tensor& dx);
void run_backward_weights(const ConvolutionPrimitive& p, const Tensor& x, const Tensor& dy, const Tensor& dweight, const Tensor& dbias);

// The primitive for a shape: a type with <=> and spec(). oneDNN's scratch memory belongs to the thread that made a primitive,
// so each thread has its own.
template <ConvolutionPass kPass, class Shape>
const ConvolutionPrimitive& kept_convolution(const Shape& shape) {
  constexpr size_t kMost = 1024;  // sounds of ever new lengths must not fill memory
  thread_local std::map<Shape, ConvolutionPrimitive> kept;
  auto found = kept.find(shape);
  if (found != kept.end()) return found->second;
  if (kept.size() >= kMost) kept.clear();
  return kept.emplace(shape, make_convolution(shape.spec(), kPass)).first->second;
}

}  // namespace mg::nn
