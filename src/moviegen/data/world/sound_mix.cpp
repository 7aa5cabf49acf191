#include "moviegen/data/world/sound_mix.h"

#include <algorithm>
#include <cmath>

namespace mg::world {
namespace {

constexpr size_t kBlock = 256;  // samples between settings of a moving loop's place

struct Pan {
  double left, right;
};

// Constant power: −3 dB on both sides in the middle.
Pan pan_at(double x, double gain) {
  double angle = (x + 1) * std::numbers::pi / 4;
  return {gain * std::cos(angle), gain * std::sin(angle)};
}

}  // namespace

void add_shot(const Take& take, const SoundEvent& event, double rate, Stereo& mix) {
  Pan pan = pan_at(event.x, event.gain);
  size_t start = samples_of(event.time_s), count = mix.size() / 2;
  double length = static_cast<double>(take.samples.size()) - 1, at = 0;
  for (size_t i = start; i < count && at < length; ++i, at += rate) {
    size_t whole = static_cast<size_t>(at);
    float part = static_cast<float>(at - static_cast<double>(whole));
    float value = take.samples[whole] + (take.samples[whole + 1] - take.samples[whole]) * part;
    mix[2 * i] += static_cast<float>(pan.left) * value, mix[2 * i + 1] += static_cast<float>(pan.right) * value;
  }
}

void add_loop(const Take& take, const SoundEvent& event, double start, Stereo& mix) {
  size_t count = mix.size() / 2, length = take.samples.size();
  bool surrounds = event.sound->kind != SoundKind::kLoop;
  size_t left_at = static_cast<size_t>(start * static_cast<double>(length)) % length, right_at = surrounds ? (left_at + length / 2) % length : left_at;
  auto pan_of = [&](size_t i) {
    double u = static_cast<double>(i) / static_cast<double>(count);
    return pan_at(event.x + (event.x_end - event.x) * u, event.gain + (event.gain_end - event.gain) * u);
  };
  for (size_t from = 0; from < count; from += kBlock) {
    size_t end = std::min(count, from + kBlock);
    Pan a = pan_of(from), b = pan_of(end);
    double step = 1.0 / static_cast<double>(end - from);
    for (size_t i = from; i < end; ++i) {
      double u = static_cast<double>(i - from) * step;
      mix[2 * i] += static_cast<float>(a.left + (b.left - a.left) * u) * take.samples[left_at];
      mix[2 * i + 1] += static_cast<float>(a.right + (b.right - a.right) * u) * take.samples[right_at];
      if (++left_at == length) left_at = 0;
      if (++right_at == length) right_at = 0;
    }
  }
}

}  // namespace mg::world
