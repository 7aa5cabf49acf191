// Scales around a network that predicts velocities, so that it starts at the best linear guess and works at unit variance:
//   velocity = skip · x + out · network(in · x)
// For data and noise of unit variance X_t has variance t² + (1 − t)², and the linear guess of the velocity is
// (2t − 1) / (t² + (1 − t)²) · X_t; what it leaves over has the inverse of that variance. The idea is that of Karras et al.
// 2022 (EDM), for the path of facts 4.1. Ours; what it is worth: docs/decisions/0007.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mg::flow {

using at::Tensor;

struct Preconditioning {
  Tensor in, skip, out;  // [B,1,…]
};

// For latents of `dims` axes; switched off it is {1, 0, 1}.
Preconditioning preconditioning(const Tensor& t_B, int64_t dims, bool enabled = true);

}  // namespace mg::flow
