// Text-to-image and text-to-video sampling: encoded prompts and seeds → normalised latents (facts sheet 5).
//   latents [B,C,T,H,W] = solver(noise(seed, index), guided velocity)
// Easy to get wrong: an item's noise, that of the churn too, depends on its seed alone, never on its place in the batch.
#pragma once
#include <vector>

#include "moviegen/flow/solver.h"
#include "moviegen/video/transformer.h"

namespace mg::video {

struct SampleOptions {
  int64_t num_inference_steps = 50;
  double guidance_scale = 7.5;                   // 1 = no guidance
  std::string schedule = "linear-quadratic", solver = "euler";
  int64_t emulated_steps = 250;
  flow::GuidanceInterval guidance_interval{};
  double churn = 0;                              // flow::Churn
};

// `prompt` and `null_prompt` hold B items each (the null prompt may be a negative prompt). seeds.size() = B.
Tensor sample_latents(Transformer& model, const text::Encoded& prompt, const text::Encoded& null_prompt,
                      const std::vector<uint64_t>& seeds, std::array<int64_t, 3> latent_thw, const SampleOptions& options,
                      const flow::OnStep& on_step = {});

}  // namespace mg::video
