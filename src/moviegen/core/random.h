// Seeded random numbers that are the same on every machine and thread count: a counter-based generator
// (SplitMix64 over key and counter). A stream is f(seed, stream name); nothing is global.
#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace mg {

// Mixes 64 bits thoroughly (the SplitMix64 finaliser).
constexpr uint64_t mix_bits(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

class Generator {
 public:
  explicit Generator(uint64_t seed, std::string_view stream = {}) : key_(mix_bits(seed + 0x9e3779b97f4a7c15ULL)) {
    for (char c : stream) key_ = mix_bits(key_ ^ static_cast<unsigned char>(c));
  }

  uint64_t next() { return mix_bits(key_ + 0x9e3779b97f4a7c15ULL * ++counter_); }
  // Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Uniform integer in [0, n); n > 0.
  int below(int n) { return static_cast<int>(uniform() * n); }
  bool chance(double p) { return uniform() < p; }
  // Standard normal (Box-Muller, one value per two draws).
  double normal() {
    double u = 1.0 - uniform(), v = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
  }
  // An independent generator for a part, so that one part's draws never shift another's.
  Generator fork(std::string_view name) const {
    Generator g(0);
    g.key_ = key_;
    for (char c : name) g.key_ = mix_bits(g.key_ ^ static_cast<unsigned char>(c));
    return g;
  }
  uint64_t counter() const { return counter_; }
  void set_counter(uint64_t counter) { counter_ = counter; }

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace mg
