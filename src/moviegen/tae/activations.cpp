#include "moviegen/tae/activations.h"

#include <bit>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/nn/kernels.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::tae {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Half = uint16_t;  // bf16 bits

[[gnu::always_inline]] inline float load(float x) { return x; }
[[gnu::always_inline]] inline float load(Half x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }
[[gnu::always_inline]] inline void store(float x, float& out) { out = x; }
[[gnu::always_inline]] inline void store(float x, Half& out) {  // to nearest, ties to even
  uint32_t bits = std::bit_cast<uint32_t>(x);
  out = static_cast<Half>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
[[gnu::always_inline]] inline float sigmoid(float x) { return 1.0f / (1.0f + nn::fast_exp(-x)); }

template <class X, class Y>
[[gnu::always_inline]] inline void forward_rows(const X* x, const float* weight, Y* y, float* inverse, int64_t rows, int64_t width, float eps) {
  for (int64_t r = 0; r < rows; ++r, x += width, y += width) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t c = 0; c < width; ++c) sum += load(x[c]) * load(x[c]);
    float inv = 1.0f / std::sqrt(sum / static_cast<float>(width) + eps);
    inverse[r] = inv;
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) {
      float n = load(x[c]) * inv * weight[c];
      store(n * sigmoid(n), y[c]);
    }
  }
}

// `u` is scratch of `width`; adds to dweight.
template <class X, class Y>
[[gnu::always_inline]] inline void backward_rows(const Y* g, const X* x, const float* weight, const float* inverse, X* dx, float* dweight,
                                                 float* u, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, x += width, g += width, dx += width) {
    float inv = inverse[r], dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t c = 0; c < width; ++c) {
      float scaled = load(x[c]) * inv, n = scaled * weight[c], s = sigmoid(n);
      float dn = load(g[c]) * (s + n * s * (1.0f - s));
      dweight[c] += dn * scaled;
      u[c] = dn * weight[c];
      dot += u[c] * load(x[c]);
    }
    float pull = dot * inv * inv * inv / static_cast<float>(width);
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) store(u[c] * inv - load(x[c]) * pull, dx[c]);
  }
}

// One named clone per pair of types: target_clones does not take templates.
MG_KERNEL void forward_ff(const float* x, const float* w, float* y, float* i, int64_t r, int64_t c, float e) { forward_rows(x, w, y, i, r, c, e); }
MG_KERNEL void forward_fh(const float* x, const float* w, Half* y, float* i, int64_t r, int64_t c, float e) { forward_rows(x, w, y, i, r, c, e); }
MG_KERNEL void forward_hh(const Half* x, const float* w, Half* y, float* i, int64_t r, int64_t c, float e) { forward_rows(x, w, y, i, r, c, e); }
MG_KERNEL void backward_ff(const float* g, const float* x, const float* w, const float* i, float* dx, float* dw, float* u, int64_t r, int64_t c) {
  backward_rows(g, x, w, i, dx, dw, u, r, c);
}
MG_KERNEL void backward_fh(const Half* g, const float* x, const float* w, const float* i, float* dx, float* dw, float* u, int64_t r, int64_t c) {
  backward_rows(g, x, w, i, dx, dw, u, r, c);
}
MG_KERNEL void backward_hh(const Half* g, const Half* x, const float* w, const float* i, Half* dx, float* dw, float* u, int64_t r, int64_t c) {
  backward_rows(g, x, w, i, dx, dw, u, r, c);
}
MG_KERNEL void add_rows(const float* x, const Half* y, float* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[i] = x[i] + load(y[i]);
}

bool is_bf16(const Tensor& x) { return x.scalar_type() == at::kBFloat16; }
const Half* half(const Tensor& x) { return reinterpret_cast<const Half*>(x.data_ptr<at::BFloat16>()); }
Half* half_out(const Tensor& x) { return reinterpret_cast<Half*>(x.data_ptr<at::BFloat16>()); }

