// A head's products on pairs of bf16 (vdpbf16ps): each 32-bit lane multiplies two values and adds both to an f32 sum, twice the
// rate of f32. Whatever is summed over is packed in pairs: along a row, or of two rows that follow each other.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 warns of its own intrinsics (its bug 105593)
#include <immintrin.h>

#include <algorithm>

#include "moviegen/nn/attention_head.h"
#include "moviegen/nn/ops.h"

#define MG_BF16_KERNEL __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define MG_BF16_INLINE MG_BF16_KERNEL __attribute__((always_inline)) inline

namespace mg::nn {
namespace {

constexpr int64_t kTile = kAttentionTile;

MG_BF16_INLINE __m256i narrowed(const float* from) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(from))); }

// C[rows × 32] = or += A·B over pairs; strides of A, B and C count 32-bit values.
template <int kRows>
MG_BF16_INLINE void micro(const uint32_t* a, int64_t a_row, int64_t a_column, const uint32_t* b, int64_t ldb, float* c, int64_t ldc, int64_t pairs,
                                 bool accumulate) {
  __m512 sum[kRows][2];
  for (int r = 0; r < kRows; ++r)
    for (int j = 0; j < 2; ++j) sum[r][j] = accumulate ? _mm512_loadu_ps(c + r * ldc + 16 * j) : _mm512_setzero_ps();
  for (int64_t i = 0; i < pairs; ++i) {
    auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + i * ldb)), b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + i * ldb + 16));
    for (int r = 0; r < kRows; ++r) {
      auto pair = reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[r * a_row + i * a_column])));
      sum[r][0] = _mm512_dpbf16_ps(sum[r][0], pair, b0);
      sum[r][1] = _mm512_dpbf16_ps(sum[r][1], pair, b1);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int j = 0; j < 2; ++j) _mm512_storeu_ps(c + r * ldc + 16 * j, sum[r][j]);
}

// C[m×n] = or += A·B over pairs; n a multiple of 32.
MG_BF16_KERNEL void pair_product(const uint32_t* a, int64_t a_row, int64_t a_column, const uint32_t* b, int64_t ldb, float* c, int64_t ldc, int64_t m, int64_t pairs,
                                 int64_t n, bool accumulate) {
  for (int64_t j = 0; j < n; j += 32) {
    int64_t i = 0;
    for (; i + 8 <= m; i += 8) micro<8>(a + i * a_row, a_row, a_column, b + j, ldb, c + i * ldc + j, ldc, pairs, accumulate);
    for (; i + 2 <= m; i += 2) micro<2>(a + i * a_row, a_row, a_column, b + j, ldb, c + i * ldc + j, ldc, pairs, accumulate);
    for (; i < m; ++i) micro<1>(a + i * a_row, a_row, a_column, b + j, ldb, c + i * ldc + j, ldc, pairs, accumulate);
  }
}

// Rows of `width` floats (a multiple of 16) → rows of width / 2 pairs.
MG_BF16_KERNEL void narrow_rows(const float* from, int64_t step, int64_t rows, int64_t width, uint32_t* out) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < width; i += 16) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + (r * width + i) / 2), narrowed(from + r * step + i));
}

// Rows 2r and 2r + 1 → row r of `width` pairs; (rows + 1) / 2 of them, zero for a row that is missing.
MG_BF16_KERNEL void pair_rows(const float* from, int64_t step, int64_t rows, int64_t width, uint32_t* out) {
  for (int64_t r = 0; r < rows; r += 2)
    for (int64_t i = 0; i < width; i += 16) {
      __m512i low = _mm512_cvtepu16_epi32(narrowed(from + r * step + i)), high = _mm512_setzero_si512();
      if (r + 1 < rows) high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(narrowed(from + (r + 1) * step + i)), 16);
      _mm512_storeu_si512(out + r / 2 * width + i, _mm512_or_si512(low, high));
    }
}

// Rows of K floats → K / 2 rows of Lp pairs along K.
void narrow_transposed(const Head& head, const HeadShape& s, std::vector<uint32_t>& narrow, std::vector<uint32_t>& out) {
  narrow_rows(head.data, head.step, s.L, s.K, narrow.data());
  pack_transposed(reinterpret_cast<const float*>(narrow.data()), s.K / 2, s.L, s.K / 2, reinterpret_cast<float*>(out.data()), s.Lp);
}

}  // namespace

bool attends_in_bf16() {
  static const bool can = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return can && compute() == Compute::kBf16;
}

