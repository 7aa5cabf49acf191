// Recipes: which task is trained, how, and with which settings. TOML files under recipes/, a variant states what differs.
//   task = "tae"
//   [trainer]          TrainerConfig
//   [task_settings]    read by the task
#pragma once
#include <string>
#include <vector>

#include "moviegen/core/config.h"
#include "moviegen/train/trainer.h"

namespace mg::train {

struct Recipe {
  std::string name;  // "tae/mini", or the stem of a file elsewhere
  std::string task;
  TrainerConfig trainer;
  Json task_settings;
};

// Reads a path ending in .toml, or a name under the program's recipes/; then applies --set assignments. Strict.
Recipe read_recipe(const std::string& path_or_name, const std::vector<std::string>& assignments);
// The recipe with every trainer setting spelled out, for config.toml in the run folder.
Json resolved(const Recipe& recipe);

}  // namespace mg::train
