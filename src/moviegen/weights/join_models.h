// One model folder from the parts of several: what the training stages export, joined for use and release.
#pragma once
#include <string>
#include <vector>

namespace mg::weights {

// A model folder or name, and which of its parts are taken; none named = all of them.
struct PartSource {
  std::string model;
  std::vector<std::string> parts;
};

// "models/mini", or "runs/a/model:sound_codec,sound_ranker".
PartSource parse_part_source(const std::string& text);

// Writes `folder`, which must not exist: all its parts, of sources later in the list where several have one, with weights as
// `dtype` ("f32", "bf16", "int8") or, if that is empty, as they are. → the parts. Throws UsageError, NotFound, DataError or
// ResourceError; then nothing is left.
std::vector<std::string> join_models(const std::vector<PartSource>& sources, const std::string& folder, const std::string& dtype = "");

}  // namespace mg::weights
