// The parts synthesised sounds are made of: filters, noise and envelopes at kSoundRate, mono.
#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/world/world.h"

namespace mg::world {

using Samples = std::vector<float>;  // mono at kSoundRate

inline size_t samples_of(double seconds) { return static_cast<size_t>(std::max(0.0, std::round(seconds * kSoundRate))); }
inline double turn(double hz) { return 2 * std::numbers::pi * hz / kSoundRate; }  // radians a sample

// Second-order section after Robert Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients".
class Biquad {
 public:
  static Biquad low_pass(double hz, double q = 0.707) {
    double w = turn(bounded(hz)), c = std::cos(w), alpha = std::sin(w) / (2 * q);
    return {(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha};
  }
  static Biquad high_pass(double hz, double q = 0.707) {
    double w = turn(bounded(hz)), c = std::cos(w), alpha = std::sin(w) / (2 * q);
    return {(1 + c) / 2, -1 - c, (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha};
  }
  // Gain 1 at the centre.
  static Biquad band_pass(double hz, double q) {
    double w = turn(bounded(hz)), alpha = std::sin(w) / (2 * q);
    return {alpha, 0, -alpha, 1 + alpha, -2 * std::cos(w), 1 - alpha};
  }
  float operator()(double x) {
    double y = b0_ * x + z1_;
    z1_ = b1_ * x - a1_ * y + z2_;
    z2_ = b2_ * x - a2_ * y;
    return static_cast<float>(y);
  }
  // Other coefficients, same state: for centres that glide.
  void retune(const Biquad& other) { b0_ = other.b0_, b1_ = other.b1_, b2_ = other.b2_, a1_ = other.a1_, a2_ = other.a2_; }
  void run(Samples& samples) {
    for (float& x : samples) x = (*this)(x);
  }

 private:
  Biquad(double b0, double b1, double b2, double a0, double a1, double a2) : b0_(b0 / a0), b1_(b1 / a0), b2_(b2 / a0), a1_(a1 / a0), a2_(a2 / a0) {}
  static double bounded(double hz) { return std::clamp(hz, 10.0, 0.49 * kSoundRate); }

  double b0_, b1_, b2_, a1_, a2_, z1_ = 0, z2_ = 0;
};

inline float white(Generator& generator) { return static_cast<float>(generator.uniform(-1, 1)); }

// Slowly wandering value around 0, about ±1, that changes `hz` times a second: the gusts of wind, the swell of the sea.
class Wander {
 public:
  Wander(Generator generator, double hz) : generator_(generator), step_(hz / kSoundRate), from_(generator_.normal() * 0.6), to_(generator_.normal() * 0.6) {}
  double next() {
    if ((at_ += step_) >= 1) at_ -= 1, from_ = to_, to_ = generator_.normal() * 0.6;
    double s = at_ * at_ * (3 - 2 * at_);
    return from_ + (to_ - from_) * s;
  }

 private:
  Generator generator_;
  double step_, from_, to_, at_ = 0;
};

// Rises in `attack_s`, then dies away to 1/e in `decay_s`.
inline double strike(double t, double attack_s, double decay_s) {
  return t < 0 ? 0 : t < attack_s ? t / attack_s : std::exp(-(t - attack_s) / decay_s);
}

}  // namespace mg::world
