// The loop every stage shares: step → clip → update weights and averages → metrics → judge → checkpoint.
// Easy to get wrong: whatever a later step depends on must be in the checkpoint, or a resumed run is another run.
#include "moviegen/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>

#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/train/checkpoint.h"
#include "moviegen/train/learning_rate.h"
#include "moviegen/train/metrics.h"
#include "moviegen/train/parameter_groups.h"
#include "moviegen/train/recipe.h"
#include "moviegen/train/run_folder.h"
#include "moviegen/train/speed.h"
#include "moviegen/train/status_line.h"
#include "moviegen/train/step_profile.h"
#include "moviegen/weights/model_folder.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr double kMinute_s = 60;
constexpr int64_t kUnprofiledSteps = 5;  // kernels and memory of a fresh process are made in them

// A checkpoint folder as the user names it: itself, or the newest of a run folder.
std::string find_checkpoint(const std::string& path) {
  auto inside = list_checkpoints(path + "/checkpoints");
  return inside.empty() ? path : inside.back();
}

class Trainer {
 public:
  Trainer(const RunOptions& options, const Recipe& recipe, const RunFolder& folder, Task& task, double raw_rate)
      : options_(options), recipe_(recipe), config_(recipe.trainer), folder_(folder), task_(task), groups_(task.groups(), recipe.trainer), speed_(raw_rate) {}

  void run();

 private:
  void begin();
  void load(const std::string& path);
  void initialise_from(const std::string& source);
  // False if the time is up before the last step.
  bool train();
  void step();
  void require_finite(double loss, const Scalars& norms) const;
  void write_metrics();
  void judge();
  void save();
  void finish();

  bool is_due(int64_t every) const { return done_ == config_.steps || (every > 0 && done_ % every == 0); }
  bool is_cancelled() const { return (options_.cancel ? *options_.cancel : process_cancel()).cancelled(); }
  bool is_time_up() const { return config_.max_minutes > 0 && seconds_since(started_) >= config_.max_minutes * kMinute_s; }
  bool is_checkpoint_due() const {
    return (config_.checkpoint_minutes > 0 && seconds_since(saved_at_) >= config_.checkpoint_minutes * kMinute_s) ||
           (config_.checkpoint_every > 0 && done_ % config_.checkpoint_every == 0);
  }
  // Where the run stands on disk and how to go on, for messages.
  std::string how_to_go_on() const;

  const RunOptions& options_;
  const Recipe& recipe_;
  const TrainerConfig& config_;
  const RunFolder& folder_;
  Task& task_;
  ParameterGroups groups_;
  ScalarWindow window_;
  SpeedWindow speed_;
  StatusPrinter printer_;
  std::optional<StepProfile> profile_;
  std::unique_ptr<MetricsLog> metrics_;
  int64_t done_ = 0, samples_ = 0;  // steps and items, over all slices of the run
  int64_t first_ = 0;               // step at which this slice began
  double earlier_s_ = 0;            // training time of earlier slices
  Clock::time_point started_ = Clock::now(), saved_at_ = started_;
};

void Trainer::run() {
  begin();
  try {
    if (train()) finish();
  } catch (const ResourceError& error) {
    throw ResourceError("{}\n{}", error.what(), how_to_go_on());
  }
}

void Trainer::begin() {
  bool never = options_.resume == "never", automatic = options_.resume == "auto";
  if (never && folder_.is_used())
    throw UsageError("{}: the run folder is used; choose another with --run-folder, or --resume auto to go on with it", folder_.path());
  auto checkpoints = list_checkpoints(folder_.checkpoints());
  if (!never && !automatic) {
    load(find_checkpoint(options_.resume));
  } else if (!checkpoints.empty()) {
    load(checkpoints.back());
  } else if (!options_.init_from.empty()) {
    initialise_from(find_checkpoint(options_.init_from));
  }
  if (int removed = remove_checkpoints_after(folder_.checkpoints(), done_); removed > 0)
    printer_.line(fmt::format("{} later checkpoint{} of the run removed: those steps are trained again", removed, removed == 1 ? "" : "s"));
  first_ = done_;
  folder_.record_start(recipe_, done_);
  metrics_ = std::make_unique<MetricsLog>(folder_.path(), done_);
  printer_.line(fmt::format("{}: {:.3f} million parameters in {}; steps {} to {}; run folder {}", recipe_.name,
                            static_cast<double>(groups_.parameter_count()) * 1e-6, fmt::join(groups_.names(), ", "), done_, config_.steps, folder_.path()));
}

