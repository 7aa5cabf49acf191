// Modules every network shares. Parameter names are the key names on disk.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "moviegen/nn/ops.h"

namespace mg::nn {

// Linear layer on the hot path. Keys: weight [out,in], bias [out].
struct LinearImpl : torch::nn::Module {
  LinearImpl(int64_t in, int64_t out, bool with_bias = true);
  Tensor forward(const Tensor& x);
  void zero_();  // start at zero (modulation outputs, final projections, new inputs)
  Tensor weight, bias;
};
TORCH_MODULE(Linear);

// Key: weight [D].
struct RmsNormImpl : torch::nn::Module {
  explicit RmsNormImpl(int64_t width, double eps = 1e-6);
  Tensor forward(const Tensor& x);
  Tensor weight;
  double eps;
};
TORCH_MODULE(RmsNorm);

// SwiGLU feed-forward: w_in [2F, D] (gate and value stacked), w_out [D, F], no biases; optional depthwise 3×3×3
// convolution over the token grid on the F channels ("conv" [27,F], identity start).
struct SwiGluImpl : torch::nn::Module {
  SwiGluImpl(int64_t width, int64_t hidden, bool with_conv = false);
  // x [B,S,D]; grid = {T,H,W} with T·H·W = S, used only by the convolution.
  Tensor forward(const Tensor& x, std::array<int64_t, 3> grid = {0, 0, 0});
  Linear w_in{nullptr}, w_out{nullptr};
  Tensor conv;
};
TORCH_MODULE(SwiGlu);

// sin/cos features of flow time t in [0,1] (times 1000), 256 wide → MLP → [B, D]. Facts sheet 13.
struct TimestepEmbeddingImpl : torch::nn::Module {
  explicit TimestepEmbeddingImpl(int64_t width, int64_t frequencies = 256);
  Tensor forward(const Tensor& t_B);
  Linear in{nullptr}, out{nullptr};
  int64_t frequencies;
};
TORCH_MODULE(TimestepEmbedding);

// Learned positions, one table an axis, added: table_t [maxT,D], table_h [maxH,D], table_w [maxW,D] (NaViT; facts 3.3).
struct FactorizedPositionsImpl : torch::nn::Module {
  FactorizedPositionsImpl(int64_t width, int64_t max_t, int64_t max_h, int64_t max_w);
  Tensor forward(std::array<int64_t, 3> grid);  // → [S, D]
  Tensor table_t, table_h, table_w;
};
TORCH_MODULE(FactorizedPositions);

// Latents ↔ tokens with patch 1×p×p: [B,C,T,H,W] ↔ [B, T·(H/p)·(W/p), C·p·p].
Tensor patchify(const Tensor& x_BCTHW, int64_t p);
Tensor unpatchify(const Tensor& x_BSD, int64_t channels, std::array<int64_t, 3> grid, int64_t p);

}  // namespace mg::nn
