// With wanted gain g[n] = ceiling / peak[n] (at most 1): m[n] = min g[n … n+L], r[n] = min(m[n], r recovering), and the gain
// used is the mean of r[n−L+1 … n]. For a peak at p all r of that mean are at most g[p], so the peak stays below the ceiling.
#include "moviegen/media/limiter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::media {
namespace {

constexpr double kAhead_s = 0.005, kRecovery_s = 0.08;
constexpr std::array kMiddle = {1225.0 / 2048, -245.0 / 2048, 49.0 / 2048, -5.0 / 2048};  // weights outwards from the middle
constexpr size_t kPast = 2 * kMiddle.size() - 1;                                          // frames before the newest one

}  // namespace

Limiter::Limiter(int sample_rate, int channels, double ceiling)
    : sample_rate_(sample_rate), channels_(channels), ceiling_(ceiling), recovery_(1 - std::exp(-1 / (kRecovery_s * sample_rate))),
      ahead_(std::max<int64_t>(1, std::llround(kAhead_s * sample_rate))), before_(kPast * static_cast<size_t>(channels), 0.0f),
      gains_(static_cast<size_t>(ahead_), 1.0), gain_sum_(static_cast<double>(ahead_)) {
  check(sample_rate > 0 && channels > 0 && ceiling > 0, "limiter: rate {}, {} channels, ceiling {}", sample_rate, channels, ceiling);
  out_ = {.sample_rate = sample_rate, .channels = channels};
}

// The frame itself, and the middle of the eight last ones by Lagrange's polynomial.
double Limiter::peak_at(const float* frame) const {
  double peak = 0;
  for (int c = 0; c < channels_; ++c) {
    auto at = [&](size_t k) { return static_cast<double>(k < kPast ? before_[k * static_cast<size_t>(channels_) + static_cast<size_t>(c)] : frame[c]); };
    double middle = 0;
    for (size_t k = 0; k < kMiddle.size(); ++k) middle += kMiddle[k] * (at(kMiddle.size() - 1 - k) + at(kMiddle.size() + k));
    peak = std::max({peak, std::abs(at(kPast)), std::abs(middle)});
  }
  return peak;
}

void Limiter::take(const float* frame, double peak) {
  double wanted = peak > ceiling_ ? ceiling_ / peak : 1;
  while (!minima_.empty() && minima_.back().second >= wanted) minima_.pop_back();
  minima_.emplace_back(taken_, wanted);
  waiting_.insert(waiting_.end(), frame, frame + channels_);
  std::rotate(before_.begin(), before_.begin() + channels_, before_.end());
  std::copy_n(frame, channels_, before_.end() - channels_);
  int64_t due = taken_++ - ahead_;  // the frame that has been looked ahead from
  if (due < 0) return;
  while (minima_.front().first < due) minima_.pop_front();
  gain_ = std::min(minima_.front().second, gain_ + (1 - gain_) * recovery_);
  if (gain_ > 1 - 1e-6) gain_ = 1;  // so that untouched sound is exactly itself
  if (due == 0) std::fill(gains_.begin(), gains_.end(), gain_), gain_sum_ = gain_ * static_cast<double>(ahead_);
  gain_sum_ += gain_ - gains_.front();
  gains_.pop_front(), gains_.push_back(gain_);
  if (gain_ == 1 && gain_sum_ > static_cast<double>(ahead_) - 1e-9) gain_sum_ = static_cast<double>(ahead_);
  auto used = static_cast<float>(gain_sum_ / static_cast<double>(ahead_));
  for (int c = 0; c < channels_; ++c) out_.samples.push_back(waiting_.front() * used), waiting_.pop_front();
}

Sound Limiter::push(const Sound& block) {
  check(block.channels == channels_ && block.sample_rate == sample_rate_, "limiter: a block of another format");
  out_.samples.clear();
  for (int64_t i = 0; i < block.frames(); ++i) {
    const float* frame = block.samples.data() + i * channels_;
    take(frame, peak_at(frame));
  }
  return out_;
}

// Silence pushes out what waits: `ahead_` frames let exactly as many through as were held back.
Sound Limiter::finish() {
  Sound silence{.sample_rate = sample_rate_, .channels = channels_};
  silence.samples.assign(static_cast<size_t>(ahead_ * channels_), 0.0f);
  return push(silence);
}

}  // namespace mg::media
