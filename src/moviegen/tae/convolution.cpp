#include "moviegen/tae/convolution.h"

#include "moviegen/core/error.h"
#include "moviegen/nn/convolution_primitive.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::tae {
namespace {

using nn::ConvolutionPass;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// One convolution of [n,h,w,in] to [n,oh,ow,out], everything its primitives depend on.
struct Shape {
  int64_t n, h, w, in, out, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
  bool bf16, wide_out;
  int threads = at::get_num_threads();

  int64_t out_h() const { return (h + 2 * pad_h - kernel_h) / stride_h + 1; }
  int64_t out_w() const { return (w + 2 * pad_w - kernel_w) / stride_w + 1; }
  nn::ConvolutionSpec spec() const {
    return {.x = {n, in, h, w}, .y = {n, out, out_h(), out_w()}, .weight = {out, in, kernel_h, kernel_w}, .strides = {stride_h, stride_w},
            .dilates = {0, 0}, .pad_left = {pad_h, pad_w}, .pad_right = {pad_h, pad_w}, .bf16 = bf16, .wide_out = wide_out};
  }
  auto operator<=>(const Shape&) const = default;
};

void run_forward(const Shape& s, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y) {
  nn::run_forward(nn::kept_convolution<ConvolutionPass::kForward>(s), x, weight, bias, y);
}

void run_backward_data(const Shape& s, const Tensor& dy, const Tensor& weight, const Tensor& dx) {
  nn::run_backward_data(nn::kept_convolution<ConvolutionPass::kBackwardData>(s), dy, weight, dx);
}

// → gradients of weight (in its shape) and bias.
std::pair<Tensor, Tensor> run_backward_weights(const Shape& s, const Tensor& x, const Tensor& dy, const Tensor& weight) {
  auto dweight = at::empty_like(weight), dbias = at::empty({s.out}, weight.options());
  nn::run_backward_weights(nn::kept_convolution<ConvolutionPass::kBackwardWeights>(s), x, dy, dweight, dbias);
  return {dweight, dbias};
}

Shape frame_shape(const Tensor& x, const Tensor& weight, int64_t stride, bool wide) {
  int64_t k = weight.size(2);
  return {x.size(0) * x.size(1), x.size(2), x.size(3), x.size(4), weight.size(0), k, k, stride, stride, k / 2, k / 2,
          x.scalar_type() == at::kBFloat16, wide};
}
Shape time_shape(const Tensor& padded, const Tensor& weight, int64_t stride, bool wide) {
  int64_t pixels = padded.size(1) * padded.size(2) * padded.size(3);
  return {1, padded.size(0), pixels, padded.size(4), weight.size(0), 3, 1, stride, 1, 0, 0, padded.scalar_type() == at::kBFloat16, wide};
}
Tensor empty_output(const Shape& s, const Tensor& x, at::IntArrayRef sizes) {
  return at::empty(sizes, x.options().dtype(s.bf16 && !s.wide_out ? at::kBFloat16 : at::kFloat));
}
Tensor narrow(const Tensor& x) { return x.contiguous().to(narrow_type(x)); }

Tensor empty_padded(const Tensor& x, int64_t channels, at::IntArrayRef space) {
  return at::empty({x.size(0) + 2, x.size(1), space[0], space[1], channels}, x.options());
}
void repeat_edges(const Tensor& padded) {
  int64_t T = padded.size(0) - 2;
  padded[0].copy_(padded[1]);
  padded[T + 1].copy_(padded[T]);
}
// The gradient of a repeated frame is that of its copies added; → the gradient without the padding, a view.
Tensor fold_edges(const Tensor& dpadded) {
  int64_t T = dpadded.size(0) - 2;
  dpadded[1].add_(dpadded[0]);
  dpadded[T].add_(dpadded[T + 1]);
  return dpadded.narrow(0, 1, T);
}

struct FrameFunction : torch::autograd::Function<FrameFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Tensor& weight_, const Tensor& bias, int64_t stride, bool wide) {
    auto x = narrow(x_), weight = weight_.contiguous();
    auto s = frame_shape(x, weight, stride, wide);
    auto y = empty_output(s, x, {x.size(0), x.size(1), s.out_h(), s.out_w(), s.out});
    run_forward(s, x, weight, bias, y);
    ctx->save_for_backward({x, weight});
    ctx->saved_data["stride"] = stride;
    ctx->saved_data["wide"] = wide;
    ctx->saved_data["dx"] = x_.requires_grad();
    ctx->saved_data["dw"] = weight_.requires_grad();
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    auto s = frame_shape(x, weight, ctx->saved_data["stride"].toInt(), ctx->saved_data["wide"].toBool());
    auto dy = grads[0].contiguous().to(x.scalar_type());
    Tensor dx;
    std::pair<Tensor, Tensor> dw;
    if (ctx->saved_data["dx"].toBool()) run_backward_data(s, dy, weight, dx = at::empty_like(x));
    if (ctx->saved_data["dw"].toBool()) dw = run_backward_weights(s, x, dy, weight);
    return {dx, dw.first, dw.second, Tensor(), Tensor()};
  }
};