// Rows in even parts; a part is one thread's work, and has its own sum of dweight so that the total keeps its order.
struct Parts {
  explicit Parts(int64_t all) : rows(all), count(std::min<int64_t>(all, 4 * at::get_num_threads())), size((all + count - 1) / count) {}
  int64_t rows, count, size;
  int64_t begin(int64_t i) const { return std::min(i * size, rows); }
  int64_t length(int64_t i) const { return std::min(begin(i) + size, rows) - begin(i); }
};

struct NormSiluFunction : torch::autograd::Function<NormSiluFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Tensor& weight, double eps) {
    auto x = x_.contiguous();
    auto y = at::empty(x.sizes(), x.options().dtype(narrow_type(x)));
    int64_t width = x.size(-1);
    Parts parts(x.numel() / width);
    auto inverse = at::empty({parts.rows}, weight.options());
    const float* w = weight.data_ptr<float>();
    float *i = inverse.data_ptr<float>(), e = static_cast<float>(eps);
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < parts.count; ++p) {
      int64_t at = parts.begin(p), n = parts.length(p), from = at * width;
      if (is_bf16(x)) forward_hh(half(x) + from, w, half_out(y) + from, i + at, n, width, e);
      else if (is_bf16(y)) forward_fh(x.data_ptr<float>() + from, w, half_out(y) + from, i + at, n, width, e);
      else forward_ff(x.data_ptr<float>() + from, w, y.data_ptr<float>() + from, i + at, n, width, e);
    }
    ctx->save_for_backward({x, weight, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &inverse = saved[2];
    auto g = grads[0].contiguous(), dx = at::empty_like(x);
    int64_t width = x.size(-1);
    Parts parts(x.numel() / width);
    auto dweight = at::zeros({parts.count, width}, weight.options()), scratch = at::empty({parts.count, width}, weight.options());
    const float *w = weight.data_ptr<float>(), *i = inverse.data_ptr<float>();
    float *dw = dweight.data_ptr<float>(), *u = scratch.data_ptr<float>();
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < parts.count; ++p) {
      int64_t at = parts.begin(p), n = parts.length(p), from = at * width, own = p * width;
      if (is_bf16(x)) backward_hh(half(g) + from, half(x) + from, w, i + at, half_out(dx) + from, dw + own, u + own, n, width);
      else if (is_bf16(g)) backward_fh(half(g) + from, x.data_ptr<float>() + from, w, i + at, dx.data_ptr<float>() + from, dw + own, u + own, n, width);
      else backward_ff(g.data_ptr<float>() + from, x.data_ptr<float>() + from, w, i + at, dx.data_ptr<float>() + from, dw + own, u + own, n, width);
    }
    return {dx, dweight.sum(0), Tensor()};
  }
};

struct AddFunction : torch::autograd::Function<AddFunction> {
  static Tensor forward(AutogradContext*, const Tensor& x_, const Tensor& y_) {
    auto x = x_.contiguous(), y = y_.contiguous(), out = at::empty_like(x);
    constexpr int64_t kChunk = 1 << 14;
    int64_t n = x.numel();
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i += kChunk)
      add_rows(x.data_ptr<float>() + i, half(y) + i, out.data_ptr<float>() + i, std::min(kChunk, n - i));
    return out;
  }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0], grads[0].to(at::kBFloat16)}; }
};

}  // namespace

Tensor norm_silu(const Tensor& x, const Tensor& weight, double eps) {
  RECORD_USER_SCOPE("norm_silu");
  if (nn::takes_onednn(x) && weight.scalar_type() == at::kFloat) return NormSiluFunction::apply(x, weight, eps);
  return at::silu(nn::rms_norm(x, weight, eps));
}

Tensor add_residual(const Tensor& x, const Tensor& y) {
  bool mixed = nn::takes_onednn(x) && x.scalar_type() == at::kFloat && is_bf16(y);
  RECORD_USER_SCOPE("add_residual");
  return mixed ? AddFunction::apply(x, y) : x + y;
}

}  // namespace mg::tae
