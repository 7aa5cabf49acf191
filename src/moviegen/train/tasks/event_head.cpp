#include "moviegen/train/tasks/event_head.h"

#include <cmath>
#include <unordered_map>

#include "moviegen/data/world/sound_class.h"
#include "moviegen/eval/precision.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int64_t kReach = 2;           // steps on either side that the head sees: 80 ms at 25 a second
constexpr double kFreshShare = 0.02;

int64_t class_count() { return std::ssize(world::sound_classes()); }

int64_t class_index(const std::string& name) {
  static const auto indices = [] {
    std::unordered_map<std::string_view, int64_t> map;
    for (const auto& one : world::sound_classes()) map.emplace(one.name, std::ssize(map));
    return map;
  }();
  auto found = indices.find(name);
  return found == indices.end() ? -1 : found->second;
}

const Tensor& onset_classes() {
  static const Tensor classes = [] {
    std::vector<int64_t> list;
    for (int64_t i = 0; i < class_count(); ++i)
      if (!world::is_looped(world::sound_classes()[static_cast<size_t>(i)].kind)) list.push_back(i);
    return torch::tensor(list);
  }();
  return classes;
}

}  // namespace

EventHeadImpl::EventHeadImpl(int64_t features) {
  out_ = register_module("out", nn::Linear((2 * kReach + 1) * features, class_count()));
  at::NoGradGuard no_grad;
  out_->weight.zero_();
  out_->bias.fill_(std::log(kFreshShare / (1 - kFreshShare)));
}

Tensor EventHeadImpl::forward(const Tensor& features) {
  int64_t steps = features.size(1);
  auto padded = at::constant_pad_nd(features, {0, 0, kReach, kReach});
  std::vector<Tensor> shifted;
  for (int64_t shift = 0; shift <= 2 * kReach; ++shift) shifted.push_back(padded.narrow(1, shift, steps));
  return out_(at::cat(shifted, 2));
}

Tensor event_labels(std::span<const eval::SoundEvent> events, int64_t first_step, int64_t steps, double rate) {
  auto labels = at::zeros({steps, class_count()});
  auto* values = labels.data_ptr<float>();
  for (const auto& event : events) {
    int64_t column = class_index(event.sound_class);
    if (column < 0 || !event.visible || event.gain < eval::kAudibleGain) continue;
    for (int64_t step = 0; step < steps; ++step) {
      double after = static_cast<double>(first_step + step) + 0.5 - event.time_s * rate;  // from the event to the step's middle, in steps
      double label = event.loop ? (after >= 0 ? 1 : 0) : std::clamp(1.5 - std::abs(after), 0.0, 1.0);
      float& value = values[step * labels.size(1) + column];
      value = std::max(value, static_cast<float>(label));
    }
  }
  return labels;
}

Tensor event_loss(const Tensor& logits, const Tensor& labels) {
  return at::binary_cross_entropy_with_logits(logits, labels, {}, {}, at::Reduction::Mean) * static_cast<double>(labels.size(2));
}

Tensor onset_steps(const Tensor& x) { return std::get<0>(x.index_select(2, onset_classes()).max(2)); }

double onset_precision(const Tensor& logits, const Tensor& labels) {
  auto score = onset_steps(logits).flatten().to(at::kDouble).contiguous();
  auto is_true = (onset_steps(labels).flatten() > 0.5f).to(at::kChar).contiguous();
  auto count = static_cast<size_t>(score.numel());
  return eval::average_precision({score.data_ptr<double>(), count}, {reinterpret_cast<const char*>(is_true.data_ptr<int8_t>()), count});
}

}  // namespace mg::train
