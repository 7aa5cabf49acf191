#include "moviegen/nn/snake.h"

#include "moviegen/core/error.h"
#include "moviegen/nn/bf16.h"
#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr float kEps = 1e-9f;

// sin v and cos v up to a common sign, which squares and products do not see. To 1e-7 for |v| < 1e5; the sign is lost because
// v is reduced by multiples of π to [−π/2, π/2].
struct SineCosine {
  float sine, cosine;
};
[[gnu::always_inline]] inline SineCosine half_turn(float v) {
  constexpr float kRounder = 12582912.0f;  // 1.5 · 2^23: adding and taking it away rounds to a whole number
  float whole = (v * 0.318309886f + kRounder) - kRounder;
  float r = v - whole * 3.140625f - whole * 9.67653589793e-4f, q = r * r;  // π in two parts
  float s = -2.50521084e-8f;
  s = s * q + 2.75573192e-6f;
  s = s * q - 1.98412698e-4f;
  s = s * q + 8.33333333e-3f;
  s = s * q - 1.66666667e-1f;
  float c = 2.08767570e-9f;
  c = c * q - 2.75573192e-7f;
  c = c * q + 2.48015873e-5f;
  c = c * q - 1.38888889e-3f;
  c = c * q + 4.16666667e-2f;
  c = c * q - 0.5f;
  return {s * q * r + r, c * q + 1.0f};
}

template <class X, class Y>
[[gnu::always_inline]] inline void forward_rows(const X* x, const float* alpha, const float* inverse, Y* y, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, x += width, y += width) {
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) {
      float value = load_float(x[c]), s = half_turn(alpha[c] * value).sine;
      store_float(value + s * s * inverse[c], y[c]);
    }
  }
}

// dy/dx = 1 + α/(α+ε)·sin 2v, dy/dα = x·sin 2v/(α+ε) − sin² v/(α+ε)², v = αx. Adds to dalpha.
template <class X, class Y>
[[gnu::always_inline]] inline void backward_rows(const Y* g, const X* x, const float* alpha, const float* inverse, X* dx, float* dalpha,
                                                 int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, x += width, g += width, dx += width) {
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) {
      float value = load_float(x[c]), grad = load_float(g[c]);
      auto [s, co] = half_turn(alpha[c] * value);
      float twice = 2.0f * s * co * inverse[c];
      store_float(grad * (1.0f + alpha[c] * twice), dx[c]);
      dalpha[c] += grad * (value * twice - s * s * inverse[c] * inverse[c]);
    }
  }
}

// One named clone per pair of types: target_clones does not take templates.
MG_KERNEL void forward_ff(const float* x, const float* a, const float* i, float* y, int64_t r, int64_t c) { forward_rows(x, a, i, y, r, c); }
MG_KERNEL void forward_fh(const float* x, const float* a, const float* i, Bf16* y, int64_t r, int64_t c) { forward_rows(x, a, i, y, r, c); }
MG_KERNEL void forward_hh(const Bf16* x, const float* a, const float* i, Bf16* y, int64_t r, int64_t c) { forward_rows(x, a, i, y, r, c); }
MG_KERNEL void forward_hf(const Bf16* x, const float* a, const float* i, float* y, int64_t r, int64_t c) { forward_rows(x, a, i, y, r, c); }
MG_KERNEL void backward_ff(const float* g, const float* x, const float* a, const float* i, float* dx, float* da, int64_t r, int64_t c) {
  backward_rows(g, x, a, i, dx, da, r, c);
}
MG_KERNEL void backward_fh(const Bf16* g, const float* x, const float* a, const float* i, float* dx, float* da, int64_t r, int64_t c) {
  backward_rows(g, x, a, i, dx, da, r, c);
}
MG_KERNEL void backward_hh(const Bf16* g, const Bf16* x, const float* a, const float* i, Bf16* dx, float* da, int64_t r, int64_t c) {
  backward_rows(g, x, a, i, dx, da, r, c);
}
MG_KERNEL void backward_hf(const float* g, const Bf16* x, const float* a, const float* i, Bf16* dx, float* da, int64_t r, int64_t c) {
  backward_rows(g, x, a, i, dx, da, r, c);
}

