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

// e^x to 2e-7 relative, for x in [-87, 88]; clamps outside. Branch-free, so loops over it vectorise.
[[gnu::always_inline]] inline float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float scaled = x * 1.44269504f;
  float whole = static_cast<float>(static_cast<int32_t>(scaled + (scaled < 0 ? -0.5f : 0.5f)));
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
