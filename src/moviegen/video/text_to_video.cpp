// Text-to-image and text-to-video (facts sheet 5): noise [B,C,T,H,W] → Euler over the velocity field → normalised latents.
// With guidance each step is one forward pass of 2·B items: conditional first, then unconditional.
#include "moviegen/video/text_to_video.h"

#include "moviegen/core/error.h"
#include "moviegen/flow/path.h"
#include "moviegen/flow/schedule.h"

namespace mg::video {
namespace {

struct TextMemory {
  Tensor tokens_BLD, mask_BL;
};

TextMemory pad_to(const TextMemory& memory, int64_t length) {
  int64_t missing = length - memory.tokens_BLD.size(1);
  if (missing == 0) return memory;
  return {at::constant_pad_nd(memory.tokens_BLD, {0, 0, 0, missing}), at::constant_pad_nd(memory.mask_BL, {0, missing}, false)};
}

TextMemory condition(Transformer& model, const text::Encoded& encoded) {
  auto [tokens, mask] = model->conditioner(encoded);
  return {tokens, mask};
}

TextMemory stack(const TextMemory& a, const TextMemory& b) {
  int64_t length = std::max(a.tokens_BLD.size(1), b.tokens_BLD.size(1));
  auto left = pad_to(a, length), right = pad_to(b, length);
  return {at::cat({left.tokens_BLD, right.tokens_BLD}), at::cat({left.mask_BL, right.mask_BL})};
}

// Each item's noise, from a stream of its own.
class Noise {
 public:
  Noise(const std::vector<uint64_t>& seeds, int64_t channels, std::array<int64_t, 3> thw) : shape_{channels, thw[0], thw[1], thw[2]} {
    for (uint64_t seed : seeds) streams_.emplace_back(seed, "text-to-video noise");
  }
  Tensor draw() {
    std::vector<Tensor> items;
    for (auto& stream : streams_) items.push_back(flow::sample_noise(shape_, stream));
    return at::stack(items);
  }

 private:
  std::vector<int64_t> shape_;
  std::vector<Generator> streams_;
};

}  // namespace

Tensor sample_latents(Transformer& model, const text::Encoded& prompt, const text::Encoded& null_prompt,
                      const std::vector<uint64_t>& seeds, std::array<int64_t, 3> latent_thw, const SampleOptions& options,
                      const flow::OnStep& on_step) {
  auto B = static_cast<int64_t>(seeds.size());
  if (B < 1 || prompt.ul2_BLD.size(0) != B)
    throw UsageError("text-to-video: {} seeds for {} prompts; expected one each", B, prompt.ul2_BLD.size(0));
  c10::InferenceMode inference;
  bool has_guidance = options.guidance_scale != 1.0;
  TextMemory text = condition(model, prompt), both = has_guidance ? stack(text, condition(model, null_prompt)) : text;
  auto velocity = [&](const Tensor& x, double t) {
    bool guided = has_guidance && options.guidance_interval.contains(t);
    auto input = guided ? at::cat({x, x}) : x;
    const TextMemory& read = guided ? both : text;
    auto u = model->forward(input, torch::full({input.size(0)}, t), read.tokens_BLD, read.mask_BL);
    return guided ? flow::guide(u.narrow(0, B, B), u.narrow(0, 0, B), options.guidance_scale) : u;
  };
  auto times = flow::make_schedule(options.schedule, static_cast<int>(options.num_inference_steps), static_cast<int>(options.emulated_steps));
  Noise noise(seeds, model->config.latent_channels, latent_thw);
  auto start = noise.draw();
  return flow::solve(options.solver, velocity, start, times, on_step, {options.churn, [&] { return noise.draw(); }});
}

}  // namespace mg::video
