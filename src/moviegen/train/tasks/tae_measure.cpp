#include "moviegen/train/tasks/tae_measure.h"

#include <cmath>

namespace mg::train {
namespace {

using at::Tensor;

constexpr double kMoved = 12.0 / 255, kLeastMoved = 1e-3;
constexpr double kPerfectPsnr = 100;  // of equal pictures, so that means stay finite

Tensor as_seen(const Tensor& x) { return ((x + 1) * 127.5).clamp(0, 255).round() / 255; }

double psnr_of(double mean_square) { return mean_square < 1e-10 ? kPerfectPsnr : -10 * std::log10(mean_square); }

Tensor luma(const Tensor& x) { return (0.299 * x[0] + 0.587 * x[1] + 0.114 * x[2]).unsqueeze(1); }  // [T,1,H,W]

Tensor blur(const Tensor& x) {
  auto axis = torch::arange(-5, 6, at::kFloat);
  auto window = (-axis.square() / (2 * 1.5 * 1.5)).exp();
  window /= window.sum();
  return at::conv2d(at::conv2d(x, window.view({1, 1, 1, 11})), window.view({1, 1, 11, 1}));
}

}  // namespace

double psnr(const Tensor& reconstruction, const Tensor& target) {
  return psnr_of((as_seen(reconstruction) - as_seen(target)).square().mean().item<double>());
}

double ssim(const Tensor& reconstruction, const Tensor& target) {
  constexpr double kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;
  auto x = luma(as_seen(reconstruction)), y = luma(as_seen(target));
  auto mx = blur(x), my = blur(y);
  auto vx = blur(x * x) - mx * mx, vy = blur(y * y) - my * my, covariance = blur(x * y) - mx * my;
  return (((2 * mx * my + kC1) * (2 * covariance + kC2)) / ((mx * mx + my * my + kC1) * (vx + vy + kC2))).mean().item<double>();
}

std::optional<double> motion_psnr(const Tensor& reconstruction, const Tensor& target) {
  int64_t frames = target.size(1);
  if (frames < 2) return std::nullopt;
  auto x = as_seen(reconstruction).narrow(1, 1, frames - 1), seen = as_seen(target), y = seen.narrow(1, 1, frames - 1);
  auto change = (y - seen.narrow(1, 0, frames - 1)).abs().amax(0).unsqueeze(1);  // [T-1,1,H,W]
  auto moved = at::max_pool2d((change > kMoved).to(at::kFloat), {3, 3}, {1, 1}, {1, 1}).squeeze(1).unsqueeze(0);
  double pixels = moved.sum().item<double>();
  if (pixels < kLeastMoved * static_cast<double>(moved.numel())) return std::nullopt;
  return psnr_of(((x - y).square() * moved).sum().item<double>() / (3 * pixels));
}

Tensor reconstruct(tae::Autoencoder& model, const Tensor& pixels) {
  at::NoGradGuard no_grad;
  auto raw = model->encoder(pixels.unsqueeze(0)).first;  // unnormalised: the statistics are only known after training
  bool is_still = pixels.size(1) == 1;
  return model->decoder(raw, is_still).narrow(2, 0, pixels.size(1)).squeeze(0);
}

Reconstruction measure(tae::Autoencoder& model, const Tensor& pixels) {
  auto made = reconstruct(model, pixels);
  return {psnr(made, pixels), ssim(made, pixels), motion_psnr(made, pixels)};
}

Summary summarise(const std::vector<double>& values) {
  Summary s;
  s.count = static_cast<int64_t>(values.size());
  if (values.empty()) return s;
  double n = static_cast<double>(s.count), squares = 0;
  for (double value : values) s.mean += value / n;
  for (double value : values) squares += (value - s.mean) * (value - s.mean);
  if (s.count > 1) s.half_interval = 1.96 * std::sqrt(squares / (n - 1) / n);
  return s;
}

}  // namespace mg::train
