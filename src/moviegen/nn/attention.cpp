// Fused attention. A tile of query rows at a time holds its logits against all keys in cache; forward keeps only the
// log-sum-exp of each row, and backward makes the logits again. One task = one head of one batch item.
#include <cmath>
#include <vector>

#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"

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

// dS = P∘(dP − Σ dP∘P), left in dp.
MG_KERNEL void softmax_row_backward(const float* p, float* dp, int64_t length, int64_t width) {
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t i = 0; i < length; ++i) dot += dp[i] * p[i];
#pragma omp simd
  for (int64_t i = 0; i < length; ++i) dp[i] = p[i] * (dp[i] - dot);
  for (int64_t i = length; i < width; ++i) dp[i] = 0;
}

struct Head {  // one head's matrix: rows `step` floats apart
  const float* data;
  int64_t step;
};

Head head_of(const Tensor& x_BSNK, int64_t b, int64_t n) {
  return {x_BSNK.data_ptr<float>() + b * x_BSNK.stride(0) + n * x_BSNK.stride(2), x_BSNK.stride(1)};
}

// Rows [begin, begin+rows) copied to row-major width `ld` (zero beyond k), or transposed to k × ld.
void pack(Head from, int64_t begin, int64_t rows, int64_t k, float* out, int64_t ld) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* source = from.data + (begin + r) * from.step;
    for (int64_t i = 0; i < k; ++i) out[r * ld + i] = source[i];
    for (int64_t i = k; i < ld; ++i) out[r * ld + i] = 0;
  }
}
void pack_transposed(Head from, int64_t rows, int64_t k, float* out, int64_t ld) {
  for (int64_t i = 0; i < k; ++i)
    for (int64_t r = rows; r < ld; ++r) out[i * ld + r] = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < k; ++i) out[i * ld + r] = from.data[r * from.step + i];
}

