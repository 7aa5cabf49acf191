// Presets of whole models: TOML files in recipes/models/ of the program's folder, or anywhere by path.
#pragma once
#include <string>
#include <vector>

#include "moviegen/core/config.h"

namespace mg {

struct PresetFile {
  std::string path;
  Json tree;  // assignments applied
};

// Reads recipes/models/NAME.toml, or a path to a TOML file; throws NotFound listing the presets.
PresetFile read_preset_file(const std::string& name_or_path, const std::vector<std::string>& assignments = {});

}  // namespace mg
