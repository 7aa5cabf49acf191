#include "moviegen/train/recipe.h"

#include <algorithm>
#include <filesystem>

#include "moviegen/core/paths.h"
#include "moviegen/nn/ops.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPresetFolder = "models";  // under recipes/, but model presets

std::string recipe_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    auto relative = entry.path().lexically_relative(folder);
    if (relative.extension() == ".toml" && *relative.begin() != kPresetFolder) names.push_back(relative.replace_extension().string());
  }
  std::sort(names.begin(), names.end());
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

void require_known_keys(const Json& tree, const std::string& path) {
  std::string unknown;
  for (const auto& [key, value] : tree.items())
    if (key != "task" && key != "trainer" && key != "task_settings") unknown += fmt::format("\n  {}: unknown key", key);
  if (!unknown.empty()) throw UsageError("{}: a recipe has `task`, [trainer] and [task_settings], but there is:{}", path, unknown);
  if (!tree.contains("task") || !tree["task"].is_string()) throw UsageError("{}: a recipe needs `task = \"…\"`", path);
}

}  // namespace

Recipe read_recipe(const std::string& path_or_name, const std::vector<std::string>& assignments) {
  auto folder = fs::path(program_folder()) / "recipes";
  bool is_path = path_or_name.ends_with(".toml");
  auto path = is_path ? fs::path(path_or_name) : folder / (path_or_name + ".toml");
  if (is_path && !fs::is_regular_file(path) && path.is_relative()) path = folder.parent_path() / path_or_name;
  if (!fs::is_regular_file(path)) throw NotFound("recipe '{}' was not found; recipes: {}", path_or_name, recipe_names(folder));

  Json tree = read_toml(path.string());
  for (const auto& assignment : assignments) apply_set(tree, assignment);
  require_known_keys(tree, path.string());
  auto relative = fs::absolute(path).lexically_normal().lexically_relative(folder.lexically_normal());
  Recipe recipe;
  recipe.name = relative.empty() || *relative.begin() == ".." ? path.stem().string() : relative.replace_extension().string();
  recipe.task = tree["task"];
  recipe.trainer = config_from<TrainerConfig>(tree.value("trainer", Json::object()), path.string() + " [trainer]");
  recipe.task_settings = tree.value("task_settings", Json::object());
  if (!recipe.task_settings.is_object()) throw UsageError("{}: [task_settings] must be a table", path.string());
  return recipe;
}

Json resolved(const Recipe& recipe) {
  return {{"task", recipe.task}, {"trainer", config_to_json(recipe.trainer)}, {"task_settings", recipe.task_settings}};
}

void TrainerConfig::check() const {
  auto require = [](bool ok, const char* name, const char* expected, auto value) {
    if (!ok) throw UsageError("trainer.{}: expected {}, got {}", name, expected, value);
  };
  require(steps >= 1, "steps", "1 or more", steps);
  require(learning_rate > 0, "learning_rate", "a positive number", learning_rate);
  require(warmup_steps >= 0, "warmup_steps", "0 or more", warmup_steps);
  require(decay_fraction >= 0 && decay_fraction <= 1, "decay_fraction", "0 to 1", decay_fraction);
  require(final_lr_fraction >= 0 && final_lr_fraction <= 1, "final_lr_fraction", "0 to 1", final_lr_fraction);
  require(beta1 >= 0 && beta1 < 1, "beta1", "at least 0 and below 1", beta1);
  require(beta2 >= 0 && beta2 < 1, "beta2", "at least 0 and below 1", beta2);
  require(weight_decay >= 0, "weight_decay", "0 or more", weight_decay);
  require(clip_norm >= 0, "clip_norm", "0 or more", clip_norm);
  require(ema_decay >= 0 && ema_decay < 1, "ema_decay", "at least 0 and below 1", ema_decay);
  require(log_every >= 1, "log_every", "1 or more", log_every);
  require(validate_every >= 0, "validate_every", "0 or more", validate_every);
  require(sample_every >= 0, "sample_every", "0 or more", sample_every);
  require(export_every >= 0, "export_every", "0 or more", export_every);
  require(checkpoint_minutes >= 0, "checkpoint_minutes", "0 or more", checkpoint_minutes);
  require(checkpoint_every >= 0, "checkpoint_every", "0 or more", checkpoint_every);
  require(keep_checkpoints >= 1, "keep_checkpoints", "1 or more", keep_checkpoints);
  require(max_minutes >= 0, "max_minutes", "0 or more", max_minutes);
  require(threads >= 0 && threads <= 1024, "threads", "0 to 1024", threads);
  nn::parse_compute(compute);
}

}  // namespace mg::train
