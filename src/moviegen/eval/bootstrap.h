// Confidence intervals by drawing clips anew with replacement (the percentile bootstrap): right for pooled ratios too,
// whose parts come from the same clips.
#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "moviegen/core/config.h"

namespace mg::eval {

struct Interval {
  double value = 0, low = 0, high = 0;  // NaN where nothing could be measured
  int64_t count = 0;                    // clips
};

// `statistic` gets indices into the clips: all of them once for the value, then `rounds` random draws of as many. Draws whose
// statistic is not finite are left out.
Interval bootstrap(int64_t clips, const std::function<double(std::span<const size_t>)>& statistic, uint64_t seed = 0, int rounds = 1000);
// Of a mean.
Interval bootstrap_mean(std::span<const double> values, uint64_t seed = 0);

// {"value", "low", "high", "clips"}; what is not finite becomes null.
Json to_json(const Interval& interval);

}  // namespace mg::eval