Bf16Head::Bf16Head(const HeadShape& s, bool backward)
    : s_(s), query_(s.S * s.K / 2), narrow_(s.L * s.K / 2), keys_t_(s.K / 2 * s.Lp), p_(kTile * s.Lp / 2), logits_(kTile * s.Lp) {
  if (!backward) {
    value_pairs_.resize(s.Lp / 2 * s.K);
    return;
  }
  grad_.resize(s.S * s.K / 2), values_t_.resize(s.K / 2 * s.Lp), key_pairs_.resize(s.Lp / 2 * s.K);
  for (auto* pairs : {&query_pairs_, &grad_pairs_}) pairs->resize(kTile / 2 * s.K);
  for (auto* pairs : {&p_pairs_, &dp_pairs_}) pairs->resize(kTile / 2 * s.Lp);
  dlogits_.resize(kTile * s.Lp);
}

void Bf16Head::forward(const HeadForward& h) {
  int64_t K2 = s_.K / 2, L2 = s_.Lp / 2;
  narrow_rows(h.query.data, h.query.step, s_.S, s_.K, query_.data());
  narrow_transposed(h.key, s_, narrow_, keys_t_);
  pair_rows(h.value.data, h.value.step, s_.L, s_.K, value_pairs_.data());  // what is beyond L stays zero
  for (int64_t begin = 0; begin < s_.S; begin += kTile) {
    int64_t rows = std::min(kTile, s_.S - begin);
    pair_product(query_.data() + begin * K2, K2, 1, keys_t_.data(), s_.Lp, logits_.data(), s_.Lp, rows, K2, s_.Lp, false);
    for (int64_t r = 0; r < rows; ++r)
      h.lse[begin + r] = softmax_row(logits_.data() + r * s_.Lp, h.bias ? h.bias + (begin + r) * s_.L : nullptr, h.mask, s_.L, s_.Lp, s_.scale);
    narrow_rows(logits_.data(), s_.Lp, rows, s_.Lp, p_.data());
    pair_product(p_.data(), L2, 1, value_pairs_.data(), s_.K, h.result.data + begin * h.result.step, h.result.step, rows, (s_.L + 1) / 2, s_.K, false);
  }
}

void Bf16Head::backward(const HeadBackward& h) {
  int64_t K2 = s_.K / 2, L2 = s_.Lp / 2;
  narrow_rows(h.query.data, h.query.step, s_.S, s_.K, query_.data());
  narrow_rows(h.grad.data, h.grad.step, s_.S, s_.K, grad_.data());
  narrow_transposed(h.key, s_, narrow_, keys_t_);
  narrow_transposed(h.value, s_, narrow_, values_t_);
  pair_rows(h.key.data, h.key.step, s_.L, s_.K, key_pairs_.data());
  float *p = logits_.data(), *dp = dlogits_.data();
  for (int64_t begin = 0; begin < s_.S; begin += kTile) {
    int64_t rows = std::min(kTile, s_.S - begin), pairs = (rows + 1) / 2;
    pair_product(query_.data() + begin * K2, K2, 1, keys_t_.data(), s_.Lp, p, s_.Lp, rows, K2, s_.Lp, false);
    pair_product(grad_.data() + begin * K2, K2, 1, values_t_.data(), s_.Lp, dp, s_.Lp, rows, K2, s_.Lp, false);
    for (int64_t r = 0; r < rows; ++r) backward_row(h, s_, begin + r, p + r * s_.Lp, dp + r * s_.Lp);
    pair_rows(p, s_.Lp, rows, s_.Lp, p_pairs_.data());
    pair_rows(dp, s_.Lp, rows, s_.Lp, dp_pairs_.data());
    narrow_rows(dp, s_.Lp, rows, s_.Lp, p_.data());
    pair_rows(h.grad.data + begin * h.grad.step, h.grad.step, rows, s_.K, grad_pairs_.data());
    pair_rows(h.query.data + begin * h.query.step, h.query.step, rows, s_.K, query_pairs_.data());
    pair_product(p_pairs_.data(), 1, s_.Lp, grad_pairs_.data(), s_.K, h.dvalue.data, h.dvalue.step, s_.L, pairs, s_.K, begin > 0);
    pair_product(dp_pairs_.data(), 1, s_.Lp, query_pairs_.data(), s_.K, h.dkey.data, h.dkey.step, s_.L, pairs, s_.K, begin > 0);
    pair_product(p_.data(), L2, 1, key_pairs_.data(), s_.K, h.dquery.data + begin * h.dquery.step, h.dquery.step, rows, (s_.L + 1) / 2, s_.K, false);
  }
}

}  // namespace mg::nn
