// Fused attention. A tile of query rows at a time holds its logits against all keys in cache; forward keeps only the
// log-sum-exp of each row, and backward makes the logits again. One task = one head of one batch item.
#include <cmath>
#include <vector>

#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = c10::optional<Tensor>;  // Function::apply takes no undefined tensors

constexpr int64_t kTile = 96;  // query rows
constexpr int64_t kPanel = 32;  // columns of one micro kernel: two 512-bit vectors
constexpr float kMasked = -1e30f;
using Vec [[gnu::vector_size(64), gnu::aligned(4), gnu::may_alias]] = float;

int64_t padded(int64_t n) { return (n + kPanel - 1) / kPanel * kPanel; }

// C[rows × 32] = or += A·B over k; A has strides (row, column), B and C are row-major with width ldb, ldc.
template <int kRows>
[[gnu::always_inline]] inline void micro(const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t ldb, float* c,
                                         int64_t ldc, int64_t k, bool accumulate) {
  Vec sum[kRows][2];
  for (int r = 0; r < kRows; ++r)
    for (int j = 0; j < 2; ++j) sum[r][j] = accumulate ? *reinterpret_cast<const Vec*>(c + r * ldc + 16 * j) : Vec{};
  for (int64_t i = 0; i < k; ++i) {
    Vec b0 = *reinterpret_cast<const Vec*>(b + i * ldb), b1 = *reinterpret_cast<const Vec*>(b + i * ldb + 16);
    for (int r = 0; r < kRows; ++r) {
      float scalar = a[r * a_row + i * a_column];
      sum[r][0] += b0 * scalar;
      sum[r][1] += b1 * scalar;
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int j = 0; j < 2; ++j) *reinterpret_cast<Vec*>(c + r * ldc + 16 * j) = sum[r][j];
}

// C[m×n] = or += A[m×k]·B[k×n]; n a multiple of 32.
MG_KERNEL void small_product(const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t ldb, float* c, int64_t ldc,
                             int64_t m, int64_t k, int64_t n, bool accumulate) {
  for (int64_t j = 0; j < n; j += kPanel) {
    int64_t i = 0;
    for (; i + 8 <= m; i += 8) micro<8>(a + i * a_row, a_row, a_column, b + j, ldb, c + i * ldc + j, ldc, k, accumulate);
    for (; i + 2 <= m; i += 2) micro<2>(a + i * a_row, a_row, a_column, b + j, ldb, c + i * ldc + j, ldc, k, accumulate);
    for (; i < m; ++i) micro<1>(a + i * a_row, a_row, a_column, b + j, ldb, c + i * ldc + j, ldc, k, accumulate);
  }
}

// One row of logits → probabilities in place; returns log-sum-exp. `bias` may be null, `mask` (additive) may be null.
MG_KERNEL float softmax_row(float* row, const float* bias, const float* mask, int64_t length, int64_t width, float scale) {
  float top = kMasked;
  for (int64_t i = 0; i < length; ++i) row[i] *= scale;
  if (bias)
    for (int64_t i = 0; i < length; ++i) row[i] += bias[i];
  if (mask)
    for (int64_t i = 0; i < length; ++i) row[i] += mask[i];
#pragma omp simd reduction(max : top)
  for (int64_t i = 0; i < length; ++i) top = row[i] > top ? row[i] : top;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < length; ++i) {
    row[i] = fast_exp(row[i] - top);
    sum += row[i];
  }
  float inverse = top <= kMasked * 0.5f ? 0.0f : 1.0f / sum;  // all keys masked: attend to nothing
  for (int64_t i = 0; i < length; ++i) row[i] *= inverse;
  for (int64_t i = length; i < width; ++i) row[i] = 0;
  return top + std::log(sum);
}

