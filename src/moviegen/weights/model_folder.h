// Model folders in the diffusers layout: model_index.json and one sub-folder per part, each with config.json
// ("_class_name" and the fields of the part's config) and its weights as safetensors.
#pragma once
#include <string>

#include "moviegen/core/config.h"
#include "moviegen/weights/state.h"

namespace mg::weights {

// A folder path, or the name of a model in $MOVIEGEN_MODELS, the data folder's models/ or the program's models/.
// Throws NotFound listing where it looked.
std::string resolve_model(const std::string& name_or_path);

bool has_part(const std::string& folder, const std::string& part);
// The part's config.json; checks "_class_name".
Json read_part_config(const std::string& folder, const std::string& part, const std::string& class_name);
State read_part_state(const std::string& folder, const std::string& part);
// Writes a part that is its config alone, and lists it in model_index.json.
void write_part_config(const std::string& folder, const std::string& part, const std::string& class_name, Json config);
// Writes a part and lists it in model_index.json; every file is atomic, the index comes last.
void write_part(const std::string& folder, const std::string& part, const std::string& class_name, Json config,
                const State& state, const std::string& dtype = "f32");

}  // namespace mg::weights
