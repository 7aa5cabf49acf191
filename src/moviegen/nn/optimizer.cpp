#include "moviegen/nn/optimizer.h"

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/nn/kernels.h"

namespace mg::nn {
namespace {

constexpr int64_t kChunk = 1 << 15;  // values of one task

struct Update {
  float lr, beta1, beta2, eps, decay, correct1, correct2, scale, ema_decay;
};

MG_KERNEL void update_chunk(float* p, float* g, float* m, float* v, float* ema, int64_t n, const Update& u) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    float grad = g[i] * u.scale;
    m[i] = u.beta1 * m[i] + (1 - u.beta1) * grad;
    v[i] = u.beta2 * v[i] + (1 - u.beta2) * grad * grad;
    p[i] = p[i] * (1 - u.lr * u.decay) - u.lr * (m[i] * u.correct1) / (std::sqrt(v[i] * u.correct2) + u.eps);
    g[i] = 0;
  }
  if (!ema) return;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) ema[i] = u.ema_decay * ema[i] + (1 - u.ema_decay) * p[i];
}

MG_KERNEL double square_sum(const float* g, int64_t n) {
  double total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t i = 0; i < n; ++i) total += static_cast<double>(g[i]) * g[i];
  return total;
}

struct Chunk {
  size_t tensor;
  int64_t begin, count;
};

std::vector<Chunk> chunks_of(const std::vector<Tensor>& tensors) {
  std::vector<Chunk> chunks;
  for (size_t i = 0; i < tensors.size(); ++i)
    for (int64_t begin = 0; begin < tensors[i].numel(); begin += kChunk)
      chunks.push_back({i, begin, std::min(kChunk, tensors[i].numel() - begin)});
  return chunks;
}

}  // namespace

AdamW::AdamW(std::vector<Tensor> parameters, AdamWOptions opts) : options(opts), parameters_(std::move(parameters)) {
  for (const auto& p : parameters_) {
    check(p.is_contiguous() && p.scalar_type() == at::kFloat && p.is_cpu(), "AdamW: parameters must be contiguous f32 on the CPU");
    m.push_back(at::zeros_like(p).detach());
    v.push_back(at::zeros_like(p).detach());
  }
}

double AdamW::gradient_norm() const {
  auto chunks = chunks_of(parameters_);
  std::vector<double> sums(chunks.size(), 0.0);  // added in order: the same on any thread count
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < chunks.size(); ++c) {
    const auto& grad = parameters_[chunks[c].tensor].grad();
    if (grad.defined()) sums[c] = square_sum(grad.data_ptr<float>() + chunks[c].begin, chunks[c].count);
  }
  double total = 0;
  for (double sum : sums) total += sum;
  return std::sqrt(total);
}

void AdamW::step(double lr, double gradient_scale, const std::vector<Tensor>& ema, double ema_decay) {
  check(ema.empty() || ema.size() == parameters_.size(), "AdamW: {} EMA tensors for {} parameters", ema.size(), parameters_.size());
  ++step_count;
  Update base{static_cast<float>(lr), static_cast<float>(options.beta1), static_cast<float>(options.beta2), static_cast<float>(options.eps),
              0, static_cast<float>(1 / (1 - std::pow(options.beta1, static_cast<double>(step_count)))),
              static_cast<float>(1 / (1 - std::pow(options.beta2, static_cast<double>(step_count)))), static_cast<float>(gradient_scale),
              static_cast<float>(ema_decay)};
  at::NoGradGuard no_grad;
  for (auto& p : parameters_) {
    if (!p.grad().defined()) p.mutable_grad() = at::zeros_like(p);
    if (!p.grad().is_contiguous()) p.mutable_grad() = p.grad().contiguous();
    p.unsafeGetTensorImpl()->bump_version();
  }
  auto chunks = chunks_of(parameters_);
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < chunks.size(); ++c) {
    auto [i, begin, count] = chunks[c];
    Update update = base;
    if (parameters_[i].dim() >= 2) update.decay = static_cast<float>(options.weight_decay);
    update_chunk(parameters_[i].data_ptr<float>() + begin, parameters_[i].grad().data_ptr<float>() + begin, m[i].data_ptr<float>() + begin,
                 v[i].data_ptr<float>() + begin, ema.empty() ? nullptr : ema[i].data_ptr<float>() + begin, count, update);
  }
}

}  // namespace mg::nn