struct TimeFunction : torch::autograd::Function<TimeFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight_, const Tensor& bias, int64_t stride, bool wide) {
    auto weight = weight_.contiguous();
    auto padded = at::empty({x.size(0) + 2, x.size(1), x.size(2), x.size(3), x.size(4)}, x.options().dtype(narrow_type(x)));
    padded.narrow(0, 1, x.size(0)).copy_(x);
    repeat_edges(padded);
    auto s = time_shape(padded, weight, stride, wide);
    auto y = empty_output(s, padded, {s.out_h(), x.size(1), x.size(2), x.size(3), s.out});
    run_forward(s, padded, weight, bias, y);
    ctx->save_for_backward({padded, weight});
    ctx->saved_data["stride"] = stride;
    ctx->saved_data["wide"] = wide;
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &padded = saved[0], &weight = saved[1];
    auto s = time_shape(padded, weight, ctx->saved_data["stride"].toInt(), ctx->saved_data["wide"].toBool());
    auto dy = grads[0].contiguous().to(padded.scalar_type());
    auto dpadded = at::empty_like(padded);
    run_backward_data(s, dy, weight, dpadded);
    auto [dw, db] = run_backward_weights(s, padded, dy, weight);
    return {fold_edges(dpadded), dw, db, Tensor(), Tensor()};
  }
};

struct PairFunction : torch::autograd::Function<PairFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Tensor& fw_, const Tensor& fb, const Tensor& tw_, const Tensor& tb, bool wide) {
    auto x = narrow(x_), fw = fw_.contiguous(), tw = tw_.contiguous();
    auto frames = frame_shape(x, fw, 1, false);
    auto padded = empty_padded(x, frames.out, {x.size(2), x.size(3)});
    run_forward(frames, x, fw, fb, padded[1]);
    repeat_edges(padded);
    auto time = time_shape(padded, tw, 1, wide);
    auto y = empty_output(time, padded, {x.size(0), x.size(1), x.size(2), x.size(3), time.out});
    run_forward(time, padded, tw, tb, y);
    ctx->save_for_backward({x, padded, fw, tw});
    ctx->saved_data["wide"] = wide;
    ctx->saved_data["dx"] = x_.requires_grad();
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &padded = saved[1], &fw = saved[2], &tw = saved[3];
    auto time = time_shape(padded, tw, 1, ctx->saved_data["wide"].toBool());
    auto dy = grads[0].contiguous().to(x.scalar_type());
    auto dpadded = at::empty_like(padded);
    run_backward_data(time, dy, tw, dpadded);
    auto [dtw, dtb] = run_backward_weights(time, padded, dy, tw);
    auto dmiddle = fold_edges(dpadded);
    auto frames = frame_shape(x, fw, 1, false);
    Tensor dx;
    if (ctx->saved_data["dx"].toBool()) run_backward_data(frames, dmiddle, fw, dx = at::empty_like(x));
    auto [dfw, dfb] = run_backward_weights(frames, x, dmiddle, fw);
    return {dx, dfw, dfb, dtw, dtb, Tensor()};
  }
};

Tensor aten_convolution(const Tensor& x_NHWC, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride, at::IntArrayRef padding) {
  auto y = at::conv2d(x_NHWC.permute({0, 3, 1, 2}), weight.contiguous(at::MemoryFormat::ChannelsLast), bias, stride, padding);
  return y.permute({0, 2, 3, 1}).contiguous();
}

}  // namespace

Tensor convolve_frames(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, Width width) {
  check(x.dim() == 5 && x.size(4) == weight.size(1), "frame convolution: {} channels meet a weight for {}", x.size(-1), weight.size(1));
  RECORD_USER_SCOPE("convolve_frames");
  if (nn::takes_onednn(x) && weight.scalar_type() == at::kFloat) return FrameFunction::apply(x, weight, bias, stride, width == Width::kWide);
  int64_t pad = weight.size(2) / 2;
  auto y = aten_convolution(x.reshape({x.size(0) * x.size(1), x.size(2), x.size(3), x.size(4)}), weight, bias, {stride, stride}, {pad, pad});
  return y.view({x.size(0), x.size(1), y.size(1), y.size(2), y.size(3)});
}

Tensor convolve_time(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, Width width) {
  check(x.dim() == 5 && x.size(4) == weight.size(1), "time convolution: {} channels meet a weight for {}", x.size(-1), weight.size(1));
  int64_t T = x.size(0);
  if (T == 1)  // a repeated frame meets the sum of the taps
    return convolve_frames(x, weight.sum(2).view({weight.size(0), weight.size(1), 1, 1}), bias, 1, width);
  RECORD_USER_SCOPE("convolve_time");
  if (nn::takes_onednn(x) && weight.scalar_type() == at::kFloat) return TimeFunction::apply(x, weight, bias, stride, width == Width::kWide);
  auto padded = at::cat({x.narrow(0, 0, 1), x, x.narrow(0, T - 1, 1)}, 0);
  auto y = aten_convolution(padded.view({1, T + 2, x.size(1) * x.size(2) * x.size(3), x.size(4)}), weight.unsqueeze(3), bias, {stride, 1}, {0, 0});
  return y.view({y.size(1), x.size(1), x.size(2), x.size(3), y.size(3)});
}

Tensor convolve_pair(const Tensor& x, const Tensor& fw, const Tensor& fb, const Tensor& tw, const Tensor& tb, Width width) {
  bool fast = nn::takes_onednn(x) && fw.scalar_type() == at::kFloat && x.size(0) > 1;
  RECORD_USER_SCOPE("convolve_pair");
  if (fast) return PairFunction::apply(x, fw, fb, tw, tb, width == Width::kWide);
  return convolve_time(convolve_frames(x, fw, fb, 1, Width::kNarrow), tw, tb, 1, width);
}

}  // namespace mg::tae
