#include "moviegen/nn/conv1d.h"

#include <map>
#include <oneapi/dnnl/dnnl.hpp>

#include "moviegen/core/error.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"

namespace mg::nn {
namespace {

using dnnl::memory;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Tag = memory::format_tag;

constexpr size_t kMostPrimitives = 1024;  // of one kind and thread; sounds of ever new lengths must not fill memory

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
dnnl::stream& stream() {
  thread_local dnnl::stream here(engine());
  return here;
}

// Everything the primitives of one convolution depend on.
struct Shape {
  int64_t batch, length, in, out, kernel, stride, dilation, pad_left, pad_right;
  bool transposed, bf16, wide_out;
  int threads = at::get_num_threads();

  int64_t out_length() const {
    if (transposed) return (length - 1) * stride + kernel - pad_left - pad_right;
    return (length + pad_left + pad_right - dilation * (kernel - 1) - 1) / stride + 1;
  }
  auto operator<=>(const Shape&) const = default;
};

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

// The descriptions shared by the three primitives; oneDNN lays out the weights as it likes.
template <class Kind>
struct Descriptions {
  explicit Descriptions(const Shape& s) {
    auto f32 = memory::data_type::f32, type = s.bf16 ? memory::data_type::bf16 : f32;
    x = memory::desc({s.batch, s.in, s.length}, type, Tag::nwc);
    dy = memory::desc({s.batch, s.out, s.out_length()}, type, Tag::nwc);
    y = s.wide_out ? memory::desc({s.batch, s.out, s.out_length()}, f32, Tag::nwc) : dy;
    memory::dims sizes{s.out, s.in, s.kernel};
    weight = memory::desc(sizes, type, Tag::any), dweight = memory::desc(sizes, f32, Tag::any);
    auto rows = memory::dims{s.in * s.kernel, s.kernel, 1}, columns = memory::dims{s.kernel, s.out * s.kernel, 1};
    plain_weight = memory::desc(sizes, f32, s.transposed ? columns : rows);
    bias = memory::desc({s.out}, f32, Tag::x);
    strides = {s.stride}, dilates = {s.dilation - 1}, left = {s.pad_left}, right = {s.pad_right};
    forward = {{dnnl::prop_kind::forward_training, Kind::kAlgorithm, x, weight, bias, y, strides, dilates, left, right}, engine()};
  }
  memory::desc x, y, dy, weight, dweight, plain_weight, bias;
  memory::dims strides, dilates, left, right;
  typename Kind::Forward::primitive_desc forward;
};

struct Primitive {
  dnnl::primitive convolution;
  dnnl::reorder reorder;  // weights from, or their gradient to, the plain f32 layout
  memory::desc weight, plain_weight, x, y, bias;
};

template <class Kind>
Primitive make_forward(const Shape& s) {
  Descriptions<Kind> d(s);
  auto weight = d.forward.weights_desc();
  return {typename Kind::Forward(d.forward), dnnl::reorder({engine(), d.plain_weight, engine(), weight}), weight, d.plain_weight, d.x, d.y, d.bias};
}

template <class Kind>
Primitive make_backward_data(const Shape& s) {
  Descriptions<Kind> d(s);
  typename Kind::BackwardData::primitive_desc desc({Kind::kAlgorithm, d.x, d.weight, d.dy, d.strides, d.dilates, d.left, d.right}, engine(), d.forward);
  auto weight = desc.weights_desc();
  return {typename Kind::BackwardData(desc), dnnl::reorder({engine(), d.plain_weight, engine(), weight}), weight, d.plain_weight, d.x, d.dy, d.bias};
}

template <class Kind>
Primitive make_backward_weights(const Shape& s) {
  Descriptions<Kind> d(s);
  typename Kind::BackwardWeights::primitive_desc desc(
      {Kind::kAlgorithm, d.x, d.dweight, d.bias, d.dy, d.strides, d.dilates, d.left, d.right}, engine(), d.forward);
  auto weight = desc.diff_weights_desc();
  return {typename Kind::BackwardWeights(desc), dnnl::reorder({engine(), weight, engine(), d.plain_weight}), weight, d.plain_weight, d.x, d.dy, d.bias};
}

// oneDNN's scratch memory belongs to the thread that made a primitive, so each thread has its own.
template <auto kMakePlain, auto kMakeTransposed>
Primitive& cached(const Shape& shape) {
  thread_local std::map<Shape, Primitive> cache;
  auto found = cache.find(shape);
  if (found != cache.end()) return found->second;
  if (cache.size() >= kMostPrimitives) cache.clear();
  return cache.emplace(shape, shape.transposed ? kMakeTransposed(shape) : kMakePlain(shape)).first->second;
}

memory view(const memory::desc& desc, const Tensor& tensor) { return {desc, engine(), tensor.data_ptr()}; }
Tensor blocked(const memory::desc& desc) { return at::empty({static_cast<int64_t>(desc.get_size())}, at::kByte); }

Tensor lay_out_weight(Primitive& p, const Tensor& weight) {
  auto buffer = blocked(p.weight);
  auto from = view(p.plain_weight, weight), to = view(p.weight, buffer);
  p.reorder.execute(stream(), from, to);
  return buffer;
}

Tensor run_forward(const Shape& s, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  auto& p = cached<make_forward<Plain>, make_forward<Transposed>>(s);
  auto y = at::empty({s.batch, s.out_length(), s.out}, x.options().dtype(s.bf16 && !s.wide_out ? at::kBFloat16 : at::kFloat));
  auto w = lay_out_weight(p, weight);
  p.convolution.execute(stream(), {{DNNL_ARG_SRC, view(p.x, x)}, {DNNL_ARG_WEIGHTS, view(p.weight, w)},
                                   {DNNL_ARG_BIAS, view(p.bias, bias)}, {DNNL_ARG_DST, view(p.y, y)}});
  stream().wait();
  return y;
}

Tensor run_backward_data(const Shape& s, const Tensor& dy, const Tensor& weight, const Tensor& x) {
  auto& p = cached<make_backward_data<Plain>, make_backward_data<Transposed>>(s);
  auto dx = at::empty_like(x), w = lay_out_weight(p, weight);
  p.convolution.execute(stream(), {{DNNL_ARG_DIFF_DST, view(p.y, dy)}, {DNNL_ARG_WEIGHTS, view(p.weight, w)}, {DNNL_ARG_DIFF_SRC, view(p.x, dx)}});
  stream().wait();
  return dx;
}

// → gradients of weight (in its shape) and bias.
std::pair<Tensor, Tensor> run_backward_weights(const Shape& s, const Tensor& x, const Tensor& dy, const Tensor& weight) {
  auto& p = cached<make_backward_weights<Plain>, make_backward_weights<Transposed>>(s);
  auto buffer = blocked(p.weight), dweight = at::empty_like(weight), dbias = at::empty({s.out}, weight.options());
  auto inner = view(p.weight, buffer), plain = view(p.plain_weight, dweight);
  p.convolution.execute(stream(), {{DNNL_ARG_SRC, view(p.x, x)}, {DNNL_ARG_DIFF_DST, view(p.y, dy)},
                                   {DNNL_ARG_DIFF_WEIGHTS, inner}, {DNNL_ARG_DIFF_BIAS, view(p.bias, dbias)}});
  p.reorder.execute(stream(), inner, plain);
  stream().wait();
  return {dweight, dbias};
}

Shape shape_of(const Tensor& x, const Tensor& weight, const Conv1dOptions& o) {
  return {x.size(0), x.size(1), x.size(2), weight.size(o.transposed ? 1 : 0), weight.size(2), o.stride, o.dilation, o.pad_left, o.pad_right,
          o.transposed, x.scalar_type() == at::kBFloat16, o.width == Width::kWide};
}

// The shape goes through autograd as the list of its options.
std::vector<int64_t> packed(const Conv1dOptions& o) {
  return {o.stride, o.dilation, o.pad_left, o.pad_right, o.transposed, o.width == Width::kWide};
}
Conv1dOptions unpacked(const std::vector<int64_t>& v) {
  return {v[0], v[1], v[2], v[3], v[4] != 0, v[5] ? Width::kWide : Width::kNarrow};
}

struct Conv1dFunction : torch::autograd::Function<Conv1dFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Tensor& weight_, const Tensor& bias, std::vector<int64_t> options) {
    auto x = x_.contiguous(), weight = weight_.contiguous();
    auto y = run_forward(shape_of(x, weight, unpacked(options)), x, weight, bias);
    ctx->save_for_backward({x, weight});
    ctx->saved_data["options"] = options;
    ctx->saved_data["dx"] = x_.requires_grad();
    ctx->saved_data["dw"] = weight_.requires_grad();
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    auto s = shape_of(x, weight, unpacked(ctx->saved_data["options"].toIntVector()));
    auto dy = grads[0].contiguous().to(x.scalar_type());
    Tensor dx;
    std::pair<Tensor, Tensor> dw;
    if (ctx->saved_data["dx"].toBool()) dx = run_backward_data(s, dy, weight, x);
    if (ctx->saved_data["dw"].toBool()) dw = run_backward_weights(s, x, dy, weight);
    return {dx, dw.first, dw.second, Tensor()};
  }
};

