// One training step of the mini backbone (16 clips of 256 tokens, 32 text tokens; forward, backward, AdamW with EMA) in each
// precision, beside the limit it is compared to: the raw oneDNN product rate of the same run, and the same step on ATen's
// own operations. Run: cmake --build --preset release --target backbone_bench && build/release/bench/backbone_bench
#include <fmt/format.h>

#include "bench.h"
#include "moviegen/flow/path.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/video/transformer.h"

namespace {

using namespace mg;

constexpr int kBatch = 16, kTextTokens = 32;

double step_seconds(video::Transformer& model, nn::AdamW& optimizer, const std::vector<at::Tensor>& ema, nn::Compute compute) {
  nn::set_compute(compute);
  Generator generator(1);
  auto data = flow::sample_noise({kBatch, 16, 4, 16, 16}, generator), noise = flow::sample_noise({kBatch, 16, 4, 16, 16}, generator);
  auto t = flow::sample_times(kBatch, generator);
  auto text = torch::randn({kBatch, kTextTokens, 384}), mask = torch::ones({kBatch, kTextTokens}, at::kBool);
  return best_seconds([&] {
    auto velocity = model(flow::interpolate(data, noise, t), t, text, mask);
    flow::loss_per_item(velocity, flow::target_velocity(data, noise)).mean().backward();
    double norm = optimizer.gradient_norm();
    optimizer.step(1e-4, norm > 1 ? 1 / norm : 1, ema, 0.999);
  });
}

}  // namespace

int main() {
  int threads = nn::set_threads();
  nn::keep_freed_memory();
  video::TransformerConfig config;
  video::Transformer model(config);
  std::vector<at::Tensor> ema;
  for (const auto& p : model->parameters()) ema.push_back(p.detach().clone());
  nn::AdamW optimizer(model->parameters(), {});
  double flops = 3 * kBatch * video::forward_flops(config, 256, kTextTokens);
  nn::set_compute(nn::Compute::kF32);
  double raw_f32 = raw_rate();
  fmt::print("mini backbone, {:.1f}M parameters, {} threads, {:.0f} GFLOP a step\n", video::parameter_count(config) / 1e6, threads, flops / 1e9);
  fmt::print("raw oneDNN f32 product: {:.0f} GFLOP/s\n", raw_f32);
  double aten = 0;
  for (auto [name, compute] : {std::pair{"aten", nn::Compute::kAten}, {"f32", nn::Compute::kF32}, {"bf16", nn::Compute::kBf16}}) {
    if (compute == nn::Compute::kBf16 && !nn::has_native_bf16()) continue;
    double seconds = step_seconds(model, optimizer, ema, compute), rate = flops / seconds / 1e9;
    if (compute == nn::Compute::kAten) aten = seconds;
    fmt::print("{:<5} {:.3f} s a step, {:.1f} clips/s, {:.0f} GFLOP/s, {:.2f} of the raw f32 rate, {:.2f} times aten\n", name, seconds,
               kBatch / seconds, rate, rate / raw_f32, aten / seconds);
  }
  if (nn::has_native_bf16()) fmt::print("raw oneDNN bf16 product: {:.0f} GFLOP/s\n", raw_rate());
}
