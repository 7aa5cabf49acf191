// Fused attention. A tile of query rows at a time holds its logits against all keys in cache; forward keeps only the
// log-sum-exp of each row, and backward makes the logits again. One task = one head of one batch item; attention_bf16.cpp has
// the products of processors with bf16 pairs.
#include <cmath>
#include <vector>

#include "moviegen/nn/attention_head.h"
#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = c10::optional<Tensor>;  // Function::apply takes no undefined tensors

constexpr int64_t kTile = kAttentionTile;
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

}  // namespace

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

namespace {

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

}  // namespace

void backward_row(const HeadBackward& h, const HeadShape& s, int64_t row, float* p, float* dp) {
  probabilities_row(p, h.bias ? h.bias + row * s.L : nullptr, h.mask, h.lse[row], s.L, s.Lp, s.scale);
  softmax_row_backward(p, dp, h.dbias ? h.dbias + row * s.L : nullptr, s.L, s.Lp, s.scale);
}

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

namespace {

struct Shape {
  int64_t B, S, L, N, K, Lp;
  Shape(const Tensor& q, const Tensor& k) : B(q.size(0)), S(q.size(1)), L(k.size(1)), N(q.size(2)), K(q.size(3)), Lp(padded(L)) {}
  double product_flops() const { return 2.0 * static_cast<double>(B * N) * static_cast<double>(S * L * K); }  // of q·kᵀ
  HeadShape head(double scale) const { return {S, L, K, Lp, static_cast<float>(scale)}; }
};

// Values of item `index` of a contiguous tensor that may be undefined.
const float* row_of(const Tensor& x, int64_t index, int64_t length) { return x.defined() ? x.data_ptr<float>() + index * length : nullptr; }

Tensor rows_dense(const Tensor& x) { return x.stride(3) == 1 ? x : x.contiguous(); }

class F32Head {
 public:
  F32Head(const HeadShape& s, bool backward) : s_(s), keys_(s.K * s.Lp), logits_(kTile * s.Lp) {
    if (backward) values_.resize(s.K * s.Lp), dlogits_.resize(kTile * s.Lp);
  }

  void forward(const HeadForward& h) {
    pack_transposed(h.key.data, h.key.step, s_.L, s_.K, keys_.data(), s_.Lp);
    for (int64_t begin = 0; begin < s_.S; begin += kTile) {
      int64_t rows = std::min(kTile, s_.S - begin);
      small_product(h.query.data + begin * h.query.step, h.query.step, 1, keys_.data(), s_.Lp, logits_.data(), s_.Lp, rows, s_.K, s_.Lp, false);
      for (int64_t r = 0; r < rows; ++r)
        h.lse[begin + r] = softmax_row(logits_.data() + r * s_.Lp, h.bias ? h.bias + (begin + r) * s_.L : nullptr, h.mask, s_.L, s_.Lp, s_.scale);
      small_product(logits_.data(), s_.Lp, 1, h.value.data, h.value.step, h.result.data + begin * h.result.step, h.result.step, rows, s_.L, s_.K, false);
    }
  }

  void backward(const HeadBackward& h) {
    pack_transposed(h.key.data, h.key.step, s_.L, s_.K, keys_.data(), s_.Lp);
    pack_transposed(h.value.data, h.value.step, s_.L, s_.K, values_.data(), s_.Lp);
    float *p = logits_.data(), *dp = dlogits_.data();
    for (int64_t begin = 0; begin < s_.S; begin += kTile) {
      int64_t rows = std::min(kTile, s_.S - begin);
      const float *query_rows = h.query.data + begin * h.query.step, *grad_rows = h.grad.data + begin * h.grad.step;
      small_product(query_rows, h.query.step, 1, keys_.data(), s_.Lp, p, s_.Lp, rows, s_.K, s_.Lp, false);
      small_product(grad_rows, h.grad.step, 1, values_.data(), s_.Lp, dp, s_.Lp, rows, s_.K, s_.Lp, false);
      for (int64_t r = 0; r < rows; ++r) backward_row(h, s_, begin + r, p + r * s_.Lp, dp + r * s_.Lp);
      small_product(p, 1, s_.Lp, grad_rows, h.grad.step, h.dvalue.data, h.dvalue.step, s_.L, rows, s_.K, begin > 0);
      small_product(dp, 1, s_.Lp, query_rows, h.query.step, h.dkey.data, h.dkey.step, s_.L, rows, s_.K, begin > 0);
      small_product(dp, s_.Lp, 1, h.key.data, h.key.step, h.dquery.data + begin * h.dquery.step, h.dquery.step, rows, s_.L, s_.K, false);
    }
  }