bool is_bf16(const Tensor& x) { return x.scalar_type() == at::kBFloat16; }

// Rows in even parts; a part is one thread's work, and has its own sum of dalpha so that the total keeps its order.
struct Parts {
  explicit Parts(int64_t all) : rows(all), count(std::min<int64_t>(all, 4 * at::get_num_threads())), size((all + count - 1) / count) {}
  int64_t rows, count, size;
  int64_t begin(int64_t i) const { return std::min(i * size, rows); }
  int64_t length(int64_t i) const { return std::min(begin(i) + size, rows) - begin(i); }
};

struct SnakeFunction : torch::autograd::Function<SnakeFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Tensor& alpha_, bool narrow) {
    auto x = x_.contiguous(), alpha = alpha_.contiguous(), inverse = (alpha + kEps).reciprocal();
    auto y = at::empty(x.sizes(), x.options().dtype(narrow ? narrow_type(x) : at::kFloat));
    int64_t width = x.size(2);
    const float *a = alpha.data_ptr<float>(), *i = inverse.data_ptr<float>();
    Parts parts(x.numel() / width);
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < parts.count; ++p) {
      int64_t from = parts.begin(p) * width, n = parts.length(p);
      if (is_bf16(x) && is_bf16(y)) forward_hh(bf16_data(x) + from, a, i, bf16_data(y) + from, n, width);
      else if (is_bf16(x)) forward_hf(bf16_data(x) + from, a, i, y.data_ptr<float>() + from, n, width);
      else if (is_bf16(y)) forward_fh(x.data_ptr<float>() + from, a, i, bf16_data(y) + from, n, width);
      else forward_ff(x.data_ptr<float>() + from, a, i, y.data_ptr<float>() + from, n, width);
    }
    ctx->save_for_backward({x, alpha, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &alpha = saved[1];
    auto g = grads[0].contiguous(), dx = at::empty_like(x);
    int64_t width = x.size(2);
    Parts parts(x.numel() / width);
    auto dalpha = at::zeros({parts.count, width}, alpha.options());
    const float *a = alpha.data_ptr<float>(), *i = saved[2].data_ptr<float>();
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < parts.count; ++p) {
      int64_t from = parts.begin(p) * width, n = parts.length(p);
      float* da = dalpha.data_ptr<float>() + p * width;
      if (is_bf16(x) && is_bf16(g)) backward_hh(bf16_data(g) + from, bf16_data(x) + from, a, i, bf16_data(dx) + from, da, n, width);
      else if (is_bf16(x)) backward_hf(g.data_ptr<float>() + from, bf16_data(x) + from, a, i, bf16_data(dx) + from, da, n, width);
      else if (is_bf16(g)) backward_fh(bf16_data(g) + from, x.data_ptr<float>() + from, a, i, dx.data_ptr<float>() + from, da, n, width);
      else backward_ff(g.data_ptr<float>() + from, x.data_ptr<float>() + from, a, i, dx.data_ptr<float>() + from, da, n, width);
    }
    return {dx, dalpha.sum(0).view(alpha.sizes()), Tensor()};
  }
};

}  // namespace

Tensor snake(const Tensor& x, const Tensor& alpha, Width width) {
  check(x.dim() == 3 && alpha.numel() == x.size(2), "snake: {} channels meet an alpha of {}", x.size(-1), alpha.numel());
  bool ours = takes_fast_path(x) || (is_bf16(x) && x.is_cpu() && compute() != Compute::kAten);
  RECORD_USER_SCOPE("snake");
  if (ours && alpha.scalar_type() == at::kFloat && x.numel() > 0) return SnakeFunction::apply(x, alpha, width == Width::kNarrow);
  auto a = alpha.view({1, 1, -1});
  return x + (a * x).sin().square() / (a + kEps);
}

}  // namespace mg::nn