// The same probabilities from the kept log-sum-exp.
MG_KERNEL void probabilities_row(float* row, const float* bias, const float* mask, float lse, int64_t length, int64_t width, float scale) {
  if (lse <= kMasked * 0.5f) lse = -kMasked;
  for (int64_t i = 0; i < length; ++i) row[i] *= scale;
  if (bias)
    for (int64_t i = 0; i < length; ++i) row[i] += bias[i];
  if (mask)
    for (int64_t i = 0; i < length; ++i) row[i] += mask[i];
#pragma omp simd
  for (int64_t i = 0; i < length; ++i) row[i] = row[i] - lse < -87.0f ? 0.0f : fast_exp(row[i] - lse);
  for (int64_t i = length; i < width; ++i) row[i] = 0;
}

// scale · dS with dS = P∘(dP − Σ dP∘P), left in dp; dS itself is added to dbias, which may be null.
MG_KERNEL void softmax_row_backward(const float* p, float* dp, float* dbias, int64_t length, int64_t width, float scale) {
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t i = 0; i < length; ++i) dot += dp[i] * p[i];
#pragma omp simd
  for (int64_t i = 0; i < length; ++i) dp[i] = p[i] * (dp[i] - dot);
  if (dbias)
    for (int64_t i = 0; i < length; ++i) dbias[i] += dp[i];
  for (int64_t i = 0; i < length; ++i) dp[i] *= scale;
  for (int64_t i = length; i < width; ++i) dp[i] = 0;
}

struct Head {  // one head's matrix: rows `step` floats apart
  float* data;
  int64_t step;
};

Head head_of(const Tensor& x_BSNK, int64_t b, int64_t n) {
  return {x_BSNK.data_ptr<float>() + b * x_BSNK.stride(0) + n * x_BSNK.stride(2), x_BSNK.stride(1)};
}

// One exchange of a 16×16 transpose: the off-diagonal blocks of size kStep swap places.
template <int kStep>
[[gnu::always_inline]] inline void swap_blocks(Vec (&rows)[16]) {
  using Mask [[gnu::vector_size(64)]] = int;
  Mask low{}, high{};
  for (int j = 0; j < 16; ++j) low[j] = j & kStep ? 16 + j - kStep : j, high[j] = j & kStep ? 16 + j : j + kStep;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    if (i & kStep) continue;
    Vec a = rows[i], b = rows[i + kStep];
    rows[i] = __builtin_shuffle(a, b, low);
    rows[i + kStep] = __builtin_shuffle(a, b, high);
  }
}

// `rows` rows of width k (a multiple of 16) to k rows of width ld, zero beyond `rows`.
MG_KERNEL void pack_transposed(const float* from, int64_t step, int64_t rows, int64_t k, float* out, int64_t ld) {
  int64_t r = 0;
  for (; r + 16 <= rows; r += 16)
    for (int64_t i = 0; i < k; i += 16) {
      Vec block[16];
#pragma GCC unroll 16
      for (int j = 0; j < 16; ++j) block[j] = *reinterpret_cast<const Vec*>(from + (r + j) * step + i);
      swap_blocks<1>(block), swap_blocks<2>(block), swap_blocks<4>(block), swap_blocks<8>(block);
#pragma GCC unroll 16
      for (int j = 0; j < 16; ++j) *reinterpret_cast<Vec*>(out + (i + j) * ld + r) = block[j];
    }
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = r; j < rows; ++j) out[i * ld + j] = from[j * step + i];
    for (int64_t j = rows; j < ld; ++j) out[i * ld + j] = 0;
  }
}

struct Shape {
  int64_t B, S, L, N, K, Lp;
  Shape(const Tensor& q, const Tensor& k) : B(q.size(0)), S(q.size(1)), L(k.size(1)), N(q.size(2)), K(q.size(3)), Lp(padded(L)) {}
  double product_flops() const { return 2.0 * static_cast<double>(B * N) * static_cast<double>(S * L * K); }  // of q·kᵀ
};

