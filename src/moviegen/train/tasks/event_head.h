// What sounds now, read from the features of frames: an auxiliary task that teaches the frame encoder which thing is seen
// and when it touches the ground or calls. Ours: the paper's embeddings come from a tower that millions of captions have
// taught; ours is fresh, and the flow-matching loss alone hardly reaches it. Used in training only (docs/decisions/0009).
//   B items · S latent steps · V features · E sound classes of the world
#pragma once
#include <span>

#include "moviegen/eval/sound_events.h"
#include "moviegen/nn/layers.h"

namespace mg::train {

// Features at the latent rate, with two steps on either side → logits [B,S,E]. Fresh: every class as rare as one step in fifty.
struct EventHeadImpl : torch::nn::Module {
  explicit EventHeadImpl(int64_t features);
  at::Tensor forward(const at::Tensor& features_BSV);

 private:
  nn::Linear out_{nullptr};
};
TORCH_MODULE(EventHead);

// 1 where an event sounds whose cause is seen and that can be heard, [S,E] from step `first_step`: loops from their time on,
// others at the step of their onset, its neighbours by how near they are. Classes the world does not know are left out.
at::Tensor event_labels(std::span<const eval::SoundEvent> events, int64_t first_step, int64_t steps, double rate);

// Cross-entropy, summed over classes, mean over steps.
at::Tensor event_loss(const at::Tensor& logits_BSE, const at::Tensor& labels_BSE);

// The largest label (or logit) of each step among the classes that begin rather than go on: [B,S].
at::Tensor onset_steps(const at::Tensor& x_BSE);

// Average precision with which the likeliest onset class tells steps of an onset from others (chance: their share); NaN
// without onsets.
double onset_precision(const at::Tensor& logits_BSE, const at::Tensor& labels_BSE);

}  // namespace mg::train
