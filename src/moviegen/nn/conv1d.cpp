#include "moviegen/nn/conv1d.h"

#include "moviegen/core/error.h"
#include "moviegen/nn/convolution_primitive.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Everything the primitives of one convolution depend on.
struct Shape {
  int64_t batch, length, in, out, kernel, stride, dilation, pad_left, pad_right;
  bool transposed, bf16, wide_out;
  int threads = at::get_num_threads();

  int64_t out_length() const {
    if (transposed) return (length - 1) * stride + kernel - pad_left - pad_right;
    return (length + pad_left + pad_right - dilation * (kernel - 1) - 1) / stride + 1;
  }
  ConvolutionSpec spec() const {
    return {.x = {batch, in, length}, .y = {batch, out, out_length()}, .weight = {out, in, kernel}, .strides = {stride}, .dilates = {dilation - 1},
            .pad_left = {pad_left}, .pad_right = {pad_right}, .transposed = transposed, .bf16 = bf16, .wide_out = wide_out};
  }
  auto operator<=>(const Shape&) const = default;
};

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
    auto s = shape_of(x, weight, unpacked(options));
    auto y = at::empty({s.batch, s.out_length(), s.out}, x.options().dtype(s.bf16 && !s.wide_out ? at::kBFloat16 : at::kFloat));
    run_forward(kept_convolution<ConvolutionPass::kForward>(s), x, weight, bias, y);
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
    Tensor dx, dweight, dbias;
    if (ctx->saved_data["dx"].toBool()) run_backward_data(kept_convolution<ConvolutionPass::kBackwardData>(s), dy, weight, dx = at::empty_like(x));
    if (ctx->saved_data["dw"].toBool())
      run_backward_weights(kept_convolution<ConvolutionPass::kBackwardWeights>(s), x, dy, dweight = at::empty_like(weight), dbias = at::empty({s.out}, weight.options()));
    return {dx, dweight, dbias, Tensor()};
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

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options) {
  check(x.dim() == 3 && weight.dim() == 3, "conv1d: expected features [B,S,C] and a weight of three axes, got {} and {} axes", x.dim(), weight.dim());
  check(x.size(2) == weight.size(options.transposed ? 0 : 1), "conv1d: {} channels meet a weight for {}", x.size(2), weight.size(options.transposed ? 0 : 1));
  check(!options.transposed || options.dilation == 1, "conv1d: a transposed convolution of dilation {}", options.dilation);
  check(x.size(1) > 0 && shape_of(x, weight, options).out_length() > 0, "conv1d: nothing comes out of {} steps", x.size(1));
  RECORD_USER_SCOPE("conv1d");
  if (takes_onednn(x) && weight.scalar_type() == at::kFloat) return Conv1dFunction::apply(x, weight, bias, packed(options));
  return aten_conv1d(x, weight, bias, options);
}

}  // namespace mg::nn
