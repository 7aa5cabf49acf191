// The training loop every stage shares: schedule, clipping, AdamW with EMA, checkpoints, metrics, samples.
//   moviegen train recipes/tae/mini.toml --set trainer.steps=500 --run-folder runs/tae
// Run folder: config.toml, checkpoints/0000001000/, metrics.jsonl, events.out.tfevents.*, samples/step-0000001000/, model/.
// A run stopped by Ctrl-C, SIGTERM, kill -9 or a full disk goes on from its last checkpoint, bit-equal (`--resume auto`).
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/cancel.h"
#include "moviegen/core/config.h"
#include "moviegen/train/task.h"

namespace mg::train {

struct TrainerConfig {
  int64_t steps = 1000;
  uint64_t seed = 0;
  double learning_rate = 3e-4;
  int64_t warmup_steps = 100;
  double decay_fraction = 0.2;        // last part of the run: learning rate falls to final_lr_fraction (1-sqrt); 0 = constant
  double final_lr_fraction = 0.0;
  double beta1 = 0.9, beta2 = 0.95, weight_decay = 0.01;
  bool muon = false;                  // matrices of hidden layers take Muon's step, the rest AdamW
  double clip_norm = 1.0;             // per group; 0 = off
  double ema_decay = 0.999;           // warms up as min(decay, (1+step)/(10+step)); 0 = off
  int64_t log_every = 10, validate_every = 500, sample_every = 500, export_every = 0;  // steps; 0 = only at the end
  double checkpoint_minutes = 3;      // and at the end, and on a signal; 0 = only then
  int64_t checkpoint_every = 0;       // steps; besides checkpoint_minutes
  int64_t keep_checkpoints = 2;
  double max_minutes = 0;             // stop in good order after this time, for runs in slices; 0 = no limit
  std::string compute = "auto";       // f32, bf16, aten, auto
  int64_t threads = 0;
  void check() const;
};

template <class V>
void fields(V& v, TrainerConfig& c) {
  v("steps", c.steps, "optimizer steps of the whole run");
  v("seed", c.seed, "seed of everything random");
  v("learning_rate", c.learning_rate, "peak learning rate");
  v("warmup_steps", c.warmup_steps, "steps of linear warm-up");
  v("decay_fraction", c.decay_fraction, "share of the run, at its end, in which the learning rate falls");
  v("final_lr_fraction", c.final_lr_fraction, "learning rate at the end, as a share of the peak");
  v("beta1", c.beta1, "AdamW");
  v("beta2", c.beta2, "AdamW");
  v("weight_decay", c.weight_decay, "AdamW, on matrices only");
  v("muon", c.muon, "Muon for the matrices of hidden layers; AdamW for the rest");
  v("clip_norm", c.clip_norm, "largest gradient norm of a group; 0 turns clipping off");
  v("ema_decay", c.ema_decay, "decay of the averaged weights; 0 turns averaging off");
  v("log_every", c.log_every, "steps between metrics lines");
  v("validate_every", c.validate_every, "steps between validations; 0 = only at the end");
  v("sample_every", c.sample_every, "steps between sample grids; 0 = only at the end");
  v("export_every", c.export_every, "steps between exports of the model folder; 0 = only at the end");
  v("checkpoint_minutes", c.checkpoint_minutes, "minutes between checkpoints; 0 = only at the end and when stopped");
  v("checkpoint_every", c.checkpoint_every, "steps between checkpoints, besides checkpoint_minutes; 0 = by time only");
  v("keep_checkpoints", c.keep_checkpoints, "newest checkpoints kept");
  v("max_minutes", c.max_minutes, "stop in good order after this time; 0 = no limit");
  v("compute", c.compute, "precision of products: f32, bf16, aten or auto");
  v("threads", c.threads, "threads; 0 = physical cores");
}

struct RunOptions {
  std::string recipe;                    // path or name under recipes/: "tae/mini"
  std::vector<std::string> assignments;  // --set
  std::string run_folder;                // empty: runs/<recipe name with dashes>
  std::string resume = "auto";           // auto: go on if the run folder has a checkpoint; never: refuse a used folder; PATH: a checkpoint
  std::string init_from;                 // a checkpoint folder of another run: weights and EMA only, step 0 (next stage, or fine-tuning)
  int64_t profile_steps = 0;             // steps whose time is taken apart and printed, after the first few; 0 = none
  const CancelToken* cancel = nullptr;   // asks for an orderly end; null: the process's own, set by signals
};

// Makes the task a recipe names; tests hand in their own.
using TaskFactory = std::function<std::unique_ptr<Task>(const std::string& name, const TaskContext& context)>;

// A recipe is TOML: `task = "tae"`, [trainer] (TrainerConfig) and [task_settings] read by the task; `extends` as everywhere.
// Returns the run folder. A non-finite loss or gradient throws CheckFailed naming the step and the first parameter that has
// it. A cancelled run saves a checkpoint and throws Cancelled, whose message has the command to go on with.
std::string run_training(const RunOptions& options);
std::string run_training(const RunOptions& options, const TaskFactory& make_task);

}  // namespace mg::train