Tensor aten_conv1d(const Tensor& x_BSC, const Tensor& weight, const Tensor& bias, const Conv1dOptions& o) {
  auto x = x_BSC.transpose(1, 2);
  const int64_t zero = 0;
  at::IntArrayRef stride(o.stride), dilation(o.dilation), no_padding(zero);
  if (!o.transposed) return at::conv1d(at::constant_pad_nd(x, {o.pad_left, o.pad_right}), weight, bias, stride, no_padding, dilation).transpose(1, 2).contiguous();
  auto y = at::conv_transpose1d(x, weight, bias, stride);
  return y.narrow(2, o.pad_left, y.size(2) - o.pad_left - o.pad_right).transpose(1, 2).contiguous();
}

bool is_fast(const Tensor& x) {
  bool ours = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return ours && x.is_cpu() && compute() != Compute::kAten && x.numel() > 0;
}

}  // namespace

at::ScalarType narrow_type(const Tensor& x) { return is_fast(x) && compute() == Compute::kBf16 ? at::kBFloat16 : x.scalar_type(); }

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options) {
  check(x.dim() == 3 && weight.dim() == 3, "conv1d: expected features [B,S,C] and a weight of three axes, got {} and {} axes", x.dim(), weight.dim());
  check(x.size(2) == weight.size(options.transposed ? 0 : 1), "conv1d: {} channels meet a weight for {}", x.size(2), weight.size(options.transposed ? 0 : 1));
  check(!options.transposed || options.dilation == 1, "conv1d: a transposed convolution of dilation {}", options.dilation);
  check(x.size(1) > 0 && shape_of(x, weight, options).out_length() > 0, "conv1d: nothing comes out of {} steps", x.size(1));
  if (is_fast(x) && weight.scalar_type() == at::kFloat) return Conv1dFunction::apply(x, weight, bias, packed(options));
  return aten_conv1d(x, weight, bias, options);
}

}  // namespace mg::nn
