#include "moviegen/train/tasks/movement.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace mg::train {
namespace {

using at::Tensor;

constexpr double kFullChange = 0.25;  // of a range of 2
constexpr int64_t kFrames[] = {1, 2, 4}, kPixels[] = {1, 2, 4};
constexpr double kLeastWeight = 0.4;

// Means of blocks of frames × side × side, with straight lines between their middles.
Tensor blurred(const Tensor& x, int64_t frames, int64_t side) {
  frames = std::min(frames, x.size(2)), side = std::min({side, x.size(3), x.size(4)});
  auto means = at::avg_pool3d(x, {frames, side, side}, {frames, side, side}, {0, 0, 0}, /*ceil_mode=*/true, /*count_include_pad=*/false);
  return at::upsample_trilinear3d(means, x.sizes().slice(2), /*align_corners=*/false);
}

}  // namespace

Tensor where_it_moves(const Tensor& pixels) {
  int64_t T = pixels.size(2);
  auto change = (pixels.narrow(2, 1, T - 1) - pixels.narrow(2, 0, T - 1)).abs().amax(1, true).div_(kFullChange).clamp_max_(1);  // [B,1,T−1,H,W]
  auto before = at::constant_pad_nd(change, {0, 0, 0, 0, 1, 0}), after = at::constant_pad_nd(change, {0, 0, 0, 0, 0, 1});
  return at::max_pool3d(at::maximum(before, after), {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
}

Tensor soften_movement(const Tensor& pixels, double share, Generator& generator) {
  if (share == 0 || pixels.size(2) < 2) return pixels;
  auto films = pixels.clone();
  for (int64_t i = 0; i < films.size(0); ++i) {
    bool is_soft = generator.chance(share);
    int64_t frames = kFrames[generator.below(3)], side = kPixels[generator.below(3)];
    double weight = kLeastWeight + (1 - kLeastWeight) * generator.uniform();
    if (!is_soft || (frames == 1 && side == 1)) continue;
    auto film = films.narrow(0, i, 1);
    film.add_(where_it_moves(film).mul_(weight) * (blurred(film, frames, side) - film));
  }
  return films;
}

}  // namespace mg::train
