// What a training stage is to the trainer: modules, a step, a judgement, samples and an export. Everything random in a step
// comes from (run seed, step), and a batch is a function of (run seed, step): that is why a resumed run is bit-equal.
#pragma once
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/config.h"
#include "moviegen/core/random.h"

namespace mg::train {

// Modules with one optimizer. Keys in checkpoints: "<name>.<parameter>".
struct Group {
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
  double lr_factor = 1;
  bool ema = true;  // keeps an averaged copy, used for validation, samples and export
};

struct StepReport {
  std::map<std::string, double> scalars;  // "loss" is required; "loss/t0.1" … are loss per time bin
  int64_t samples = 0;                    // items seen in this step
  double flops = 0;                       // work of the step, for the utilisation figure (0 = unknown)
  double data_wait_s = 0;
};

class Task {
 public:
  virtual ~Task() = default;
  virtual std::vector<Group> groups() = 0;
  // Draws batch `step`, runs forward and backward; leaves gradients on the parameters. `generator` is f(run seed, step).
  // Weights are changed by the trainer alone, so a step that throws leaves them as they were.
  virtual StepReport step(int64_t step, Generator& generator) = 0;
  // Figures on held-out data with fixed noise and times; the EMA weights are in the modules while it runs.
  virtual std::map<std::string, double> validate() { return {}; }
  // Writes sample pictures and films to an existing folder, with the EMA weights in the modules.
  virtual void sample(const std::string& folder) { (void)folder; }
  // Writes the stage's parts to a model folder, with the EMA weights in the modules.
  virtual void export_model(const std::string& folder) = 0;
  // Reads what export_model writes into the modules; throws DataError if their sizes differ.
  virtual void import_model(const std::string& folder) = 0;
  // Extra state for exact resume beyond parameters and buffers (usually none): f32 or integer tensors.
  virtual std::map<std::string, at::Tensor> state() { return {}; }
  virtual void load_state(const std::map<std::string, at::Tensor>& state) { (void)state; }
};

struct TaskContext {
  Json settings;           // the recipe's [task_settings] table
  std::string recipe;      // its name, for errors
  std::string run_folder;
  uint64_t seed = 0;
};

// Makes the task of a recipe by its `task` key: tae, contrastive, text-to-video, …; throws UsageError listing them.
std::unique_ptr<Task> make_task(const std::string& name, const TaskContext& context);

}  // namespace mg::train
