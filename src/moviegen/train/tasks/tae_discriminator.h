// Patch discriminator of the autoencoder: 2D convolutions with one over time, a logit for every 8×8 pixels and two
// frames, each seeing about 30×30 pixels. It takes images (one frame) and clips of any size divisible by 8.
#pragma once
#include "moviegen/tae/layers.h"

namespace mg::train {

struct PatchDiscriminatorImpl : torch::nn::Module {
  explicit PatchDiscriminatorImpl(int64_t width = 48);
  // Pixels [B,3,T,H,W] → logits [T',B,H/8,W/8,1].
  at::Tensor forward(const at::Tensor& pixels_BCTHW);
  tae::FrameConv shrink1{nullptr}, shrink2{nullptr}, out{nullptr};
  tae::TimeConv time1{nullptr};
  tae::PairConv pair{nullptr};
  nn::RmsNorm norm1{nullptr}, norm2{nullptr}, norm3{nullptr}, norm4{nullptr};
};
TORCH_MODULE(PatchDiscriminator);

}  // namespace mg::train
