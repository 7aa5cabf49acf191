// Each hot operation, forward and forward + backward, at the sizes of the mini backbone (16 clips of 256 tokens, width 384,
// feed-forward 1024, 6 heads of 64, 32 text tokens) in each precision. Products are compared with the raw oneDNN product
// rate of the same run, everything with ATen's own operations.
// Run: cmake --build --preset release --target nn_bench && build/release/bench/nn_bench [name filter]
#include <fmt/format.h>
#include <torch/optim/adamw.h>

#include "bench.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/nn/runtime.h"

namespace {

using namespace mg;
using at::Tensor;
using nn::Compute;

constexpr int64_t kB = 16, kS = 256, kD = 384, kF = 1024, kN = 6, kK = 64, kL = 32;

double best_ms(const std::function<void()>& work) { return 1e3 * best_seconds(work, 7); }

struct Operation {
  std::string name;
  double forward_flops;  // 0: bound by memory, only times are shown
  std::vector<Tensor> inputs;
  std::function<Tensor(const std::vector<Tensor>&)> run;
};

Tensor leaf(at::IntArrayRef sizes, double factor = 1) { return (torch::randn(sizes) * factor).requires_grad_(); }

std::vector<Operation> operations() {
  auto mask = torch::ones({kB, kL}, at::kBool);
  double linear_in = 2.0 * kB * kS * kD * 2 * kF, square = 2.0 * kB * kS * kD * kD;
  using Inputs = const std::vector<Tensor>&;
  auto product = [](Inputs x) { return nn::linear(x[0], x[1]); };
  auto heads = [](Inputs x) { return nn::attention(x[0], x[1], x[2]); };
  return {
      {"linear 384 to 384", square, {leaf({kB, kS, kD}), leaf({kD, kD}, 0.05)}, product},
      {"linear 384 to 2048", linear_in, {leaf({kB, kS, kD}), leaf({2 * kF, kD}, 0.05)}, product},
      {"linear 1024 to 384", linear_in / 2, {leaf({kB, kS, kF}), leaf({kD, kF}, 0.05)}, product},
      {"attention 256 × 256", 4.0 * kB * kN * kS * kS * kK, {leaf({kB, kS, kN, kK}), leaf({kB, kS, kN, kK}), leaf({kB, kS, kN, kK})}, heads},
      {"attention 256 × 32", 4.0 * kB * kN * kS * kL * kK, {leaf({kB, kS, kN, kK}), leaf({kB, kL, kN, kK}), leaf({kB, kL, kN, kK})},
       [mask](Inputs x) { return nn::attention(x[0], x[1], x[2], mask); }},
      {"rms_norm", 0, {leaf({kB, kS, kD}), leaf({kD})}, [](Inputs x) { return nn::rms_norm(x[0], x[1]); }},
      {"rms_norm of heads", 0, {leaf({kB, kS, kN, kK}), leaf({kK})}, [](Inputs x) { return nn::rms_norm(x[0], x[1]); }},
      {"rms_norm_modulate", 0, {leaf({kB, kS, kD}), leaf({kD}), leaf({kB, kD}), leaf({kB, kD})},
       [](Inputs x) { return nn::rms_norm_modulate(x[0], x[1], x[2], x[3]); }},
      {"gated_residual", 0, {leaf({kB, kS, kD}), leaf({kB, kS, kD}), leaf({kB, kD})}, [](Inputs x) { return nn::gated_residual(x[0], x[1], x[2]); }},
      {"swiglu", 0, {leaf({kB, kS, 2 * kF})}, [](Inputs x) { return nn::swiglu(x[0]); }},
      {"depthwise_conv", 54.0 * kB * kS * kF, {leaf({kB, 4, 8, 8, kF}), leaf({27, kF})}, [](Inputs x) { return nn::depthwise_conv(x[0], x[1]); }},
  };
}

double raw_rate_in(Compute compute) {
  nn::set_compute(compute);
  return raw_rate();
}

double forward_ms(const Operation& op) {
  at::NoGradGuard no_grad;
  return best_ms([&] { op.run(op.inputs); });
}

double both_ms(const Operation& op) {
  auto grad = torch::randn_like(op.run(op.inputs));
  return best_ms([&] {
    for (auto x : op.inputs) x.mutable_grad() = Tensor();
    op.run(op.inputs).backward(grad);
  });
}

void print_operation(const Operation& op, double raw_f32, double raw_bf16) {
  double aten[2] = {0, 0};
  for (auto [name, compute, raw] : {std::tuple{"aten", Compute::kAten, raw_f32}, {"f32", Compute::kF32, raw_f32}, {"bf16", Compute::kBf16, raw_bf16}}) {
    if (compute == Compute::kBf16 && !nn::has_native_bf16()) continue;
    nn::set_compute(compute);
    double times[2] = {forward_ms(op), both_ms(op)};
    if (compute == Compute::kAten) aten[0] = times[0], aten[1] = times[1];
    fmt::print("{:<20} {:<5}", op.name, name);
    for (int i = 0; i < 2; ++i) {
      fmt::print("| {:8.3f} ms {:5.2f}x aten ", times[i], aten[i] / times[i]);
      double rate = op.forward_flops * (i ? 3 : 1) / times[i] / 1e6;
      if (rate > 0) fmt::print("{:5.0f} GFLOP/s {:.2f} of raw ", rate, rate / raw);
    }
    fmt::print("\n");
  }
}

void print_optimizer() {
  auto parameter = leaf({4096, 2048});
  std::vector<Tensor> ema{parameter.detach().clone()};
  nn::AdamW ours({parameter}, {});
  torch::optim::AdamW theirs({parameter}, torch::optim::AdamWOptions(1e-6));
  parameter.mutable_grad() = torch::randn_like(parameter);
  double fused = best_ms([&] { ours.step(1e-6, 1, ema, 0.999); });
  double aten = best_ms([&] {
    theirs.step();
    at::NoGradGuard no_grad;
    ema[0].mul_(0.999).add_(parameter, 0.001);
    parameter.mutable_grad().zero_();
  });
  double norm = best_ms([&] { ours.gradient_norm(); }), aten_norm = best_ms([&] { parameter.grad().norm().item<double>(); });
  double moved = static_cast<double>(parameter.numel()) * 4 * 10;  // five arrays read and written
  fmt::print("AdamW + EMA + zeroing, 8.4M parameters: {:.2f} ms ({:.1f} GB/s), {:.2f}x libtorch\n", fused, moved / fused / 1e6, aten / fused);
  fmt::print("gradient norm: {:.2f} ms, {:.2f}x libtorch\n", norm, aten_norm / norm);
}

}  // namespace

int main(int argc, char** argv) {
  int threads = nn::set_threads();
  nn::keep_freed_memory();
  double raw_f32 = raw_rate_in(Compute::kF32), raw_bf16 = nn::has_native_bf16() ? raw_rate_in(Compute::kBf16) : 0;
  fmt::print("{} threads; raw oneDNN product f32 {:.0f} GFLOP/s, bf16 {:.0f} GFLOP/s; columns: forward | forward and backward\n", threads, raw_f32, raw_bf16);
  for (const auto& op : operations())
    if (argc < 2 || op.name.find(argv[1]) != std::string::npos) print_operation(op, raw_f32, raw_bf16);
  if (argc < 2 || std::string("optimizer").find(argv[1]) != std::string::npos) print_optimizer();
}
