// The temporal autoencoder of the mini model in each precision: encode, decode, and forward + backward, for a batch of training
// crops, a full clip and a batch of images, beside the raw oneDNN product rate of the same run and precision.
// Run: cmake --build --preset release --target tae_bench && build/release/bench/tae_bench
#include <fmt/format.h>

#include "bench.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/tae/autoencoder.h"

namespace {

using namespace mg;

struct Load {
  const char* name;
  int64_t batch, frames, side;
};

void print_load(tae::Autoencoder& model, const Load& load, const char* precision, double raw) {
  auto pixels = torch::rand({load.batch, 3, load.frames, load.side, load.side}) * 2 - 1;
  bool is_still = load.frames == 1;
  double batch = static_cast<double>(load.batch);
  double encode = batch * tae::encode_flops(model->config, load.frames, load.side, load.side);
  double decode = batch * tae::decode_flops(model->config, load.frames, load.side, load.side);
  double times[3];
  {
    at::NoGradGuard no_grad;
    auto latent = model->encode(pixels);
    times[0] = best_seconds([&] { model->encode(pixels); });
    times[1] = best_seconds([&] { model->decode(latent, load.frames); });
  }
  auto grad = torch::randn_like(pixels);
  times[2] = best_seconds([&] {
    auto latent = model->encoder(pixels).first;
    model->decoder(latent, is_still).narrow(2, 0, load.frames).backward(grad);
  });
  double work[3] = {encode, decode, 3 * (encode + decode)};
  fmt::print("{:<5} {:<20}", precision, load.name);
  for (int i = 0; i < 3; ++i) {
    double rate = work[i] / times[i] / 1e9;
    fmt::print("| {:7.1f} ms {:4.0f} GFLOP/s {:.2f} of raw ", times[i] * 1e3, rate, rate / raw);
  }
  fmt::print("\n");
}

}  // namespace

int main() {
  int threads = nn::set_threads();
  nn::keep_freed_memory();
  auto config = tae::tae_preset("mini");
  tae::Autoencoder model(config);
  fmt::print("{} threads, {:.1f}M parameters; encode + decode of 32×128×128: {:.1f} + {:.1f} GFLOP; of an image {:.1f} + {:.1f}\n", threads,
             static_cast<double>(tae::parameter_count(config)) / 1e6, tae::encode_flops(config, 32, 128, 128) / 1e9,
             tae::decode_flops(config, 32, 128, 128) / 1e9, tae::encode_flops(config, 1, 128, 128) / 1e9, tae::decode_flops(config, 1, 128, 128) / 1e9);
  fmt::print("columns: encode | decode | forward and backward\n");
  for (auto [name, compute] : {std::pair{"aten", nn::Compute::kAten}, {"f32", nn::Compute::kF32}, {"bf16", nn::Compute::kBf16}}) {
    if (compute == nn::Compute::kBf16 && !nn::has_native_bf16()) continue;
    nn::set_compute(compute);
    double raw = raw_rate();
    fmt::print("{}: raw product {:.0f} GFLOP/s\n", name, raw);
    for (const auto& load : {Load{"8 × 16×64×64", 8, 16, 64}, Load{"2 × 32×128×128", 2, 32, 128}, Load{"16 × 1×128×128", 16, 1, 128}})
      print_load(model, load, name, raw);
  }
}
