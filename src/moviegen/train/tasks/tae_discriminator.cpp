#include "moviegen/train/tasks/tae_discriminator.h"

#include "moviegen/tae/activations.h"

namespace mg::train {
namespace {

constexpr int64_t kFold = 2;  // pixels enter as 2×2 blocks: the first layer sees texture at a quarter of the cost

}  // namespace

PatchDiscriminatorImpl::PatchDiscriminatorImpl(int64_t width) {
  shrink1 = register_module("shrink1", tae::FrameConv(3 * kFold * kFold, width, 3, 2));
  norm1 = register_module("norm1", nn::RmsNorm(width));
  time1 = register_module("time1", tae::TimeConv(width, width, 2));
  norm2 = register_module("norm2", nn::RmsNorm(width));
  shrink2 = register_module("shrink2", tae::FrameConv(width, 2 * width, 3, 2));
  norm3 = register_module("norm3", nn::RmsNorm(2 * width));
  pair = register_module("pair", tae::PairConv(2 * width, 2 * width));
  norm4 = register_module("norm4", nn::RmsNorm(2 * width));
  out = register_module("out", tae::FrameConv(2 * width, 1, 1));
}

at::Tensor PatchDiscriminatorImpl::forward(const at::Tensor& pixels) {
  auto narrow = tae::Width::kNarrow;
  auto x = shrink1(tae::fold_pixels(pixels, kFold), narrow);
  x = time1(tae::norm_silu(x, norm1->weight), narrow);
  x = shrink2(tae::norm_silu(x, norm2->weight), narrow);
  x = pair(tae::norm_silu(x, norm3->weight), narrow);
  return out(tae::norm_silu(x, norm4->weight));
}

}  // namespace mg::train
