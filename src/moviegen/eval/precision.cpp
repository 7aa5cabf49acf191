#include "moviegen/eval/precision.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "moviegen/core/error.h"

namespace mg::eval {

double average_precision(std::span<const double> scores, std::span<const char> is_true) {
  check(scores.size() == is_true.size(), "average precision: {} scores for {} truths", scores.size(), is_true.size());
  if (!std::all_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); }))
    throw DataError("average precision: a score is not finite");
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  double sum = 0, found = 0;
  for (size_t i = 0; i < order.size();) {
    double score = scores[order[i]], found_before = found;
    for (; i < order.size() && scores[order[i]] == score; ++i) found += is_true[order[i]] ? 1 : 0;
    sum += (found - found_before) * found / static_cast<double>(i);
  }
  return found > 0 ? sum / found : std::nan("");
}

}  // namespace mg::eval
