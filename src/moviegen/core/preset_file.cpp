#include "moviegen/core/preset_file.h"

#include <algorithm>
#include <filesystem>

#include "moviegen/core/paths.h"

namespace mg {
namespace {

namespace fs = std::filesystem;

std::string preset_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

PresetFile read_preset_file(const std::string& name, const std::vector<std::string>& assignments) {
  auto folder = fs::path(program_folder()) / "recipes/models";
  auto path = name.ends_with(".toml") ? fs::path(name) : folder / (name + ".toml");
  if (name.find('/') != std::string::npos && !name.ends_with(".toml")) throw UsageError("model preset '{}': expected a name or a .toml file", name);
  if (!fs::is_regular_file(path)) throw NotFound("model preset '{}' was not found; presets: {}", name, preset_names(folder));
  Json tree = read_toml(path.string());
  for (const auto& assignment : assignments) apply_set(tree, assignment);
  return {path.string(), tree};
}

}  // namespace mg
