// What a request will cost, from shapes alone: shown by --dry-run before anything is loaded.
#pragma once
#include "moviegen/generate/model_description.h"

namespace mg::generate {

struct Plan {
  video::TokenGrid grid;
  int64_t forward_passes;  // of the transformer, the two sides of guidance counted singly
  double denoise_flops, decode_flops;
  double memory_bytes;     // guess of the peak
  double flops() const { return denoise_flops + decode_flops; }
};

// `resolved` as resolve() gave it.
Plan plan_of(const Request& resolved, const ModelDescription& model);
// Matrix FLOP/s of this machine right now, measured in some ten milliseconds.
double measure_rate();

}  // namespace mg::generate
