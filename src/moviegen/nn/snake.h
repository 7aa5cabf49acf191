// Snake, the periodic activation of sound networks (Ziyin et al. 2020): x + sin²(αx) / (α + 1e-9), α per channel; one pass
// forward, one backward, the sine vectorised.
#pragma once
#include "moviegen/nn/conv1d.h"

namespace mg::nn {

// x [B,S,C] f32 or bf16, alpha [1,C,1] → like x, in narrow_type(x) if `width` is narrow.
Tensor snake(const Tensor& x_BSC, const Tensor& alpha, Width width = Width::kNarrow);

}  // namespace mg::nn
