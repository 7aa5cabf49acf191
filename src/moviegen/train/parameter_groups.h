// The parameters of a task's groups with all that training keeps beside them: AdamW moments and averaged weights (EMA).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "moviegen/nn/optimizer.h"
#include "moviegen/train/metrics.h"
#include "moviegen/train/trainer.h"
#include "moviegen/weights/state.h"

namespace mg::train {

class ParameterGroups {
 public:
  ParameterGroups(const std::vector<Group>& groups, const TrainerConfig& config);

  // Norm of each group's gradient, by group name.
  Scalars gradient_norms() const;
  // Clips each group to clip_norm, updates weights and averages, and zeroes the gradients.
  void update(double learning_rate, const Scalars& norms, double ema_decay);
  // What is not finite, as a sentence part: the first weight, else the first gradient; empty if all are finite.
  std::string first_non_finite() const;
  // Exchanges weights and averages in place; twice is nothing, bit by bit.
  void exchange_averages();

  // Tensors by "<group>.<parameter>", sharing memory with the modules and the optimizer; moments have "m." or "v." in front.
  weights::State weights() const;
  weights::State averages() const;
  weights::State moments() const;
  int64_t parameter_count() const;
  int64_t update_count() const { return groups_.empty() ? 0 : groups_[0].optimizer.step_count; }
  void set_update_count(int64_t count);
  std::vector<std::string> names() const;

 private:
  struct Optimized {
    std::string name;
    double lr_factor;
    std::shared_ptr<torch::nn::Module> module;
    std::vector<std::string> keys;  // of the trained parameters, in optimizer order
    std::vector<at::Tensor> parameters, averages;
    nn::AdamW optimizer;
  };
  std::vector<Optimized> groups_;
  double clip_norm_;
};

// Copies every tensor of `from` into its namesake of `into`; throws DataError, changing nothing, unless names and shapes agree.
void copy_state(const weights::State& from, const weights::State& into, const std::string& name);

// The averages are in the modules while this lives.
class WithAverages {
 public:
  explicit WithAverages(ParameterGroups& groups) : groups_(groups) { groups_.exchange_averages(); }
  ~WithAverages() { groups_.exchange_averages(); }
  WithAverages(const WithAverages&) = delete;
  WithAverages& operator=(const WithAverages&) = delete;

 private:
  ParameterGroups& groups_;
};

}  // namespace mg::train
