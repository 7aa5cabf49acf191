// SwiGLU and the depthwise token convolution inside the feed-forward.
#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

MG_KERNEL void swiglu_row(const float* x, float* y, int64_t f) {
#pragma omp simd
  for (int64_t i = 0; i < f; ++i) y[i] = x[i] / (1.0f + fast_exp(-x[i])) * x[f + i];
}

MG_KERNEL void swiglu_row_backward(const float* g, const float* x, float* dx, int64_t f) {
#pragma omp simd
  for (int64_t i = 0; i < f; ++i) {
    float a = x[i], s = 1.0f / (1.0f + fast_exp(-a));
    dx[i] = g[i] * x[f + i] * s * (1.0f + a * (1.0f - s));
    dx[f + i] = g[i] * a * s;
  }
}

struct SwigluFunction : torch::autograd::Function<SwigluFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_) {
    auto x = x_.contiguous();
    auto shape = x.sizes().vec();
    shape.back() /= 2;
    auto y = at::empty(shape, x.options());
    int64_t f = shape.back(), rows = y.numel() / std::max<int64_t>(f, 1);
    const float* xp = x.data_ptr<float>();
    float* yp = y.data_ptr<float>();
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; ++r) swiglu_row(xp + r * 2 * f, yp + r * f, f);
    ctx->save_for_backward({x});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto x = ctx->get_saved_variables()[0];
    auto g = grads[0].contiguous();
    auto dx = at::empty_like(x);
    int64_t f = g.size(-1), rows = g.numel() / std::max<int64_t>(f, 1);
    const float *gp = g.data_ptr<float>(), *xp = x.data_ptr<float>();
    float* dp = dx.data_ptr<float>();
#pragma omp parallel for schedule(static)
    for (int64_t r = 0; r < rows; ++r) swiglu_row_backward(gp + r * f, xp + r * 2 * f, dp + r * 2 * f, f);
    return {dx};
  }
};

struct Grid {
  int64_t B, T, H, W, F;
};
constexpr int64_t kBlock = 64;  // channels of one task: a row of every tap stays in L1

// Calls visit(tap, source position, target position) for every pair a 3×3×3 kernel joins inside the grid.
template <class Visit>
[[gnu::always_inline]] inline void for_each_tap(const Grid& g, int64_t b, int64_t t, int64_t h, int64_t w, Visit visit) {
  for (int64_t kt = t > 0 ? -1 : 0; kt <= (t + 1 < g.T ? 1 : 0); ++kt)
    for (int64_t kh = h > 0 ? -1 : 0; kh <= (h + 1 < g.H ? 1 : 0); ++kh)
      for (int64_t kw = w > 0 ? -1 : 0; kw <= (w + 1 < g.W ? 1 : 0); ++kw)
        visit((kt + 1) * 9 + (kh + 1) * 3 + kw + 1, (((b * g.T + t + kt) * g.H + h + kh) * g.W + w + kw) * g.F);
}

// y = conv(x, weight); with `flip` the taps are mirrored, which makes it the gradient with respect to x.
MG_KERNEL void depthwise_block(const float* x, const float* weight, float* y, const Grid& g, int64_t begin, int64_t count, bool flip) {
  float sum[kBlock];
  for (int64_t b = 0; b < g.B; ++b)
    for (int64_t t = 0; t < g.T; ++t)
      for (int64_t h = 0; h < g.H; ++h)
        for (int64_t w = 0; w < g.W; ++w) {
          for (int64_t i = 0; i < kBlock; ++i) sum[i] = 0;
          for_each_tap(g, b, t, h, w, [&](int64_t tap, int64_t at) __attribute__((always_inline)) {
            const float *source = x + at + begin, *k = weight + (flip ? 26 - tap : tap) * g.F + begin;
            if (count == kBlock) {
#pragma omp simd
              for (int64_t i = 0; i < kBlock; ++i) sum[i] += source[i] * k[i];
            } else {
              for (int64_t i = 0; i < count; ++i) sum[i] += source[i] * k[i];
            }
          });
          float* out = y + (((b * g.T + t) * g.H + h) * g.W + w) * g.F + begin;
          for (int64_t i = 0; i < count; ++i) out[i] = sum[i];
        }
}

MG_KERNEL void depthwise_block_weight(const float* grad, const float* x, float* dweight, const Grid& g, int64_t begin, int64_t count) {
  float sum[27][kBlock] = {};
  for (int64_t b = 0; b < g.B; ++b)
    for (int64_t t = 0; t < g.T; ++t)
      for (int64_t h = 0; h < g.H; ++h)
        for (int64_t w = 0; w < g.W; ++w) {
          const float* out = grad + (((b * g.T + t) * g.H + h) * g.W + w) * g.F + begin;
          for_each_tap(g, b, t, h, w, [&](int64_t tap, int64_t at) __attribute__((always_inline)) {
            const float* source = x + at + begin;
            float* k = sum[tap];
            if (count == kBlock) {
#pragma omp simd
              for (int64_t i = 0; i < kBlock; ++i) k[i] += source[i] * out[i];
            } else {
              for (int64_t i = 0; i < count; ++i) k[i] += source[i] * out[i];
            }
          });
        }
  for (int64_t tap = 0; tap < 27; ++tap)
    for (int64_t i = 0; i < count; ++i) dweight[tap * g.F + begin + i] = sum[tap][i];
}

struct DepthwiseFunction : torch::autograd::Function<DepthwiseFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Tensor& weight_) {
    auto x = x_.contiguous(), weight = weight_.contiguous();
    ctx->save_for_backward({x, weight});
    return run(x, weight, false);
  }
  static Tensor run(const Tensor& x, const Tensor& weight, bool flip) {
    Grid g{x.size(0), x.size(1), x.size(2), x.size(3), x.size(4)};
    auto y = at::empty_like(x);
    const float *xp = x.data_ptr<float>(), *wp = weight.data_ptr<float>();
    float* yp = y.data_ptr<float>();
#pragma omp parallel for schedule(dynamic)
    for (int64_t begin = 0; begin < g.F; begin += kBlock) depthwise_block(xp, wp, yp, g, begin, std::min(kBlock, g.F - begin), flip);
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    auto grad = grads[0].contiguous();
    const Tensor& x = saved[0];
    Grid g{x.size(0), x.size(1), x.size(2), x.size(3), x.size(4)};
    auto dweight = at::empty_like(saved[1]);
    const float *gp = grad.data_ptr<float>(), *xp = x.data_ptr<float>();
    float* dp = dweight.data_ptr<float>();
#pragma omp parallel for schedule(dynamic)
    for (int64_t begin = 0; begin < g.F; begin += kBlock) depthwise_block_weight(gp, xp, dp, g, begin, std::min(kBlock, g.F - begin));
    return {run(grad, saved[1], true), dweight};
  }
};

}  // namespace

Tensor swiglu(const Tensor& x) {
  if (takes_fast_path(x)) return SwigluFunction::apply(x);
  auto parts = x.chunk(2, -1);
  return at::silu(parts[0]) * parts[1];
}

Tensor depthwise_conv(const Tensor& x, const Tensor& weight) {
  if (takes_fast_path(x)) return DepthwiseFunction::apply(x, weight);
  int64_t f = x.size(4);
  auto kernel = weight.view({3, 3, 3, f}).permute({3, 0, 1, 2}).unsqueeze(1);
  return at::conv3d(x.permute({0, 4, 1, 2, 3}), kernel, {}, 1, 1, 1, f).permute({0, 2, 3, 4, 1});
}

}  // namespace mg::nn