Tensor rows_dense(const Tensor& x) { return x.stride(3) == 1 ? x : x.contiguous(); }

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  // mask [B,L] additive f32 or undefined; bias [N,S,L] contiguous or undefined.
  static Tensor forward(AutogradContext* ctx, const Tensor& q_, const Tensor& k_, const Tensor& v_, const Optional& mask_,
                        const Optional& bias_, double scale) {
    Tensor mask = mask_.value_or(Tensor()), bias = bias_.value_or(Tensor());
    auto q = rows_dense(q_), k = rows_dense(k_), v = rows_dense(v_);
    Shape s(q, k);
    auto out = at::empty({s.B, s.S, s.N, s.K}, q.options()), lse = at::empty({s.B, s.N, s.S}, q.options());
    float* lse_data = lse.data_ptr<float>();
    count_flops(2 * s.product_flops());
#pragma omp parallel
    {
      std::vector<float> keys(s.K * s.Lp), logits(kTile * s.Lp);
#pragma omp for collapse(2) schedule(dynamic)
      for (int64_t b = 0; b < s.B; ++b)
        for (int64_t n = 0; n < s.N; ++n) {
          Head query = head_of(q, b, n), key = head_of(k, b, n), value = head_of(v, b, n), result = head_of(out, b, n);
          pack_transposed(key.data, key.step, s.L, s.K, keys.data(), s.Lp);
          const float* mask_row = mask.defined() ? mask.data_ptr<float>() + b * s.L : nullptr;
          for (int64_t begin = 0; begin < s.S; begin += kTile) {
            int64_t rows = std::min(kTile, s.S - begin);
            small_product(query.data + begin * query.step, query.step, 1, keys.data(), s.Lp, logits.data(), s.Lp, rows, s.K, s.Lp, false);
            for (int64_t r = 0; r < rows; ++r) {
              const float* bias_row = bias.defined() ? bias.data_ptr<float>() + (n * s.S + begin + r) * s.L : nullptr;
              lse_data[(b * s.N + n) * s.S + begin + r] =
                  softmax_row(logits.data() + r * s.Lp, bias_row, mask_row, s.L, s.Lp, static_cast<float>(scale));
            }
            small_product(logits.data(), s.Lp, 1, value.data, value.step, result.data + begin * result.step, result.step, rows, s.L, s.K, false);
          }
        }
    }
    ctx->save_for_backward({q, k, v, mask, bias, lse});
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["dbias"] = bias.defined() && bias.requires_grad();
    return out;
  }

  struct Scratch {
    std::vector<float> keys, values, p, dp;
    explicit Scratch(const Shape& s) : keys(s.K * s.Lp), values(s.K * s.Lp), p(kTile * s.Lp), dp(kTile * s.Lp) {}
  };

  struct Backward {
    Shape s;
    Tensor q, k, v, mask, bias, lse, g, dq, dk, dv, dbias;
    float scale;

    void head(int64_t b, int64_t n, Scratch& w) const {
      Head query = head_of(q, b, n), key = head_of(k, b, n), value = head_of(v, b, n), grad = head_of(g, b, n);
      Head dquery = head_of(dq, b, n), dkey = head_of(dk, b, n), dvalue = head_of(dv, b, n);
      pack_transposed(key.data, key.step, s.L, s.K, w.keys.data(), s.Lp);
      pack_transposed(value.data, value.step, s.L, s.K, w.values.data(), s.Lp);
      const float* mask_row = mask.defined() ? mask.data_ptr<float>() + b * s.L : nullptr;
      for (int64_t begin = 0; begin < s.S; begin += kTile) {
        int64_t rows = std::min(kTile, s.S - begin);
        const float *query_rows = query.data + begin * query.step, *grad_rows = grad.data + begin * grad.step;
        small_product(query_rows, query.step, 1, w.keys.data(), s.Lp, w.p.data(), s.Lp, rows, s.K, s.Lp, false);
        small_product(grad_rows, grad.step, 1, w.values.data(), s.Lp, w.dp.data(), s.Lp, rows, s.K, s.Lp, false);
        for (int64_t r = 0; r < rows; ++r) {
          int64_t at = (n * s.S + begin + r) * s.L;
          const float* bias_row = bias.defined() ? bias.data_ptr<float>() + at : nullptr;
          probabilities_row(w.p.data() + r * s.Lp, bias_row, mask_row, lse.data_ptr<float>()[(b * s.N + n) * s.S + begin + r], s.L, s.Lp, scale);
          softmax_row_backward(w.p.data() + r * s.Lp, w.dp.data() + r * s.Lp, dbias.defined() ? dbias.data_ptr<float>() + at : nullptr, s.L,
                               s.Lp, scale);
        }
        small_product(w.p.data(), 1, s.Lp, grad_rows, grad.step, dvalue.data, dvalue.step, s.L, rows, s.K, begin > 0);
        small_product(w.dp.data(), 1, s.Lp, query_rows, query.step, dkey.data, dkey.step, s.L, rows, s.K, begin > 0);
        small_product(w.dp.data(), s.Lp, 1, key.data, key.step, dquery.data + begin * dquery.step, dquery.step, rows, s.L, s.K, false);
      }
    }
  };

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    Shape s(saved[0], saved[1]);
    auto options = saved[0].options();
    Backward work{s, saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], rows_dense(grads[0]),
                  at::empty({s.B, s.S, s.N, s.K}, options), at::empty({s.B, s.L, s.N, s.K}, options),
                  at::empty({s.B, s.L, s.N, s.K}, options), {}, static_cast<float>(ctx->saved_data["scale"].toDouble())};
    count_flops(5 * s.product_flops());
    if (ctx->saved_data["dbias"].toBool()) work.dbias = at::zeros({s.N, s.S, s.L}, options);
    // With a bias gradient a head's batch items add to one matrix, so they stay on one thread, in order.
    int64_t inner = work.dbias.defined() ? s.B : 1, tasks = work.dbias.defined() ? s.N : s.N * s.B;
