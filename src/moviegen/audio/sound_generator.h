// Sound of any length (facts 10.6): frames, caption, given sound and a seed → normalised latents [C,S], handed out in order.
// Up to one window it is made in one piece. Longer ones either segment by segment, each continuing the end of the last
// ("extend"), or in overlapping windows whose velocities are merged at every solver step ("windows", MultiDiffusion).
//
//   generate_sound(model, {.features_FV = features, .times_s = times, .duration_s = 12, .caption = caption_text({}), .seed = 7},
//                  model.sampling, [&](const Tensor& latents_CS) { decoder.push(latents_CS); });
//
// Easy to get wrong: the noise of a step depends on the seed and the step's place in the whole sound, never on windows.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "moviegen/audio/sound_conditioner.h"
#include "moviegen/audio/sound_sampling.h"
#include "moviegen/audio/transformer.h"
#include "moviegen/audio/windows.h"
#include "moviegen/flow/solver.h"

namespace mg::audio {

struct SoundModel {
  Transformer transformer{nullptr};
  SoundConditioner conditioner{nullptr};
  SoundSampling sampling;
};
SoundModel load_sound_model(const std::string& folder);

// Latents that are known already, to be continued, preceded or filled in: mask 1 = to be made, 0 = known.
struct KnownLatents {
  Tensor latents_CS, mask_S;  // f32; latents are zero where the mask is 1
};

// How good a piece is; higher is better.
using Ranker = std::function<double(const Tensor& latents_CS)>;

struct SoundRequest {
  Tensor features_FV{};               // of the frames; undefined = no picture
  std::vector<double> times_s{};      // of the frames, 0 = start of the sound
  double duration_s = 0;
  std::string caption{};              // as caption_text writes it; empty = none
  uint64_t seed = 0;
  KnownLatents known{};               // undefined = nothing is known
  int64_t candidates = 1;             // takes of every piece, of which the ranker keeps one (facts 10.6: 8)
  Ranker ranker{};
};

// Solver steps of the whole, what on_step counts up to.
int64_t solver_steps(const SoundRequest& request, const SoundSampling& sampling);

using OnLatents = std::function<void(const Tensor& latents_CS)>;

// Calls on_latents with consecutive stretches, on_step after every solver step of the whole (its data are those of the piece at work);
// either may throw. Throws UsageError for a request that does not fit the model.
void generate_sound(SoundModel& model, const SoundRequest& request, const SoundSampling& sampling, const OnLatents& on_latents,
                    const flow::OnStep& on_step = {});

// The part below the networks, for any velocity.

// Guided velocities of equally long windows, given what is known of the whole sound: prepared once, called at every step
// with x [N,C,W].
using PrepareWindows = std::function<flow::Velocity(const std::vector<Window>& windows, const KnownLatents& known)>;

struct LongSound {
  int64_t channels = 0, steps = 0;
  uint64_t seed = 0;
  KnownLatents known{};
  int64_t candidates = 1;
  Ranker ranker{};
};
void solve_sound(const PrepareWindows& prepare, const LongSound& sound, const SoundSampling& sampling, const OnLatents& on_latents,
                 const flow::OnStep& on_step = {});

// Unit noise [C,W] of a window, step by step a function of (seed, step).
Tensor sound_noise(uint64_t seed, int64_t channels, const Window& window);

}  // namespace mg::audio