void Trainer::load(const std::string& path) {
  Checkpoint checkpoint = read_checkpoint(path);
  copy_state(checkpoint.weights, groups_.weights(), path + "/weights.safetensors");
  copy_state(checkpoint.moments, groups_.moments(), path + "/optimizer.safetensors");
  auto averages = groups_.averages();
  if (checkpoint.averages.empty() && !averages.empty()) {  // averaging was turned on since
    for (auto& [key, tensor] : averages) tensor.copy_(checkpoint.weights.at(key));
  } else if (!averages.empty()) {
    copy_state(checkpoint.averages, averages, path + "/ema.safetensors");
  }
  groups_.set_update_count(checkpoint.updates);
  task_.load_state(checkpoint.task);
  window_ = ScalarWindow::from_json(checkpoint.window, path + "/state.json");
  done_ = checkpoint.step;
  samples_ = checkpoint.samples;
  earlier_s_ = checkpoint.seconds;
  printer_.line(fmt::format("resumed at step {} from {}", done_, path));
}

void Trainer::initialise_from(const std::string& source) {
  auto path = fs::exists(source) ? source : weights::resolve_model(source);
  if (fs::exists(path + "/model_index.json")) {
    at::NoGradGuard no_grad;
    task_.import_model(path);
    auto weights = groups_.weights();
    for (auto& [key, tensor] : groups_.averages()) at::Tensor(tensor).copy_(weights.at(key));
    printer_.line(fmt::format("weights from the model {}", path));
    return;
  }
  Checkpoint checkpoint = read_checkpoint_weights(path);
  auto weights = groups_.weights(), averages = groups_.averages();
  bool any = false;
  for (const auto& name : groups_.names()) {
    auto given = weights::with_prefix(checkpoint.weights, name + ".");
    if (given.empty()) {
      printer_.line(fmt::format("{}: '{}' is not in it and starts afresh", path, name));
      continue;
    }
    any = true;
    copy_state(given, weights::with_prefix(weights, name + "."), fmt::format("{}, weights of '{}'", path, name));
    auto own_averages = weights::with_prefix(averages, name + "."), given_averages = weights::with_prefix(checkpoint.averages, name + ".");
    if (!given_averages.empty() && !own_averages.empty())
      copy_state(given_averages, own_averages, fmt::format("{}, averages of '{}'", path, name));
    else
      for (auto& [key, tensor] : own_averages) tensor.copy_(given.at(key));
  }
  if (!any) throw DataError("{}: has none of the groups of this task: {}", path, fmt::join(groups_.names(), ", "));
  printer_.line(fmt::format("weights from {}", path));
}

bool Trainer::train() {
  try {
    while (done_ < config_.steps) {
      if (is_cancelled()) throw Cancelled("");
      step();
      judge();
      if (done_ < config_.steps && is_time_up()) {
        save();
        printer_.line(fmt::format("stopped after {} as asked. {}", human_seconds(seconds_since(started_)), how_to_go_on()));
        return false;
      }
      if (is_checkpoint_due()) save();
    }
    save();
  } catch (const Cancelled&) {  // between steps, or from within a long validation: the weights are those after step done_
    save();
    throw Cancelled("stopped. {}", how_to_go_on());
  }
  return true;
}

void Trainer::step() {
  if (done_ == first_ + kUnprofiledSteps && options_.profile_steps > 0) profile_.emplace();
  auto begin = Clock::now();
  Generator generator(config_.seed, fmt::format("train step {}", done_));
  at::manual_seed(generator.fork("libtorch").next());  // for dropout and the like
  StepReport report = [&] {
    RECORD_USER_SCOPE("phase forward");
    return task_.step(done_, generator);
  }();
  check(report.scalars.contains("loss"), "task {}: a step reported no loss", recipe_.task);
  Scalars norms = groups_.gradient_norms();
  require_finite(report.scalars["loss"], norms);
  double learning_rate = learning_rate_at(config_, done_);
  {
    RECORD_USER_SCOPE("phase optimizer");
    groups_.update(learning_rate, norms, ema_decay_at(config_, done_));
  }
  ++done_;
  samples_ += report.samples;
  for (const auto& [name, norm] : norms) report.scalars["gradient_norm/" + name] = norm;
  window_.add(report.scalars);
  double seconds = seconds_since(begin);
  speed_.add(report, seconds);
  if (profile_ && profile_->add(report, seconds) == options_.profile_steps) {
    printer_.line(profile_->table());
    profile_.reset();
  }

  bool is_line_due = is_due(config_.log_every);
  Scalars shown = report.scalars;
  shown.merge(speed_.figures());
  shown["learning_rate"] = learning_rate;
  shown["memory_bytes"] = static_cast<double>(held_bytes());
  printer_.status(status_line(done_, config_.steps, shown), is_line_due || done_ == 1);
  if (is_line_due) write_metrics();
}

