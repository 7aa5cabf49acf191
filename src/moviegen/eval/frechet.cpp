#include "moviegen/eval/frechet.h"

#include "moviegen/core/error.h"

namespace mg::eval {
namespace {

// Square root of a symmetric positive semi-definite matrix; eigenvalues that rounding made negative count as 0.
at::Tensor symmetric_root(const at::Tensor& matrix) {
  auto [values, vectors] = at::linalg_eigh(matrix);
  return at::matmul(vectors * values.clamp_min(0).sqrt(), vectors.t());
}

}  // namespace

Gaussian fit_gaussian(const at::Tensor& features) {
  if (features.dim() != 2 || features.size(0) < 2 || features.size(1) < 1)
    throw UsageError("Fréchet distance: expected features [N,F] of at least two sounds, got [{}]", fmt::join(features.sizes().begin(), features.sizes().end(), ","));
  auto x = features.to(at::kDouble);
  if (!x.isfinite().all().item<bool>()) throw DataError("Fréchet distance: a feature is not finite");
  auto mean = x.mean(0);
  auto centred = x - mean;
  return {mean, centred.t().mm(centred) / static_cast<double>(x.size(0) - 1)};
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  if (a.mean.size(0) != b.mean.size(0)) throw UsageError("Fréchet distance: features of {} and {} values", a.mean.size(0), b.mean.size(0));
  auto root = symmetric_root(a.covariance);
  auto product = root.mm(b.covariance).mm(root);
  auto cross = at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum();
  auto squared = (a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace() - 2 * cross;
  return std::max(squared.item<double>(), 0.0);
}

}  // namespace mg::eval
