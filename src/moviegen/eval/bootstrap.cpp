#include "moviegen/eval/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "moviegen/core/random.h"

namespace mg::eval {
namespace {

constexpr double kOutside = 0.025;  // on either side: 95 % intervals

// Between the neighbours in order, `values` sorted.
double percentile(const std::vector<double>& values, double share) {
  double at = share * static_cast<double>(values.size() - 1);
  auto below = static_cast<size_t>(at);
  size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

Interval bootstrap(int64_t clips, const std::function<double(std::span<const size_t>)>& statistic, uint64_t seed, int rounds) {
  double nothing = std::nan("");
  Interval interval{nothing, nothing, nothing, clips};
  if (clips == 0) return interval;
  std::vector<size_t> drawn(static_cast<size_t>(clips));
  std::iota(drawn.begin(), drawn.end(), size_t{0});
  interval.value = statistic(drawn);
  Generator generator(seed, "bootstrap");
  std::vector<double> values;
  for (int round = 0; round < rounds; ++round) {
    for (auto& index : drawn) index = static_cast<size_t>(generator.below(static_cast<int>(clips)));
    double value = statistic(drawn);
    if (std::isfinite(value)) values.push_back(value);
  }
  if (values.empty()) return interval;
  std::sort(values.begin(), values.end());
  interval.low = percentile(values, kOutside), interval.high = percentile(values, 1 - kOutside);
  return interval;
}

Interval bootstrap_mean(std::span<const double> values, uint64_t seed) {
  return bootstrap(
      std::ssize(values),
      [&](std::span<const size_t> drawn) {
        double sum = 0;
        for (size_t i : drawn) sum += values[i];
        return sum / static_cast<double>(drawn.size());
      },
      seed);
}

Json to_json(const Interval& interval) {
  auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  return {{"value", number(interval.value)}, {"low", number(interval.low)}, {"high", number(interval.high)}, {"clips", interval.count}};
}

}  // namespace mg::eval
