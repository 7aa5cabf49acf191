// Where films move, and films whose movement is soft.
#pragma once
#include <ATen/core/Tensor.h>

#include "moviegen/core/random.h"

namespace mg::train {

// [B,1,T,H,W], 1 where the pixels [B,3,T,H,W] in [−1,1] change from one frame to the next by an eighth of their range or more, or a pixel
// beside does; a share of it where they change less. T ≥ 2.
at::Tensor where_it_moves(const at::Tensor& pixels_BCTHW);

// ours: films [B,3,T,H,W] as a lossy codec or a generator gives them back: a share of them, each by its own draw, blurred over up to four
// frames and four pixels where they move and nowhere else. The others are untouched.
at::Tensor soften_movement(const at::Tensor& pixels_BCTHW, double share, Generator& generator);

}  // namespace mg::train
