#include "moviegen/nn/layers.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::nn {

// N(0, 1/in): activations keep their variance through the stack, whatever the width.
LinearImpl::LinearImpl(int64_t in, int64_t out, bool with_bias) {
  weight = register_parameter("weight", torch::randn({out, in}) / std::sqrt(static_cast<double>(in)));
  if (with_bias) bias = register_parameter("bias", torch::zeros({out}));
}

Tensor LinearImpl::forward(const Tensor& x) { return linear(x, weight, bias); }

void LinearImpl::zero_() {
  at::NoGradGuard no_grad;
  weight.zero_();
  if (bias.defined()) bias.zero_();
}

RmsNormImpl::RmsNormImpl(int64_t width, double eps_) : eps(eps_) { weight = register_parameter("weight", torch::ones({width})); }
Tensor RmsNormImpl::forward(const Tensor& x) { return rms_norm(x, weight, eps); }

SwiGluImpl::SwiGluImpl(int64_t width, int64_t hidden, bool with_conv) {
  w_in = register_module("w_in", Linear(width, 2 * hidden, false));
  w_out = register_module("w_out", Linear(hidden, width, false));
  if (!with_conv) return;
  auto start = torch::zeros({27, hidden});
  start.select(0, 13) += 1;  // the identity: the network starts as if the convolution were not there
  conv = register_parameter("conv", start);
}

Tensor SwiGluImpl::forward(const Tensor& x, std::array<int64_t, 3> grid) {
  auto hidden = swiglu(w_in(x));
  if (conv.defined()) {
    check(grid[0] * grid[1] * grid[2] == x.size(1), "SwiGlu: grid {}×{}×{} for {} tokens", grid[0], grid[1], grid[2], x.size(1));
    hidden = depthwise_conv(hidden.view({x.size(0), grid[0], grid[1], grid[2], -1}), conv).reshape({x.size(0), x.size(1), -1});
  }
  return w_out(hidden);
}

TimestepEmbeddingImpl::TimestepEmbeddingImpl(int64_t width, int64_t frequencies_) : frequencies(frequencies_) {
  in = register_module("in", Linear(frequencies, width));
  out = register_module("out", Linear(width, width));
}

Tensor TimestepEmbeddingImpl::forward(const Tensor& t_B) {
  int64_t half = frequencies / 2;
  auto rates = at::exp(at::arange(half, t_B.options()) * (-std::log(10000.0) / static_cast<double>(half)));
  auto angles = t_B.unsqueeze(1) * 1000.0 * rates.unsqueeze(0);
  return out(at::silu(in(at::cat({angles.cos(), angles.sin()}, 1))));
}

FactorizedPositionsImpl::FactorizedPositionsImpl(int64_t width, int64_t max_t, int64_t max_h, int64_t max_w) {
  table_t = register_parameter("table_t", torch::randn({max_t, width}) * 0.02);
  table_h = register_parameter("table_h", torch::randn({max_h, width}) * 0.02);
  table_w = register_parameter("table_w", torch::randn({max_w, width}) * 0.02);
}

Tensor FactorizedPositionsImpl::forward(std::array<int64_t, 3> grid) {
  const Tensor* tables[] = {&table_t, &table_h, &table_w};
  const char* axes[] = {"latent frames", "token rows", "token columns"};
  for (int i = 0; i < 3; ++i)
    if (grid[i] > tables[i]->size(0)) throw UsageError("the model has positions for {} {}, asked for {}", tables[i]->size(0), axes[i], grid[i]);
  int64_t width = table_t.size(1);
  auto sum = table_t.narrow(0, 0, grid[0]).view({grid[0], 1, 1, width}) + table_h.narrow(0, 0, grid[1]).view({1, grid[1], 1, width}) +
             table_w.narrow(0, 0, grid[2]).view({1, 1, grid[2], width});
  return sum.reshape({-1, width});
}

Tensor patchify(const Tensor& x, int64_t p) {
  int64_t B = x.size(0), C = x.size(1), T = x.size(2), H = x.size(3), W = x.size(4);
  return x.reshape({B, C, T, H / p, p, W / p, p}).permute({0, 2, 3, 5, 1, 4, 6}).reshape({B, T * (H / p) * (W / p), C * p * p});
}

Tensor unpatchify(const Tensor& x, int64_t channels, std::array<int64_t, 3> grid, int64_t p) {
  return x.reshape({x.size(0), grid[0], grid[1], grid[2], channels, p, p})
      .permute({0, 4, 1, 2, 5, 3, 6})
      .reshape({x.size(0), channels, grid[0], grid[1] * p, grid[2] * p});
}

}  // namespace mg::nn
