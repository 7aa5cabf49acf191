// Rendered clips and pictures as tensors. C channels · T frames · H W pixels; pixels in [−1,1].
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "moviegen/data/world/world.h"
#include "moviegen/media/image.h"

namespace mg::data {

// [3,T,H,W].
at::Tensor clip_tensor(const world::Clip& clip);
// Frames of one size as [3,T,H,W].
at::Tensor film_tensor(const std::vector<media::Image>& frames);
// One frame of pixels [3,T,H,W] (or [B,3,T,H,W] with B = 1), clamped and rounded; and all of them.
media::Image image_of(const at::Tensor& pixels, int64_t frame = 0);
std::vector<media::Image> images_of(const at::Tensor& pixels);

}  // namespace mg::data