#pragma omp parallel
    {
      Scratch scratch(s);
#pragma omp for schedule(dynamic)
      for (int64_t task = 0; task < tasks; ++task)
        for (int64_t i = 0; i < inner; ++i)
          work.head(inner > 1 || work.dbias.defined() ? i : task / s.N, work.dbias.defined() ? task : task % s.N, scratch);
    }
    return {work.dq, work.dk, work.dv, Tensor(), work.dbias, Tensor()};
  }
};

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& key_mask, const Tensor& bias, double scale) {
  if (scale == 0) scale = 1.0 / std::sqrt(static_cast<double>(q.size(3)));
  Tensor mask;
  if (key_mask.defined()) mask = at::zeros(key_mask.sizes(), q.options()).masked_fill(key_mask.logical_not(), kMasked);
  if (takes_fast_path(q) && q.size(3) % kPanel) {  // zeros at the end of every head change nothing
    auto wide = [&](const Tensor& x) { return at::constant_pad_nd(x, {0, kPanel - x.size(3) % kPanel}); };
    return attention(wide(q), wide(k), wide(v), key_mask, bias, scale).narrow(3, 0, q.size(3));
  }
  RECORD_USER_SCOPE("attention");
  if (takes_fast_path(q))
    return AttentionFunction::apply(q, k, v, mask.defined() ? Optional(mask) : Optional(),
                                    bias.defined() ? Optional(bias.contiguous()) : Optional(), scale);
  auto logits = at::matmul(q.transpose(1, 2), k.permute({0, 2, 3, 1})) * scale;  // [B,N,S,L]
  if (bias.defined()) logits = logits + bias;
  if (mask.defined()) logits = logits + mask.view({mask.size(0), 1, 1, -1});
  auto weights = logits.softmax(-1);
  if (mask.defined()) weights = weights * (logits.amax(-1, true) > kMasked * 0.5).to(q.scalar_type());
  return at::matmul(weights, v.transpose(1, 2)).transpose(1, 2);
}

}  // namespace mg::nn
