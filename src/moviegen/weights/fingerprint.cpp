#include "moviegen/weights/fingerprint.h"

#include <fmt/format.h>

#include <bit>

#include "moviegen/core/random.h"
#include "moviegen/weights/state.h"

namespace mg::weights {

std::string fingerprint(const torch::nn::Module& module) {
  uint64_t hash = 0;
  for (const auto& [key, tensor] : state_of(module)) {
    auto flat = tensor.detach().to(at::kFloat).contiguous();
    const float* values = flat.data_ptr<float>();
    for (int64_t i = 0; i < flat.numel(); ++i) hash = mix_bits(hash ^ std::bit_cast<uint32_t>(values[i]));
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace mg::weights
