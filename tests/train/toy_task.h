// A small task for tests of the trainer: two groups, noise from both generators, state of its own, and hooks for trouble.
#pragma once
#include <torch/nn/modules/linear.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "moviegen/core/files.h"
#include "moviegen/train/trainer.h"

namespace mg::train {

struct ToyHooks {
  std::function<void(int64_t step)> before_step{}, after_backward{};
  std::function<void()> in_validate{};
};

struct BodyImpl : torch::nn::Module {
  BodyImpl() {
    first = register_module("first", torch::nn::Linear(4, 32));
    second = register_module("second", torch::nn::Linear(32, 32));
    calls = register_buffer("calls", torch::zeros({1}));
  }
  torch::Tensor forward(const torch::Tensor& x) { return second(torch::dropout(torch::tanh(first(x)), 0.1, true)); }
  torch::nn::Linear first{nullptr}, second{nullptr};
  torch::Tensor calls;
};
TORCH_MODULE(Body);

class ToyTask : public Task {
 public:
  explicit ToyTask(ToyHooks hooks) : hooks_(std::move(hooks)) {}

  std::vector<Group> groups() override { return {{"body", body.ptr()}, {"head", head.ptr(), 0.5, false}}; }

  StepReport step(int64_t step, Generator& generator) override {
    if (hooks_.before_step) hooks_.before_step(step);
    auto x = torch::empty({16, 4});
    for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = static_cast<float>(generator.normal());
    auto loss = (head(body(x)) - x.sum(1, true)).square().mean() + 0.001 * memory_.sum();
    loss.backward();
    body->calls += 1;
    memory_ = 0.9 * memory_ + loss.detach().reshape({1});
    if (hooks_.after_backward) hooks_.after_backward(step);
    StepReport report;
    report.scalars["loss"] = loss.item<double>();
    report.scalars[step % 2 ? "loss/odd" : "loss/even"] = report.scalars["loss"];
    report.samples = 16;
    report.flops = 1000;
    return report;
  }

  std::map<std::string, double> validate() override {
    if (hooks_.in_validate) hooks_.in_validate();
    return {{"weight", body->first->weight.square().sum().item<double>()}};
  }
  void sample(const std::string& folder) override { write_text(folder + "/sample.txt", "sample"); }
  void import_model(const std::string& folder) override { throw DataError("{}: the toy task has no model to read", folder); }
  void export_model(const std::string& folder) override { write_text(folder + "/exported.txt", std::to_string(body->first->weight.square().sum().item<double>())); }
  std::map<std::string, at::Tensor> state() override { return {{"memory", memory_}}; }
  void load_state(const std::map<std::string, at::Tensor>& state) override { memory_ = state.at("memory").clone(); }

  Body body;
  torch::nn::Linear head{torch::nn::LinearOptions(32, 1)};

 private:
  ToyHooks hooks_;
  torch::Tensor memory_ = torch::zeros({1});
};

// A run of the toy task in a folder of its own, with a recipe of its own; both go when it goes.
class ToyRun {
 public:
  explicit ToyRun(const std::string& name) : place_(std::filesystem::temp_directory_path() / ("moviegen-" + name + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(place_);
    std::filesystem::create_directories(place_);
    write_text(place_ / "toy.toml",
               "task = \"toy\"\n[trainer]\nsteps = 20\nwarmup_steps = 3\nlearning_rate = 0.01\nlog_every = 3\nvalidate_every = 5\n"
               "checkpoint_every = 4\ncompute = \"f32\"\nthreads = 1\nema_decay = 0.9\n");
    options.recipe = place_ / "toy.toml";
    options.run_folder = place_ / "run";
    options.cancel = &cancel;
  }
  ~ToyRun() { std::filesystem::remove_all(place_); }

  void train(ToyHooks hooks = {}) {
    run_training(options, [&](const std::string&, const TaskContext&) {
      auto made = std::make_unique<ToyTask>(hooks);
      task = made.get();
      return made;
    });
  }
  std::filesystem::path place() const { return place_; }
  std::string file(const std::string& name) const { return (std::filesystem::path(options.run_folder) / name).string(); }

  RunOptions options;
  CancelToken cancel;
  ToyTask* task = nullptr;  // while it trains

 private:
  std::filesystem::path place_;
};

}  // namespace mg::train
