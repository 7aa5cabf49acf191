#include "moviegen/nn/convolution_primitive.h"

#include <numeric>

#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
dnnl::stream& stream() {
  thread_local dnnl::stream here(engine());
  return here;
}

struct Plain {
  using Forward = dnnl::convolution_forward;
  using BackwardData = dnnl::convolution_backward_data;
  using BackwardWeights = dnnl::convolution_backward_weights;
  static constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
};
struct Transposed {
  using Forward = dnnl::deconvolution_forward;
  using BackwardData = dnnl::deconvolution_backward_data;
  using BackwardWeights = dnnl::deconvolution_backward_weights;
  static constexpr auto kAlgorithm = dnnl::algorithm::deconvolution_direct;
};

memory::desc plain_layout(const ConvolutionSpec& s) {
  memory::dims steps(s.weight.size());
  int64_t taps = 1;
  for (size_t axis = s.weight.size(); axis-- > 2;) steps[axis] = taps, taps *= s.weight[axis];
  int64_t out = s.weight[0], in = s.weight[1];
  steps[0] = s.transposed ? taps : in * taps, steps[1] = s.transposed ? out * taps : taps;
  return {s.weight, memory::data_type::f32, steps};
}

int64_t volume(const memory::dims& sizes) { return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>()); }

template <class Kind>
ConvolutionPrimitive make(const ConvolutionSpec& s, ConvolutionPass pass) {
  auto f32 = memory::data_type::f32, type = s.bf16 ? memory::data_type::bf16 : f32;
  auto layout = s.x.size() == 3 ? Tag::nwc : Tag::nhwc;
  memory::desc x(s.x, type, layout), dy(s.y, type, layout), y(s.y, s.wide_out ? f32 : type, layout);
  memory::desc weight(s.weight, type, Tag::any), dweight(s.weight, f32, Tag::any), bias({s.weight[0]}, f32, Tag::x), plain = plain_layout(s);
  double flops = 2 * static_cast<double>(volume(s.weight)) * static_cast<double>(volume(s.transposed ? s.x : s.y) / (s.transposed ? s.x[1] : s.y[1]));
  typename Kind::Forward::primitive_desc forward({dnnl::prop_kind::forward_training, Kind::kAlgorithm, x, weight, bias, y, s.strides, s.dilates, s.pad_left, s.pad_right}, engine());
  if (pass == ConvolutionPass::kForward) {
    auto laid = forward.weights_desc();
    return {typename Kind::Forward(forward), dnnl::reorder({engine(), plain, engine(), laid}), laid, plain, x, y, bias, flops};
  }
  if (pass == ConvolutionPass::kBackwardData) {
    typename Kind::BackwardData::primitive_desc desc({Kind::kAlgorithm, x, weight, dy, s.strides, s.dilates, s.pad_left, s.pad_right}, engine(), forward);
    auto laid = desc.weights_desc();
    return {typename Kind::BackwardData(desc), dnnl::reorder({engine(), plain, engine(), laid}), laid, plain, x, dy, bias, flops};
  }
  typename Kind::BackwardWeights::primitive_desc desc({Kind::kAlgorithm, x, dweight, bias, dy, s.strides, s.dilates, s.pad_left, s.pad_right}, engine(), forward);
  auto laid = desc.diff_weights_desc();
  return {typename Kind::BackwardWeights(desc), dnnl::reorder({engine(), laid, engine(), plain}), laid, plain, x, dy, bias, flops};
}

memory view(const memory::desc& desc, const Tensor& tensor) { return {desc, engine(), tensor.data_ptr()}; }
Tensor blocked(const memory::desc& desc) { return at::empty({static_cast<int64_t>(desc.get_size())}, at::kByte); }

Tensor lay_out_weight(const ConvolutionPrimitive& p, const Tensor& weight) {
  auto buffer = blocked(p.weight);
  auto from = view(p.plain_weight, weight), to = view(p.weight, buffer);
  p.reorder.execute(stream(), from, to);
  return buffer;
}

}  // namespace

ConvolutionPrimitive make_convolution(const ConvolutionSpec& spec, ConvolutionPass pass) {
  return spec.transposed ? make<Transposed>(spec, pass) : make<Plain>(spec, pass);
}

void run_forward(const ConvolutionPrimitive& p, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y) {
  auto laid = lay_out_weight(p, weight);
  count_flops(p.flops);
  p.convolution.execute(stream(), {{DNNL_ARG_SRC, view(p.x, x)}, {DNNL_ARG_WEIGHTS, view(p.weight, laid)},
                                   {DNNL_ARG_BIAS, view(p.bias, bias)}, {DNNL_ARG_DST, view(p.y, y)}});
  stream().wait();
}

void run_backward_data(const ConvolutionPrimitive& p, const Tensor& dy, const Tensor& weight, const Tensor& dx) {
  auto laid = lay_out_weight(p, weight);
  count_flops(p.flops);
  p.convolution.execute(stream(), {{DNNL_ARG_DIFF_DST, view(p.y, dy)}, {DNNL_ARG_WEIGHTS, view(p.weight, laid)}, {DNNL_ARG_DIFF_SRC, view(p.x, dx)}});
  stream().wait();
}

void run_backward_weights(const ConvolutionPrimitive& p, const Tensor& x, const Tensor& dy, const Tensor& dweight, const Tensor& dbias) {
  auto buffer = blocked(p.weight);
  auto inner = view(p.weight, buffer), plain = view(p.plain_weight, dweight);
  count_flops(p.flops);
  p.convolution.execute(stream(), {{DNNL_ARG_SRC, view(p.x, x)}, {DNNL_ARG_DIFF_DST, view(p.y, dy)},
                                   {DNNL_ARG_DIFF_WEIGHTS, inner}, {DNNL_ARG_DIFF_BIAS, view(p.bias, dbias)}});
  p.reorder.execute(stream(), inner, plain);
  stream().wait();
}

}  // namespace mg::nn
