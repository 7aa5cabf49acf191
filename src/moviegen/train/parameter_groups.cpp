#include "moviegen/train/parameter_groups.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace mg::train {
namespace {

std::string non_finite_in(const at::Tensor& tensor, const char* what, const std::string& key) {
  if (!tensor.defined()) return {};
  int64_t bad = tensor.numel() - at::isfinite(tensor.detach()).sum().item<int64_t>();
  return bad == 0 ? std::string() : fmt::format("{} '{}' has {} of {} values that are not finite", what, key, bad, tensor.numel());
}

// Matrices between hidden layers, convolutions included. Tables that are looked up or added, and matrices too thin to have
// a spectrum worth evening out, stay with AdamW.
bool is_hidden_matrix(const std::string& key, const at::Tensor& p) {
  if (p.dim() < 2 || p.numel() == 0 || std::min(p.size(0), p.numel() / p.size(0)) < 32) return false;
  for (const char* table : {"table", "shared", "embedding"})
    if (key.find(table) != std::string::npos && p.dim() == 2) return false;
  return true;
}

}  // namespace

ParameterGroups::ParameterGroups(const std::vector<Group>& groups, const TrainerConfig& config) : clip_norm_(config.clip_norm) {
  nn::AdamWOptions options{.learning_rate = config.learning_rate, .beta1 = config.beta1, .beta2 = config.beta2, .weight_decay = config.weight_decay};
  std::set<std::string> names;
  std::set<void*> seen;
  for (const auto& group : groups) {
    check(!group.name.empty() && group.name.find('.') == std::string::npos && names.insert(group.name).second,
          "task: '{}' cannot name a group; names are unique and have no dot", group.name);
    std::vector<std::string> keys;
    std::vector<at::Tensor> parameters, averages;
    std::vector<bool> by_muon;
    for (const auto& item : group.module->named_parameters()) {
      if (!item.value().requires_grad()) continue;
      check(seen.insert(item.value().data_ptr()).second || item.value().numel() == 0, "task: parameter '{}.{}' is trained twice", group.name, item.key());
      keys.push_back(group.name + "." + item.key());
      parameters.push_back(item.value());
      by_muon.push_back(config.muon && is_hidden_matrix(item.key(), item.value()));
      if (group.ema && config.ema_decay > 0) averages.push_back(item.value().detach().clone());
    }
    groups_.push_back({group.name, group.lr_factor, group.module, keys, parameters, averages, nn::AdamW(parameters, options, by_muon)});
  }
  check(!groups_.empty(), "task: there is no group of parameters to train");
}

Scalars ParameterGroups::gradient_norms() const {
  Scalars norms;
  for (const auto& group : groups_) norms[group.name] = group.optimizer.gradient_norm();
  return norms;
}

void ParameterGroups::update(double learning_rate, const Scalars& norms, double ema_decay) {
  for (auto& group : groups_) {
    double norm = norms.at(group.name);
    double scale = clip_norm_ > 0 && norm > clip_norm_ ? clip_norm_ / norm : 1;
    group.optimizer.step(learning_rate * group.lr_factor, scale, group.averages, ema_decay);
  }
}

std::string ParameterGroups::first_non_finite() const {
  for (const auto& group : groups_)
    for (size_t i = 0; i < group.keys.size(); ++i)
      if (auto found = non_finite_in(group.parameters[i], "the weight", group.keys[i]); !found.empty()) return found;
  for (const auto& group : groups_)
    for (size_t i = 0; i < group.keys.size(); ++i)
      if (auto found = non_finite_in(group.parameters[i].grad(), "the gradient of", group.keys[i]); !found.empty()) return found;
  return {};
}

void ParameterGroups::exchange_averages() {
  for (auto& group : groups_)
    for (size_t i = 0; i < group.averages.size(); ++i) {
      auto* weight = group.parameters[i].data_ptr<float>();
      std::swap_ranges(weight, weight + group.parameters[i].numel(), group.averages[i].data_ptr<float>());
      group.parameters[i].unsafeGetTensorImpl()->bump_version();  // for whoever keeps something made from a weight
    }
}

weights::State ParameterGroups::weights() const {
  weights::State all;
  for (const auto& group : groups_)
    for (const auto& [key, tensor] : weights::state_of(*group.module)) all[group.name + "." + key] = tensor;
  return all;
}

weights::State ParameterGroups::averages() const {
  weights::State all;
  for (const auto& group : groups_)
    for (size_t i = 0; i < group.averages.size(); ++i) all[group.keys[i]] = group.averages[i];
  return all;
}

weights::State ParameterGroups::moments() const {
  weights::State all;
  for (const auto& group : groups_)
    for (size_t i = 0; i < group.keys.size(); ++i) {
      all["m." + group.keys[i]] = group.optimizer.m[i];
      all["v." + group.keys[i]] = group.optimizer.v[i];
    }
  return all;
}

int64_t ParameterGroups::parameter_count() const {
  int64_t count = 0;
  for (const auto& group : groups_)
    for (const auto& parameter : group.parameters) count += parameter.numel();
  return count;
}

void ParameterGroups::set_update_count(int64_t count) {
  for (auto& group : groups_) group.optimizer.step_count = count;
}

std::vector<std::string> ParameterGroups::names() const {
  std::vector<std::string> names;
  for (const auto& group : groups_) names.push_back(group.name);
  return names;
}

void copy_state(const weights::State& from, const weights::State& into, const std::string& name) {
  constexpr size_t kMaxListed = 20;
  std::vector<std::string> problems;
  for (const auto& [key, tensor] : into) {
    auto found = from.find(key);
    if (found == from.end())
      problems.push_back(fmt::format("'{}' is missing", key));
    else if (found->second.sizes() != tensor.sizes())
      problems.push_back(fmt::format("'{}' is [{}], the task has [{}]", key, fmt::join(found->second.sizes().vec(), "×"), fmt::join(tensor.sizes().vec(), "×")));
  }
  for (const auto& [key, tensor] : from)
    if (!into.contains(key)) problems.push_back(fmt::format("'{}' is not in the task", key));
  if (!problems.empty()) {
    auto count = problems.size();
    if (count > kMaxListed) problems.resize(kMaxListed);
    throw DataError("{}: does not fit the task, {} problem{}:\n  {}{}", name, count, count == 1 ? "" : "s", fmt::join(problems, "\n  "),
                    count > kMaxListed ? "\n  …" : "");
  }
  at::NoGradGuard no_grad;
  for (const auto& [key, tensor] : into) tensor.copy_(from.at(key));
}

}  // namespace mg::train
