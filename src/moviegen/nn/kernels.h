// What the CPU kernels share: clones per instruction set, and an exponential that vectorises.
#pragma once
#include <bit>
#include <cstdint>

// The build has no -march: each kernel is compiled for AVX-512, AVX2 and the baseline, and the loader picks.
#if defined(__SANITIZE_ADDRESS__)
#define MG_KERNEL
#else
#define MG_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

namespace mg::nn {

// e^x to 2e-7 relative, for x in [-87, 87]; clamps outside, keeps NaN. No comparison of floats: they may trap, so loops
// around them stay scalar (checked in the machine code: the AVX-512 clone of swiglu_row divides by vdivps).
[[gnu::always_inline]] inline float fast_exp(float x) {
  constexpr int32_t kLimit = std::bit_cast<int32_t>(87.0f), kInfinity = 0x7f800000, kSign = INT32_MIN;
  int32_t bits = std::bit_cast<int32_t>(x), size = bits & ~kSign;
  size = (size > kLimit) & (size <= kInfinity) ? kLimit : size;
  x = std::bit_cast<float>(size | (bits & kSign));
  constexpr float kRounder = 12582912.0f;  // 1.5 · 2^23: adding and taking it away rounds to a whole number
  float whole = (x * 1.44269504f + kRounder) - kRounder;
  float r = x - whole * 0.693359375f + whole * 2.12194440e-4f;  // ln 2 in two parts
  float p = 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * std::bit_cast<float>((static_cast<int32_t>(whole) + 127) << 23);
}

}  // namespace mg::nn
