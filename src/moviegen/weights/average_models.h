// Model averaging (Movie Gen 3.1.4: fine-tuned models of several data and settings are averaged into one).
#pragma once
#include <string>
#include <vector>

namespace mg::weights {

struct AverageOptions {
  std::vector<std::string> models{};  // folders or names, at least two
  std::vector<double> shares{};       // of each model, above 0; empty = the same. They are scaled to add up to one
  std::vector<std::string> parts{};   // averaged; empty = every part with weights that all models have
  std::string dtype = "f32";        // of the averaged parts: f32, bf16 or int8
};

// Writes `folder`, which must not exist: the first model with the mean of all models' weights in its parts. → the averaged parts.
// Parts must have one config and tensors of one shape. Throws UsageError, NotFound, DataError or ResourceError; then nothing is left.
std::vector<std::string> average_models(const AverageOptions& options, const std::string& folder);

}  // namespace mg::weights
