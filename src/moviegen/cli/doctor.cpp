// moviegen doctor: what this machine and installation offer.
#include <fmt/format.h>
#include <torch/version.h>

#include <thread>

#include "moviegen/cli/commands.h"
#include "moviegen/core/paths.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"

namespace mg::cli {
namespace {

void show() {
  fmt::print("moviegen {}, libtorch {}\n", MG_VERSION, TORCH_VERSION);
  fmt::print("threads        {} of {} processors\n", nn::set_threads(), std::thread::hardware_concurrency());
  fmt::print("native bf16    {}\n", nn::has_native_bf16() ? "yes: chosen by compute auto" : "no, compute auto means f32");
  fmt::print("AVX-512, AVX2  {}, {}\n", __builtin_cpu_supports("avx512f") ? "yes" : "no", __builtin_cpu_supports("avx2") ? "yes" : "no");
  fmt::print("program        {}\n", program_folder());
  fmt::print("data           {}\n", data_folder());
  fmt::print("cache          {}\n", cache_folder());
  fmt::print("configuration  {}\n", config_folder());
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  auto* doctor = app.add_subcommand("doctor", "show threads, processor features, versions and folders");
  doctor->callback([&action] { action = show; });
}

}  // namespace mg::cli