 private:
  HeadShape s_;
  std::vector<float> keys_, values_, logits_, dlogits_;
};

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  // mask [B,L] additive f32 or undefined; bias [N,S,L] contiguous or undefined.
  static Tensor forward(AutogradContext* ctx, const Tensor& q_, const Tensor& k_, const Tensor& v_, const Optional& mask_,
                        const Optional& bias_, double scale) {
    Tensor mask = mask_.value_or(Tensor()), bias = bias_.value_or(Tensor());
    auto q = rows_dense(q_), k = rows_dense(k_), v = rows_dense(v_);
    Shape s(q, k);
    auto out = at::empty({s.B, s.S, s.N, s.K}, q.options()), lse = at::empty({s.B, s.N, s.S}, q.options());
    count_flops(2 * s.product_flops());
    auto all_heads = [&](auto work) {
#pragma omp for collapse(2) schedule(dynamic)
      for (int64_t b = 0; b < s.B; ++b)
        for (int64_t n = 0; n < s.N; ++n)
          work.forward({head_of(q, b, n), head_of(k, b, n), head_of(v, b, n), head_of(out, b, n), row_of(mask, b, s.L), row_of(bias, n, s.S * s.L),
                        lse.data_ptr<float>() + (b * s.N + n) * s.S});
    };
    bool in_bf16 = attends_in_bf16();
#pragma omp parallel
    {
      if (in_bf16) all_heads(Bf16Head(s.head(scale), false));
      else all_heads(F32Head(s.head(scale), false));
    }
    ctx->save_for_backward({q, k, v, mask, bias, lse});
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["dbias"] = bias.defined() && bias.requires_grad();
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &mask = saved[3], &bias = saved[4], &lse = saved[5];
    Shape s(q, k);
    auto g = rows_dense(grads[0]), dq = at::empty({s.B, s.S, s.N, s.K}, q.options());
    auto dk = at::empty({s.B, s.L, s.N, s.K}, q.options()), dv = at::empty_like(dk);
    Tensor dbias;
    count_flops(5 * s.product_flops());
    if (ctx->saved_data["dbias"].toBool()) dbias = at::zeros({s.N, s.S, s.L}, q.options());
    // With a bias gradient a head's batch items add to one matrix, so they stay on one thread, in order.
    int64_t inner = dbias.defined() ? s.B : 1, tasks = dbias.defined() ? s.N : s.N * s.B;
    auto all_heads = [&](auto work) {
#pragma omp for schedule(dynamic)
      for (int64_t task = 0; task < tasks; ++task)
        for (int64_t i = 0; i < inner; ++i) {
          int64_t b = dbias.defined() ? i : task / s.N, n = dbias.defined() ? task : task % s.N;
          work.backward({head_of(q, b, n), head_of(k, b, n), head_of(v, b, n), head_of(g, b, n), head_of(dq, b, n), head_of(dk, b, n), head_of(dv, b, n),
                         row_of(mask, b, s.L), row_of(bias, n, s.S * s.L), row_of(lse, b * s.N + n, s.S), dbias.defined() ? dbias.data_ptr<float>() + n * s.S * s.L : nullptr});
        }
    };
    auto shape = s.head(ctx->saved_data["scale"].toDouble());
    bool in_bf16 = attends_in_bf16();
#pragma omp parallel
    {
      if (in_bf16) all_heads(Bf16Head(shape, true));
      else all_heads(F32Head(shape, true));
    }
    return {dq, dk, dv, Tensor(), dbias, Tensor()};
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
