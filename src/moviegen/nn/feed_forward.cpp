// SwiGLU and the depthwise token convolution inside the feed-forward.
#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

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
constexpr int64_t kBlock = 32;  // channels of one task: two 512-bit vectors
constexpr int64_t kRun = 8;     // neighbours along a row whose sums stay in registers
using Vec [[gnu::vector_size(64), gnu::aligned(4), gnu::may_alias]] = float;

// A block's channels at one position; a position beyond the row, or a channel beyond the block, is zero.
struct Channels {
  Vec low, high;
};
[[gnu::always_inline]] inline Channels load(const float* at, int64_t count, bool inside = true) {
  if (!inside) return Channels{Vec{}, Vec{}};
  if (count == kBlock) return {*reinterpret_cast<const Vec*>(at), *reinterpret_cast<const Vec*>(at + 16)};
  float some[kBlock] = {};
  for (int64_t i = 0; i < count; ++i) some[i] = at[i];
  return {*reinterpret_cast<const Vec*>(some), *reinterpret_cast<const Vec*>(some + 16)};
}
[[gnu::always_inline]] inline void store(float* at, const Channels& c, int64_t count) {
  if (count == kBlock) {
    *reinterpret_cast<Vec*>(at) = c.low, *reinterpret_cast<Vec*>(at + 16) = c.high;
    return;
  }
  for (int64_t i = 0; i < count; ++i) at[i] = i < 16 ? c.low[i] : c.high[i - 16];
}
[[gnu::always_inline]] inline void add_product(Channels& sum, const Channels& a, const Channels& b) { sum.low += a.low * b.low, sum.high += a.high * b.high; }

// Calls visit(first of the row's three taps, first value of the row) for every row of the grid that the kernel joins with row (t, h).
template <class Visit>
[[gnu::always_inline]] inline void for_each_row(const Grid& g, int64_t b, int64_t t, int64_t h, Visit visit) {
  for (int64_t kt = t > 0 ? -1 : 0; kt <= (t + 1 < g.T ? 1 : 0); ++kt)
    for (int64_t kh = h > 0 ? -1 : 0; kh <= (h + 1 < g.H ? 1 : 0); ++kh)
      visit((kt + 1) * 9 + (kh + 1) * 3, ((b * g.T + t + kt) * g.H + h + kh) * g.W * g.F);
}

// y = conv(x, weight); with `flip` the taps are mirrored, which makes it the gradient with respect to x.
[[gnu::always_inline]] inline void depthwise(const float* x, const float* weight, float* y, const Grid& g, int64_t begin, int64_t count, bool flip) {
  for (int64_t b = 0; b < g.B; ++b)
    for (int64_t t = 0; t < g.T; ++t)
      for (int64_t h = 0; h < g.H; ++h)
        for (int64_t w = 0; w < g.W; w += kRun) {
          Channels sum[kRun] = {};
          for_each_row(g, b, t, h, [&](int64_t tap, int64_t row) __attribute__((always_inline)) {
            Channels k[3];
            for (int64_t i = 0; i < 3; ++i) k[i] = load(weight + (flip ? 26 - tap - i : tap + i) * g.F + begin, count);
#pragma GCC unroll 10
            for (int64_t i = -1; i <= kRun; ++i) {
              auto source = load(x + row + (w + i) * g.F + begin, count, w + i >= 0 && w + i < g.W);
              if (i + 1 < kRun) add_product(sum[i + 1], source, k[0]);
              if (i >= 0 && i < kRun) add_product(sum[i], source, k[1]);
              if (i > 0) add_product(sum[i - 1], source, k[2]);
            }
          });
          float* out = y + (((b * g.T + t) * g.H + h) * g.W + w) * g.F + begin;
          for (int64_t i = 0; i < std::min(kRun, g.W - w); ++i) store(out + i * g.F, sum[i], count);
        }
}

MG_KERNEL void depthwise_block(const float* x, const float* weight, float* y, const Grid& g, int64_t begin, int64_t count, bool flip) {
  count == kBlock ? depthwise(x, weight, y, g, begin, kBlock, flip) : depthwise(x, weight, y, g, begin, count, flip);
}

[[gnu::always_inline]] inline void depthwise_weight(const float* grad, const float* x, float* dweight, const Grid& g, int64_t begin, int64_t count) {
  Channels sum[27] = {};
  for (int64_t b = 0; b < g.B; ++b)
    for (int64_t t = 0; t < g.T; ++t)
      for (int64_t h = 0; h < g.H; ++h)
        for (int64_t w = 0; w < g.W; w += kRun) {
          Channels out[kRun];
          const float* from = grad + (((b * g.T + t) * g.H + h) * g.W + w) * g.F + begin;
          for (int64_t i = 0; i < kRun; ++i) out[i] = load(from + i * g.F, count, w + i < g.W);
          for_each_row(g, b, t, h, [&](int64_t tap, int64_t row) __attribute__((always_inline)) {
            Channels k[3] = {sum[tap], sum[tap + 1], sum[tap + 2]};
#pragma GCC unroll 10
            for (int64_t i = -1; i <= kRun; ++i) {
              auto source = load(x + row + (w + i) * g.F + begin, count, w + i >= 0 && w + i < g.W);
              if (i + 1 < kRun) add_product(k[0], source, out[i + 1]);
              if (i >= 0 && i < kRun) add_product(k[1], source, out[i]);
              if (i > 0) add_product(k[2], source, out[i - 1]);
            }
            for (int64_t i = 0; i < 3; ++i) sum[tap + i] = k[i];
          });
        }
  for (int64_t tap = 0; tap < 27; ++tap) store(dweight + tap * g.F + begin, sum[tap], count);
}

MG_KERNEL void depthwise_block_weight(const float* grad, const float* x, float* dweight, const Grid& g, int64_t begin, int64_t count) {
  count == kBlock ? depthwise_weight(grad, x, dweight, g, begin, kBlock) : depthwise_weight(grad, x, dweight, g, begin, count);
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
  RECORD_USER_SCOPE("swiglu");
  if (takes_fast_path(x)) return SwigluFunction::apply(x);
  auto parts = x.chunk(2, -1);
  return at::silu(parts[0]) * parts[1];
}

Tensor depthwise_conv(const Tensor& x, const Tensor& weight) {
  RECORD_USER_SCOPE("depthwise_conv");
  if (takes_fast_path(x)) return DepthwiseFunction::apply(x, weight);
  int64_t f = x.size(4);
  auto kernel = weight.view({3, 3, 3, f}).permute({3, 0, 1, 2}).unsqueeze(1);
  return at::conv3d(x.permute({0, 4, 1, 2, 3}), kernel, {}, 1, 1, 1, f).permute({0, 2, 3, 4, 1});
}

}  // namespace mg::nn
