// How fast one core renders training clips, beside what the autoencoder's training step asks for: 8 clips every 8 steps (recipes/tae/mini.toml). The
// transformer's stages read cached latents.
// Run: cmake --build --preset release --target world_bench && build/release/bench/world_bench [seconds of a TAE step, default 0.6]
#include <fmt/format.h>

#include <cstdlib>

#include "bench.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/nn/runtime.h"

int main(int count, char** arguments) {
  using namespace mg;
  nn::set_threads(1);
  double step_s = count > 1 ? std::atof(arguments[1]) : 0.6;
  auto world = data::WorldSettings{}.open();
  double appetite = 8 / (8 * step_s);
  for (auto [width, height] : {std::pair<int64_t, int64_t>{128, 128}, {160, 96}, {96, 160}})
    for (int64_t frames : {1, 16, 32}) {
      auto options = data::WorldSettings{}.render(width, height, frames);
      uint64_t seed = data::kEvaluationSeeds;
      constexpr int kClips = 8;
      double seconds = best_seconds([&] { for (int i = 0; i < kClips; ++i) world->render(seed + static_cast<uint64_t>(i), options); }, 3) / kClips;
      fmt::print("{:>3}×{:<3} {:>2} frames: {:6.1f} ms a clip, {:5.1f} clips/s on one core", width, height, frames, seconds * 1e3, 1 / seconds);
      if (frames == 32 && width == height) fmt::print(", {:.1f} times the {:.1f} clips/s of a TAE step of {:.2f} s", 1 / seconds / appetite, appetite, step_s);
      fmt::print("\n");
    }
  // Sound alone, as the sound models' training listens: soundfont and takes are read before the clock starts.
  for (double music : {0.0, 0.35, 1.0}) {
    auto options = data::WorldSettings{}.render(128, 128, 32);
    options.pictures = false, options.sound = true, options.music = music;
    constexpr int kClips = 64;
    auto all = [&] { for (uint64_t i = 0; i < kClips; ++i) world->render(data::kEvaluationSeeds + i, options); };
    all();
    double seconds = best_seconds(all, 3) / kClips;
    fmt::print("sound of 2 s, music in {:3.0f} %: {:6.1f} ms a clip, {:5.1f} clips/s on one core\n", 100 * music, seconds * 1e3, 1 / seconds);
  }
}
