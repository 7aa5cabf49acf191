// AdamW, EMA and gradient clipping as single fused passes over every parameter; Muon for the matrices that ask for it.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace mg::nn {

using at::Tensor;

struct AdamWOptions {
  double learning_rate = 1e-4;
  double beta1 = 0.9, beta2 = 0.95;  // ours: 0.95 steadies small batches
  double eps = 1e-8;
  double weight_decay = 0.01;        // applied to tensors of two or more axes only
};

class AdamW {
 public:
  // Parameters marked in `by_muon` (empty: none) take Muon's step: the orthogonalized momentum, scaled so that a learning
  // rate of AdamW fits it (root mean square 0.2 of the rate; Liu et al., "Muon is scalable for LLM training", 2025).
  AdamW(std::vector<Tensor> parameters, AdamWOptions options, std::vector<bool> by_muon = {});
  // One update with learning rate `lr`; gradients are multiplied by `gradient_scale` on the fly (clipping) and then
  // zeroed in the same pass. If `ema` is not empty (same order), ema ← decay·ema + (1−decay)·parameter in the same pass.
  void step(double lr, double gradient_scale, const std::vector<Tensor>& ema = {}, double ema_decay = 0);
  // Euclidean norm of all gradients in one pass (double accumulation).
  double gradient_norm() const;
  int64_t step_count = 0;
  std::vector<Tensor> m, v;  // moments, in parameter order; saved in checkpoints. Muon's v has one value, unused
  AdamWOptions options;

 private:
  void muon_step(size_t i, double lr, double gradient_scale);
  std::vector<Tensor> parameters_;
  std::vector<bool> by_muon_;
};

}  // namespace mg::nn
