// Average precision: how far the true ones stand in front when clips are sorted by a score.
#pragma once
#include <span>
#include <vector>

namespace mg::eval {

// Mean over the true ones of the precision down to them, 1 when all true ones come first; equal scores count as one step, so
// that a constant score gets the share of true ones. NaN without true ones. Both as long as each other. Throws
// DataError if a score is not finite.
double average_precision(std::span<const double> scores, std::span<const char> is_true);

}  // namespace mg::eval
