#include "moviegen/flow/path.h"

#include <cmath>
#include <numbers>

namespace mg::flow {
namespace {

Tensor along_batch(const Tensor& t_B, const Tensor& like) {
  std::vector<int64_t> shape(like.dim(), 1);
  shape[0] = -1;
  return t_B.to(like.dtype()).view(shape);
}

}  // namespace

Tensor interpolate(const Tensor& data, const Tensor& noise, const Tensor& t_B) {
  Tensor t = along_batch(t_B, data);
  return data * t + noise * (1.0 - (1.0 - kSigmaMin) * t);
}

Tensor target_velocity(const Tensor& data, const Tensor& noise) { return data - noise * (1.0 - kSigmaMin); }

Tensor sample_times(int64_t batch, Generator& generator, double mean, double std) {
  Tensor share_B = torch::empty({batch}, at::kDouble);
  double* out = share_B.data_ptr<double>();
  for (int64_t i = 0; i < batch; ++i) out[i] = (static_cast<double>(i) + generator.uniform()) / static_cast<double>(batch);
  Tensor normal_B = (2 * share_B - 1).erfinv() * std::numbers::sqrt2;
  return at::sigmoid(mean + std * normal_B).to(at::kFloat);
}

Tensor sample_noise(at::IntArrayRef shape, Generator& generator) {
  Tensor noise = torch::empty(shape);
  float* out = noise.data_ptr<float>();
  int64_t count = noise.numel();
  for (int64_t i = 0; i < count; i += 2) {  // Box-Muller, both halves used
    double radius = std::sqrt(-2.0 * std::log(1.0 - generator.uniform()));
    double angle = 2.0 * std::numbers::pi * generator.uniform();
    out[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < count) out[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return noise;
}

Tensor loss_per_item(const Tensor& predicted, const Tensor& target, const Tensor& weights) {
  auto squared = (predicted - target).square();
  if (!weights.defined()) return squared.flatten(1).mean(1);
  return (squared.mean(1, true) * weights).flatten(1).sum(1) / weights.flatten(1).sum(1).clamp_min(1e-6);
}

}  // namespace mg::flow
