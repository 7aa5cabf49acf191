// bf16 in our own kernels: bits in 16-bit integers, widened and rounded by hand so that loops vectorise.
#pragma once
#include <ATen/core/Tensor.h>

#include <bit>
#include <cstdint>

namespace mg::nn {

using Bf16 = uint16_t;  // the upper half of an f32

[[gnu::always_inline]] inline float load_float(float x) { return x; }
[[gnu::always_inline]] inline float load_float(Bf16 x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }
[[gnu::always_inline]] inline void store_float(float x, float& out) { out = x; }
[[gnu::always_inline]] inline void store_float(float x, Bf16& out) {  // to nearest, ties to even
  uint32_t bits = std::bit_cast<uint32_t>(x);
  out = static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline Bf16* bf16_data(const at::Tensor& x) { return reinterpret_cast<Bf16*>(x.data_ptr<at::BFloat16>()); }

}  // namespace mg::nn
