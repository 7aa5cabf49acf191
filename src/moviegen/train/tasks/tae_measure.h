// How close a reconstruction is: PSNR, SSIM, and PSNR where the picture moves. All take pixels [3,T,H,W] in [−1,1].
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "moviegen/tae/autoencoder.h"

namespace mg::train {

// 10·log10(peak² / mean square error), the reconstruction clamped and rounded to 8 bits as a viewer sees it.
double psnr(const at::Tensor& reconstruction, const at::Tensor& target);
// Structural similarity of luma, Gaussian window 11×11 of deviation 1.5, mean over pixels and frames.
double ssim(const at::Tensor& reconstruction, const at::Tensor& target);
// PSNR over the pixels that differ from the frame before by more than 12 of 255 levels, or lie beside such a pixel;
// nothing when less than one in a thousand does.
std::optional<double> motion_psnr(const at::Tensor& reconstruction, const at::Tensor& target);

struct Reconstruction {
  double psnr = 0, ssim = 0;
  std::optional<double> motion_psnr;
};
// Encodes and decodes one clip, through the mean latent.
at::Tensor reconstruct(tae::Autoencoder& model, const at::Tensor& pixels_CTHW);
Reconstruction measure(tae::Autoencoder& model, const at::Tensor& pixels_CTHW);

struct Summary {
  double mean = 0, half_interval = 0;  // 95 %, normal approximation
  int64_t count = 0;
};
Summary summarise(const std::vector<double>& values);

}  // namespace mg::train
