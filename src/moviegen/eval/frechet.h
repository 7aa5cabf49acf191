// The Fréchet distance of two sets of features, each taken for a Gaussian:
//   d² = |m₁ − m₂|² + tr(C₁ + C₂ − 2·(C₁^½·C₂·C₁^½)^½)
// It grows with 1/N for the same distributions, so only sets of one size compare. All in f64.
#pragma once
#include <ATen/core/Tensor.h>

namespace mg::eval {

struct Gaussian {
  at::Tensor mean, covariance;  // [F], [F,F]
};

// Features [N,F] with N of at least 2; covariance over N − 1. Throws UsageError, DataError if a feature is not finite.
Gaussian fit_gaussian(const at::Tensor& features_NF);
// d², not below 0. Throws UsageError if the widths differ.
double frechet_distance(const Gaussian& a, const Gaussian& b);

}  // namespace mg::eval