struct Shape {
  int64_t B, S, L, N, K, Lp, Kp;
  Shape(const Tensor& q, const Tensor& k)
      : B(q.size(0)), S(q.size(1)), L(k.size(1)), N(q.size(2)), K(q.size(3)), Lp(padded(L)), Kp(padded(K)) {}
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
#pragma omp parallel
    {
      std::vector<float> keys(s.K * s.Lp), values(s.L * s.Kp), logits(kTile * s.Lp), result(kTile * s.Kp);
#pragma omp for collapse(2) schedule(dynamic)
      for (int64_t b = 0; b < s.B; ++b)
        for (int64_t n = 0; n < s.N; ++n) {
          Head query = head_of(q, b, n);
          pack_transposed(head_of(k, b, n), s.L, s.K, keys.data(), s.Lp);
          pack(head_of(v, b, n), 0, s.L, s.K, values.data(), s.Kp);
          const float* mask_row = mask.defined() ? mask.data_ptr<float>() + b * s.L : nullptr;
          for (int64_t begin = 0; begin < s.S; begin += kTile) {
            int64_t rows = std::min(kTile, s.S - begin);
            small_product(query.data + begin * query.step, query.step, 1, keys.data(), s.Lp, logits.data(), s.Lp, rows, s.K, s.Lp, false);
            for (int64_t r = 0; r < rows; ++r) {
              const float* bias_row = bias.defined() ? bias.data_ptr<float>() + (n * s.S + begin + r) * s.L : nullptr;
              lse_data[(b * s.N + n) * s.S + begin + r] =
                  softmax_row(logits.data() + r * s.Lp, bias_row, mask_row, s.L, s.Lp, static_cast<float>(scale));
            }
            small_product(logits.data(), s.Lp, 1, values.data(), s.Kp, result.data(), s.Kp, rows, s.L, s.Kp, false);
            for (int64_t r = 0; r < rows; ++r)
              std::copy_n(result.data() + r * s.Kp, s.K, out.data_ptr<float>() + ((b * s.S + begin + r) * s.N + n) * s.K);
          }
        }
    }
    ctx->save_for_backward({q, k, v, mask, bias, lse});
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["dbias"] = bias.defined() && bias.requires_grad();
    return out;
  }

  struct Scratch {
    std::vector<float> keys, keys_t, values_t, query, grad, p, dp, dq, dk, dv;
    explicit Scratch(const Shape& s)
        : keys(s.L * s.Kp), keys_t(s.K * s.Lp), values_t(s.K * s.Lp), query(kTile * s.Kp), grad(kTile * s.Kp), p(kTile * s.Lp),
          dp(kTile * s.Lp), dq(kTile * s.Kp), dk(s.L * s.Kp), dv(s.L * s.Kp) {}
  };

  struct Backward {
    Shape s;
    Tensor q, k, v, mask, bias, lse, g, dq, dk, dv, dbias;
    float scale;

    void head(int64_t b, int64_t n, Scratch& w) const {
      Head query = head_of(q, b, n), grad = head_of(g, b, n);
      pack(head_of(k, b, n), 0, s.L, s.K, w.keys.data(), s.Kp);
      pack_transposed(head_of(k, b, n), s.L, s.K, w.keys_t.data(), s.Lp);
      pack_transposed(head_of(v, b, n), s.L, s.K, w.values_t.data(), s.Lp);
      const float* mask_row = mask.defined() ? mask.data_ptr<float>() + b * s.L : nullptr;
      for (int64_t begin = 0; begin < s.S; begin += kTile) {
        int64_t rows = std::min(kTile, s.S - begin);
        pack(query, begin, rows, s.K, w.query.data(), s.Kp);
        pack(grad, begin, rows, s.K, w.grad.data(), s.Kp);
        small_product(w.query.data(), s.Kp, 1, w.keys_t.data(), s.Lp, w.p.data(), s.Lp, rows, s.K, s.Lp, false);
        small_product(w.grad.data(), s.Kp, 1, w.values_t.data(), s.Lp, w.dp.data(), s.Lp, rows, s.K, s.Lp, false);
        for (int64_t r = 0; r < rows; ++r) {
          const float* bias_row = bias.defined() ? bias.data_ptr<float>() + (n * s.S + begin + r) * s.L : nullptr;
          probabilities_row(w.p.data() + r * s.Lp, bias_row, mask_row, lse.data_ptr<float>()[(b * s.N + n) * s.S + begin + r], s.L, s.Lp, scale);
          softmax_row_backward(w.p.data() + r * s.Lp, w.dp.data() + r * s.Lp, s.L, s.Lp);
          if (dbias.defined()) {
            float* target = dbias.data_ptr<float>() + (n * s.S + begin + r) * s.L;
            for (int64_t i = 0; i < s.L; ++i) target[i] += w.dp[r * s.Lp + i];
          }
        }
        small_product(w.p.data(), 1, s.Lp, w.grad.data(), s.Kp, w.dv.data(), s.Kp, s.L, rows, s.Kp, begin > 0);
        small_product(w.dp.data(), 1, s.Lp, w.query.data(), s.Kp, w.dk.data(), s.Kp, s.L, rows, s.Kp, begin > 0);
        small_product(w.dp.data(), s.Lp, 1, w.keys.data(), s.Kp, w.dq.data(), s.Kp, rows, s.L, s.Kp, false);
        store(w.dq, dq, b, n, begin, rows, scale);
      }
      store(w.dk, dk, b, n, 0, s.L, scale);
      store(w.dv, dv, b, n, 0, s.L, 1.0f);
    }

    void store(const std::vector<float>& from, const Tensor& to, int64_t b, int64_t n, int64_t begin, int64_t rows, float factor) const {
      for (int64_t r = 0; r < rows; ++r) {
        float* target = to.data_ptr<float>() + ((b * to.size(1) + begin + r) * s.N + n) * s.K;
        for (int64_t i = 0; i < s.K; ++i) target[i] = from[r * s.Kp + i] * factor;
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
