#include "moviegen/train/tasks/tae_loss.h"

#include "moviegen/train/tasks/movement.h"

namespace mg::train {
namespace {

using at::Tensor;

// Errors below this count by their square. The absolute error alone pulls as hard on the many pixels that are nearly right as on
// the few that move, and those are what a short run must learn.
constexpr double kSoftness = 0.1;
constexpr int kScales = 3;
constexpr int64_t kWindow = 8;
// Constants of SSIM for a range of 2.
constexpr double kC1 = 0.01 * 0.01 * 4, kC2 = 0.03 * 0.03 * 4;

Tensor soft_size(const Tensor& x) { return ((x.square() + kSoftness * kSoftness).sqrt() - kSoftness).mean(); }

Tensor step_along(const Tensor& x, int64_t axis) {
  int64_t n = x.size(axis);
  return soft_size(x.narrow(axis, 1, n - 1) - x.narrow(axis, 0, n - 1));
}

// [B,C,T,H,W] → [B·C·T,1,H,W], for the 2D pooling.
Tensor as_planes(const Tensor& x) { return x.reshape({x.size(0) * x.size(1) * x.size(2), 1, x.size(3), x.size(4)}); }

Tensor window_mean(const Tensor& planes) {
  int64_t side = std::min({kWindow, planes.size(2), planes.size(3)}), stride = std::max<int64_t>(side / 2, 1);
  return at::avg_pool2d(planes, {side, side}, {stride, stride});
}

}  // namespace

Tensor with_motion_gain(const Tensor& error, const Tensor& target, double gain) {
  if (gain == 0 || target.size(2) < 2) return error;
  return error * (1 + gain * where_it_moves(target));
}

Tensor charbonnier_loss(const Tensor& error) { return soft_size(error); }

Tensor gradient_loss(const Tensor& error) {
  auto planes = as_planes(error);
  Tensor total = error.size(2) > 1 ? step_along(error, 2) : at::zeros({}, error.options());
  for (int scale = 0; scale < kScales && planes.size(2) > 1 && planes.size(3) > 1; ++scale) {
    if (scale) planes = at::avg_pool2d(planes, {2, 2});
    total = total + step_along(planes, 2) + step_along(planes, 3);
  }
  return total;
}

Tensor structure_loss(const Tensor& x_, const Tensor& target_) {
  auto x = as_planes(x_ + 1), target = as_planes(target_ + 1);  // means above zero, or the luminance term changes sign with a shade
  auto mean_x = window_mean(x), mean_t = window_mean(target);
  auto squares = window_mean(x.square() + target.square()) - mean_x.square() - mean_t.square();
  auto covariance = window_mean(x * target) - mean_x * mean_t;
  auto similarity = (2 * mean_x * mean_t + kC1) * (2 * covariance + kC2) /
                    ((mean_x.square() + mean_t.square() + kC1) * (squares + kC2));
  return 1 - similarity.mean();
}

Tensor kl_loss(const Tensor& mean, const Tensor& log_variance) {
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean();
}

Tensor outlier_penalty(const Tensor& latent, double r) {
  auto x = latent.transpose(1, 2).flatten(0, 1).flatten(2);  // [B·T,C,H·W]
  auto offset = x - x.mean(2, true);
  auto spread = (offset.square().mean(2).sum(1) + 1e-12).sqrt();  // ‖std‖ over channels
  auto distance = (offset.square().sum(1) + 1e-12).sqrt();
  return (distance - r * spread.unsqueeze(1)).clamp_min(0).mean();
}

Tensor discriminator_loss(const Tensor& real, const Tensor& fake) {
  return at::relu(1 - real).mean() + at::relu(1 + fake).mean();
}

}  // namespace mg::train
