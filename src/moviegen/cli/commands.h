// The command tree; one file per command. Each adds itself to the parser and sets what runs when it is chosen.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace mg::cli {

// What the chosen command does; set by its callback, run by main inside the one place that catches errors.
using Action = std::function<void()>;

void add_generate(CLI::App& app, Action& action);
void add_sound(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_model(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_world(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_eval_t2v(CLI::App& eval, Action& action);
void add_eval_vbench(CLI::App& eval, Action& action);
void add_eval_sound(CLI::App& eval, Action& action);
void add_eval_codec(CLI::App& eval, Action& action);

}  // namespace mg::cli
