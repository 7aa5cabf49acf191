// Inside of attention.cpp: one head of one batch item at a time, with products in f32 or bf16.
// S queries · L keys · K width of a head, a multiple of 32 · Lp = L rounded up to 32
#pragma once
#include <cstdint>
#include <vector>

namespace mg::nn {

inline constexpr int64_t kAttentionTile = 96;  // query rows whose logits are held at a time

struct Head {  // one head's matrix: rows `step` floats apart
  float* data;
  int64_t step;
};

struct HeadShape {
  int64_t S, L, K, Lp;
  float scale;
};

// `mask` (additive, L values) and `bias` (S rows of L) may be null. `lse`: log-sum-exp of each of the S rows.
struct HeadForward {
  Head query, key, value, result;
  const float *mask, *bias;
  float* lse;
};
struct HeadBackward {
  Head query, key, value, grad, dquery, dkey, dvalue;
  const float *mask, *bias, *lse;
  float* dbias;  // S rows of L that are added to; may be null
};

// Scaled rows of logits → probabilities in place, zero from L to Lp; returns log-sum-exp.
float softmax_row(float* row, const float* bias, const float* mask, int64_t L, int64_t Lp, float scale);
// Row `row` of logits and of dP → P from the kept log-sum-exp, and scale · dS with dS = P∘(dP − Σ dP∘P), in their place; dS itself is
// added to dbias.
void backward_row(const HeadBackward& head, const HeadShape& shape, int64_t row, float* logits, float* dp);
// `rows` rows of `width` 32-bit values (a multiple of 16) to `width` rows of ld, zero beyond `rows`.
void pack_transposed(const float* from, int64_t step, int64_t rows, int64_t width, float* out, int64_t ld);

// Where the processor multiplies bf16 pairs and the program computes in bf16. Logits, sums and what comes out stay f32.
bool attends_in_bf16();
class Bf16Head {
 public:
  Bf16Head(const HeadShape& shape, bool backward);
  void forward(const HeadForward& head);
  void backward(const HeadBackward& head);

 private:
  HeadShape s_;
  // Pairs of bf16 in 32 bits: rows as they lie, transposed, or of two rows that follow each other.
  std::vector<uint32_t> query_, grad_, narrow_, keys_t_, values_t_, value_pairs_, key_pairs_, query_pairs_, grad_pairs_, p_, dp_pairs_, p_pairs_;
  std::vector<float> logits_, dlogits_;
};

}  // namespace mg::nn
