#include "moviegen/nn/optimizer.h"

#include <omp.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/nn/kernels.h"
#include "moviegen/nn/orthogonal.h"

namespace mg::nn {
namespace {

constexpr int64_t kChunk = 1 << 15;  // values of one task

struct Update {
  float lr, beta1, beta2, eps, decay, correct1, correct2, scale, ema_decay;
};

MG_KERNEL void average_chunk(const float* p, float* ema, int64_t n, float decay) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) ema[i] = decay * ema[i] + (1 - decay) * p[i];
}

MG_KERNEL void update_chunk(float* p, float* g, float* m, float* v, float* ema, int64_t n, const Update& u) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    float grad = g[i] * u.scale;
    m[i] = u.beta1 * m[i] + (1 - u.beta1) * grad;
    v[i] = u.beta2 * v[i] + (1 - u.beta2) * grad * grad;
    p[i] = p[i] * (1 - u.lr * u.decay) - u.lr * (m[i] * u.correct1) / (std::sqrt(v[i] * u.correct2) + u.eps);
    g[i] = 0;
  }
  if (ema) average_chunk(p, ema, n, u.ema_decay);
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

constexpr float kMuonMomentum = 0.95f;

std::vector<Chunk> chunks_of(const std::vector<Tensor>& tensors) {
  std::vector<Chunk> chunks;
  for (size_t i = 0; i < tensors.size(); ++i)
    for (int64_t begin = 0; begin < tensors[i].numel(); begin += kChunk)
      chunks.push_back({i, begin, std::min(kChunk, tensors[i].numel() - begin)});
  return chunks;
}

}  // namespace

AdamW::AdamW(std::vector<Tensor> parameters, AdamWOptions opts, std::vector<bool> by_muon)
    : options(opts), parameters_(std::move(parameters)), by_muon_(std::move(by_muon)) {
  by_muon_.resize(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto& p = parameters_[i];
    check(p.is_contiguous() && p.scalar_type() == at::kFloat && p.is_cpu(), "AdamW: parameters must be contiguous f32 on the CPU");
    m.push_back(at::zeros_like(p).detach());
    v.push_back(by_muon_[i] ? at::zeros({1}) : at::zeros_like(p).detach());
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
  // One matrix a thread: small products run better side by side than split.
#pragma omp parallel
  {
    omp_set_num_threads(1);  // of this thread's products
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < parameters_.size(); ++i)
      if (by_muon_[i]) muon_step(i, lr, gradient_scale);
  }
  auto chunks = chunks_of(parameters_);
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < chunks.size(); ++c) {
    auto [i, begin, count] = chunks[c];
    if (by_muon_[i]) {
      if (!ema.empty()) average_chunk(parameters_[i].data_ptr<float>() + begin, ema[i].data_ptr<float>() + begin, count, base.ema_decay);
      continue;
    }
    Update update = base;
    if (parameters_[i].dim() >= 2) update.decay = static_cast<float>(options.weight_decay);
    update_chunk(parameters_[i].data_ptr<float>() + begin, parameters_[i].grad().data_ptr<float>() + begin, m[i].data_ptr<float>() + begin,
                 v[i].data_ptr<float>() + begin, ema.empty() ? nullptr : ema[i].data_ptr<float>() + begin, count, update);
  }
}

// m ← βm + (1−β)g; the step is along βm + (1−β)g (Nesterov).
void AdamW::muon_step(size_t i, double lr, double gradient_scale) {
  at::NoGradGuard no_grad;
  auto &p = parameters_[i], &g = p.mutable_grad();
  g.mul_((1 - kMuonMomentum) * gradient_scale);
  m[i].mul_(kMuonMomentum).add_(g);
  auto direction = orthogonalized(g.add_(m[i], kMuonMomentum));
  double rows = static_cast<double>(p.size(0)), columns = static_cast<double>(p.numel()) / rows;
  p.mul_(1 - lr * options.weight_decay).sub_(direction, 0.2 * std::sqrt(std::max(rows, columns)) * lr);
  g.zero_();
}

}  // namespace mg::nn
