#include "moviegen/nn/orthogonal.h"

#include <array>

#include "moviegen/nn/matmul.h"

namespace mg::nn {

at::Tensor orthogonalized(const at::Tensor& x) {
  // a·s + b·s³ + c·s⁵ of each step: the quintic nearest to one on the range that the step before leaves, first of 0.01 to 1
  // (Amsel et al., "The Polar Express", 2025, derive them so). Three reach what four with one quintic for all steps do.
  struct Quintic {
    double a, b, c;
  };
  constexpr std::array<Quintic, 3> kSteps = {{{8.0934, -23.6204, 17.4462}, {3.6366, -2.7219, 0.5365}, {2.6613, -1.9772, 0.4526}}};
  auto y = x.reshape({x.size(0), -1});
  bool tall = y.size(0) > y.size(1);
  if (tall) y = y.t().contiguous();
  y = y / (y.norm() + 1e-12);
  for (const auto& [a, b, c] : kSteps) {
    auto narrow_y = operand(y);
    auto gram = product(narrow_y, false, narrow_y, true);
    auto narrow_gram = operand(gram);
    auto polynomial = product(narrow_gram, false, narrow_gram, false).mul_(c).add_(gram, b);
    y = product(operand(polynomial), false, narrow_y, false, {}, y * a);
  }
  return (tall ? y.t() : y).reshape(x.sizes());
}

}  // namespace mg::nn
