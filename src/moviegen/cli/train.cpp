// moviegen train RECIPE: runs a training stage in its run folder, or goes on with it.
#include <fmt/format.h>

#include "moviegen/cli/commands.h"
#include "moviegen/train/recipe.h"
#include "moviegen/train/trainer.h"

namespace mg::cli {
namespace {

struct Options {
  train::RunOptions run;
  bool print_config = false;
};

void run(const Options& options) {
  if (options.print_config)
    fmt::print("{}", to_toml(resolved(train::read_recipe(options.run.recipe, options.run.assignments))));
  else
    fmt::print("{}\n", train::run_training(options.run));
}

std::string settings_help() {
  std::string help = "Settings of the trainer (--set trainer.NAME=VALUE):\n";
  for (const auto& field : list_fields(train::TrainerConfig())) help += fmt::format("  {:<22}{} [{}]\n", field.name, field.help, field.value);
  return help;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("train", "train a stage by its recipe; Ctrl-C saves, the same command goes on");
  auto options = std::make_shared<Options>();
  command->add_option("recipe", options->run.recipe, "recipe name (tae/mini) or TOML file")->required();
  command->add_option("--set", options->run.assignments, "change a setting: --set trainer.steps=500")->allow_extra_args(false);
  command->add_option("--run-folder", options->run.run_folder, "where everything of the run goes [runs/<recipe>]");
  command->add_option("--resume", options->run.resume, "auto: go on if there is a checkpoint; never; or a checkpoint folder")->capture_default_str();
  command->add_option("--init-from", options->run.init_from, "start with the weights of this run, checkpoint or model, at step 0");
  command->add_option("--profile", options->run.profile_steps, "print where the time of so many steps goes, after the first few; 0 = do not")->check(CLI::Range(0, 100000));
  command->add_flag("--print-config", options->print_config, "print the recipe with every trainer setting, and end");
  command->footer(settings_help);
  command->callback([options, &action] { action = [options] { run(*options); }; });
}

}  // namespace mg::cli