void Trainer::require_finite(double loss, const Scalars& norms) const {
  std::string problem;
  if (!std::isfinite(loss)) problem = fmt::format("the loss is {}", loss);
  for (const auto& [name, norm] : norms)
    if (!std::isfinite(norm) && problem.empty()) problem = fmt::format("the gradient of '{}' is not finite", name);
  if (problem.empty()) return;
  auto first = groups_.first_non_finite();
  throw CheckFailed("{}: step {}: {}; {}. {}\nA lower trainer.learning_rate, a longer warm-up or compute = \"f32\" may help.", recipe_.name,
                    done_ + 1, problem, first.empty() ? "all weights and gradients are finite" : "first of all " + first, how_to_go_on());
}

void Trainer::write_metrics() {
  Scalars values = window_.take();
  values.merge(speed_.figures());
  speed_.clear();
  values["learning_rate"] = learning_rate_at(config_, done_ - 1);
  values["samples"] = static_cast<double>(samples_);
  values["seconds"] = earlier_s_ + seconds_since(started_);
  values["memory_bytes"] = static_cast<double>(held_bytes());
  metrics_->append(done_, values);
}

void Trainer::judge() {
  bool validates = is_due(config_.validate_every), samples = is_due(config_.sample_every);
  bool exports = done_ < config_.steps && is_due(config_.export_every);  // the last one comes after the last checkpoint
  if (!validates && !samples && !exports) return;
  at::NoGradGuard no_grad;
  WithAverages averages(groups_);
  if (validates) {
    Scalars named, figures = task_.validate();
    for (const auto& [name, value] : figures)
      if (std::isfinite(value)) named["validation/" + name] = value;
    if (!named.empty()) {
      metrics_->append(done_, named);
      printer_.line(figures_line(fmt::format("validation at step {}", done_), figures));
    }
  }
  if (samples) {
    auto folder = folder_.samples(done_);
    task_.sample(folder);
    printer_.line("samples in " + folder);
  }
  if (exports) folder_.replace_model([&](const std::string& folder) { task_.export_model(folder); });
}

void Trainer::save() {
  Checkpoint checkpoint{groups_.weights(), groups_.averages(), groups_.moments(), task_.state(), done_, groups_.update_count(),
                        samples_,          earlier_s_ + seconds_since(started_),  window_.to_json()};
  metrics_->sync();
  auto begin = Clock::now();
  auto path = save_checkpoint(folder_.checkpoints(), checkpoint, config_.keep_checkpoints);
  saved_at_ = Clock::now();
  log_verbose(fmt::format("checkpoint {} in {}", path, human_seconds(seconds_since(begin))));
}

void Trainer::finish() {
  {
    at::NoGradGuard no_grad;
    WithAverages averages(groups_);
    folder_.replace_model([&](const std::string& folder) { task_.export_model(folder); });
  }
  printer_.line(fmt::format("{}: {} steps, {} samples, {} of training; model in {}", recipe_.name, done_, samples_,
                            human_seconds(earlier_s_ + seconds_since(started_)), folder_.model()));
}

std::string Trainer::how_to_go_on() const {
  auto checkpoints = list_checkpoints(folder_.checkpoints());
  if (checkpoints.empty()) return fmt::format("There is no checkpoint yet. Start with:\n  {}", resume_command(options_));
  return fmt::format("The newest checkpoint is {}. Go on with:\n  {}", checkpoints.back(), resume_command(options_));
}

}  // namespace

std::string run_training(const RunOptions& given, const TaskFactory& make_task) {
  Recipe recipe = read_recipe(given.recipe, given.assignments);
  RunOptions options = given;
  if (options.run_folder.empty()) {
    auto name = recipe.name;
    std::replace(name.begin(), name.end(), '/', '-');
    options.run_folder = "runs/" + name;
  }
  RunFolder folder(options.run_folder);
  int threads = nn::set_threads(static_cast<int>(recipe.trainer.threads));
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(recipe.trainer.compute));
  double raw_rate = raw_product_rate();
  log_info(fmt::format("{}: {} threads, large products at {:.0f} GFLOP/s; making the task '{}'", recipe.name, threads, raw_rate * 1e-9, recipe.task));

  at::manual_seed(recipe.trainer.seed);  // modules draw their first weights from libtorch's generator
  auto task = make_task(recipe.task, {recipe.task_settings, recipe.name, folder.path(), recipe.trainer.seed});
  Trainer(options, recipe, folder, *task, raw_rate).run();
  return folder.path();
}

}  // namespace mg::train
