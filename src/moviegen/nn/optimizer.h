// AdamW, EMA and gradient clipping as single fused passes over every parameter.
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
  AdamW(std::vector<Tensor> parameters, AdamWOptions options);
  // One update with learning rate `lr`; gradients are multiplied by `gradient_scale` on the fly (clipping) and then
  // zeroed in the same pass. If `ema` is not empty (same order), ema ← decay·ema + (1−decay)·parameter in the same pass.
  void step(double lr, double gradient_scale, const std::vector<Tensor>& ema = {}, double ema_decay = 0);
  // Euclidean norm of all gradients in one pass (double accumulation).
  double gradient_norm() const;
  int64_t step_count = 0;
  std::vector<Tensor> m, v;  // moments, in parameter order; saved in checkpoints
  AdamWOptions options;

 private:
  std::vector<Tensor> parameters_;
};

}  // namespace mg::nn
