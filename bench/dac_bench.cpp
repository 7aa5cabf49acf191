// The sound codec of the mini model in each precision: encode and decode of ten seconds, and forward + backward of a training
// batch, as × real time and beside the raw oneDNN product rate of the same run and precision.
// Run: cmake --build --preset release --target dac_bench && build/release/bench/dac_bench
#include <fmt/format.h>

#include "bench.h"
#include "moviegen/audio/dac_vae.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"

namespace {

using namespace mg;

void print_row(const char* name, double sound_s, double flops, double seconds, double raw) {
  double rate = flops / seconds / 1e9;
  fmt::print("  {:<28}{:8.1f} ms {:7.1f} × real time {:5.0f} GFLOP/s, {:.2f} of raw\n", name, seconds * 1e3, sound_s / seconds, rate, rate / raw);
}

void print_precision(audio::DacVae& model, const char* name) {
  constexpr double kLong = 10, kCrop = 0.72;
  constexpr int64_t kCrops = 12;
  double raw = raw_rate(), rate = static_cast<double>(model->config.sample_rate);
  double encode = audio::encoder_cost(model->config).flops, decode = audio::decoder_cost(model->config).flops;
  fmt::print("{}: raw product {:.0f} GFLOP/s\n", name, raw);
  auto sound = torch::randn({1, 1, static_cast<int64_t>(kLong * rate)}) * 0.1;
  {
    at::NoGradGuard no_grad;
    auto latents = model->latents(sound);
    print_row("encode 10 s", kLong, kLong * encode, best_seconds([&] { model->latents(sound); }), raw);
    print_row("decode 10 s", kLong, kLong * decode, best_seconds([&] { model->decode(latents, sound.size(2)); }), raw);
  }
  auto batch = torch::randn({kCrops, 1, static_cast<int64_t>(kCrop * rate)}) * 0.1, gradient = torch::randn_like(batch);
  double seconds = best_seconds([&] { model->synthesise(model->encode(batch).mean).backward(gradient); });
  print_row("forward and backward 12×0.72", kCrops * kCrop, 3 * kCrops * kCrop * (encode + decode), seconds, raw);
}

}  // namespace

int main() {
  int threads = nn::set_threads();
  nn::keep_freed_memory();
  auto config = audio::dac_vae_preset("mini");
  audio::DacVae model(config);
  model->fold_weights();
  auto encoder = audio::encoder_cost(config), decoder = audio::decoder_cost(config);
  fmt::print("{} threads; {:.1f}M + {:.1f}M parameters, {:.2f} + {:.2f} GFLOP a second of sound\n", threads, static_cast<double>(encoder.parameters) / 1e6,
             static_cast<double>(decoder.parameters) / 1e6, encoder.flops / 1e9, decoder.flops / 1e9);
  for (auto [name, compute] : {std::pair{"aten", nn::Compute::kAten}, {"f32", nn::Compute::kF32}, {"bf16", nn::Compute::kBf16}}) {
    if (compute == nn::Compute::kBf16 && !nn::has_native_bf16()) continue;
    nn::set_compute(compute);
    print_precision(model, name);
  }
}
