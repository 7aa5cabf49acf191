#include "moviegen/audio/resample_features.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::audio {
namespace {

constexpr double kLongestMix_s = 0.5;
constexpr double kSameTime_s = 1e-6;  // k / 25 and a frame's own time differ by rounding

void check_times(const std::vector<double>& times_s) {
  if (times_s.empty()) throw UsageError("frame features: expected at least one frame");
  for (size_t i = 0; i < times_s.size(); ++i)
    if (!std::isfinite(times_s[i]) || (i > 0 && times_s[i] < times_s[i - 1]))
      throw UsageError("frame features: frame {} is at {} s after one at {} s; times must be finite and must not fall", i, times_s[i],
                       i > 0 ? times_s[i - 1] : 0.0);
}

}  // namespace

Resampling parse_resampling(const std::string& name) {
  if (name == "nearest") return Resampling::kNearest;
  if (name == "linear") return Resampling::kLinear;
  throw UsageError("resampling of frame features: expected nearest or linear, got '{}'", name);
}

StepFrames frames_of_steps(const std::vector<double>& times_s, int64_t steps, double rate, Resampling method, int64_t first_step) {
  check_times(times_s);
  StepFrames frames;
  auto last = static_cast<int64_t>(times_s.size()) - 1;
  int64_t at = 0;
  for (int64_t k = 0; k < steps; ++k) {
    double time = static_cast<double>(first_step + k) / rate;
    while (at < last && times_s[static_cast<size_t>(at + 1)] <= time + kSameTime_s) ++at;
    double own = times_s[static_cast<size_t>(at)], next = times_s[static_cast<size_t>(std::min(at + 1, last))];
    bool mixes = method == Resampling::kLinear && at < last && time > own && next - own <= kLongestMix_s;
    frames.earlier.push_back(at);
    frames.later.push_back(mixes ? at + 1 : at);
    frames.share.push_back(mixes ? static_cast<float>((time - own) / (next - own)) : 0.0f);
  }
  return frames;
}

Tensor resample_features(const Tensor& features, const StepFrames& frames) {
  return resample_features(features.unsqueeze(0), std::vector{frames}).squeeze(0);
}

Tensor resample_features(const Tensor& features, const std::vector<StepFrames>& frames) {
  int64_t B = features.size(0), F = features.size(1), S = frames.empty() ? 0 : static_cast<int64_t>(frames[0].share.size());
  check(static_cast<int64_t>(frames.size()) == B, "resample_features: {} lists of frames for {} items", frames.size(), B);
  std::vector<int64_t> earlier, later;
  std::vector<float> share;
  for (int64_t b = 0; b < B; ++b) {
    const auto& item = frames[static_cast<size_t>(b)];
    check(static_cast<int64_t>(item.share.size()) == S, "resample_features: items of {} and {} steps", S, item.share.size());
    for (size_t i = 0; i < item.share.size(); ++i) {
      check(item.later[i] < F, "resample_features: frame {} of {}", item.later[i], F);
      earlier.push_back(b * F + item.earlier[i]), later.push_back(b * F + item.later[i]);
    }
    share.insert(share.end(), item.share.begin(), item.share.end());
  }
  auto rows = features.reshape({B * F, -1});
  auto from = rows.index_select(0, torch::tensor(earlier, at::kLong)), to = rows.index_select(0, torch::tensor(later, at::kLong));
  return at::lerp(from, to, torch::tensor(share).unsqueeze(1).expand_as(from)).view({B, S, -1});
}

std::vector<double> frame_times(int64_t count, double fps, double start_s) {
  std::vector<double> times;
  for (int64_t i = 0; i < count; ++i) times.push_back(start_s + static_cast<double>(i) / fps);
  return times;
}

}  // namespace mg::audio
