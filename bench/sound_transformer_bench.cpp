// One training step of the mini sound transformer on 32 clips of 2 s (50 latents, 64 text tokens, 32 frames each; forward and
// backward), with and without its frame encoder, beside the raw oneDNN product rate; and sounds made a second of work.
// Run: cmake --build --preset release --target sound_transformer_bench && build/release/bench/sound_transformer_bench
#include <fmt/format.h>

#include "bench.h"
#include "moviegen/audio/frame_encoder.h"
#include "moviegen/audio/transformer.h"
#include "moviegen/nn/runtime.h"

namespace {

using namespace mg;

constexpr int64_t kBatch = 32, kSteps = 50, kFrames = 32, kTextTokens = 64;

audio::Conditions conditions(const audio::TransformerConfig& c, const at::Tensor& video) {
  return {torch::zeros({kBatch, c.latent_channels, kSteps}), torch::ones({kBatch, kSteps}), video, {}, torch::randn({kBatch, kTextTokens, c.text_width}),
          torch::ones({kBatch, kTextTokens}, at::kBool)};
}

}  // namespace

int main() {
  int threads = nn::set_threads();
  nn::keep_freed_memory();
  if (nn::has_native_bf16()) nn::set_compute(nn::Compute::kBf16);
  audio::TransformerConfig config;
  audio::Transformer model(config);
  audio::FrameEncoder encoder(audio::FrameEncoderConfig{});
  auto x = torch::randn({kBatch, config.latent_channels, kSteps}), t = torch::rand({kBatch});
  auto pixels = torch::rand({kBatch * kFrames, 3, 64, 64}) * 2 - 1, features = torch::randn({kBatch, kSteps, config.video_width});
  double layers = kBatch * audio::forward_flops(config, kSteps, kTextTokens), frames = kBatch * kFrames * audio::forward_flops(encoder->config);
  double step = best_seconds([&] { model->forward(x, t, model->condition(conditions(config, features))).square().mean().backward(); }, 3);
  double seeing = best_seconds([&] { encoder(pixels).square().mean().backward(); }, 3);
  at::NoGradGuard no_grad;
  auto memory = model->condition(conditions(config, features));
  double forward = best_seconds([&] { model->forward(x, t, memory); }, 3);
  fmt::print("mini sound transformer, {:.1f}M parameters, {} threads; raw oneDNN product {:.0f} GFLOP/s\n", audio::parameter_count(config) / 1e6, threads, raw_rate());
  fmt::print("transformer  {:.3f} s a step, {:.0f} GFLOP/s\n", step, 3 * layers / step / 1e9);
  fmt::print("frames       {:.3f} s a step ({:.0f} frames), {:.0f} GFLOP/s\n", seeing, static_cast<double>(kBatch * kFrames), 3 * frames / seeing / 1e9);
  fmt::print("forward      {:.3f} s; 32 guided midpoint steps make {:.1f} s of sound a second\n", forward, kBatch * 2 / (32 * 2 * 2 * forward));
}
