// The flow-matching path and its training targets (facts sheet 4.1). Maths only, no networks.
//   X_t = t·X_1 + (1 − (1 − σ)·t)·X_0,   V_t = X_1 − (1 − σ)·X_0,   σ = 1e-5
// X_1 data latent, X_0 unit Gaussian noise, flow time t in [0, 1]: t = 0 noise, t = 1 data. Easy to get wrong: many
// programs run time the other way.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "moviegen/core/random.h"

namespace mg::flow {

using at::Tensor;

inline constexpr double kSigmaMin = 1e-5;  // facts 4.1

// Noisy latents at times t_B; all tensors [B, ...].
Tensor interpolate(const Tensor& data, const Tensor& noise, const Tensor& t_B);
// The velocity a network should predict.
Tensor target_velocity(const Tensor& data, const Tensor& noise);
// t = sigmoid(n), n ~ N(mean, std): [batch] f32, ascending (facts 4.1: mean 0, std 1). One draw from each of `batch`
// slices of equal probability, so that every batch sees the whole range: less noise in the gradient, the same mean.
Tensor sample_times(int64_t batch, Generator& generator, double mean = 0, double std = 1);
// Unit Gaussian noise, a pure function of the generator's stream.
Tensor sample_noise(at::IntArrayRef shape, Generator& generator);
// Mean squared error of each item: [B]. `weights`, which broadcast to the item's shape without the channels ([B,1,…]), say how much each
// place counts; a place's best prediction is the same whatever its weight.
Tensor loss_per_item(const Tensor& predicted, const Tensor& target, const Tensor& weights = {});

}  // namespace mg::flow
