// moviegen doctor: what this machine and installation offer, and what to do about what is missing.
#include <fmt/format.h>
#include <torch/version.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "moviegen/cli/commands.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world/world.h"
#include "moviegen/generate/model_description.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/text/tokenizer.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;
constexpr double kDiskBytes = 2e9;  // room for a training run's checkpoints, or some thousand films

struct Finding {
  bool is_ok;
  std::string detail;
};

// Whatever goes wrong inside is what is missing.
template <class Test>
Finding try_out(Test&& test) {
  try {
    return {true, test()};
  } catch (const Error& error) {
    std::string message = error.what();
    return {false, message.substr(0, message.find('\n'))};
  }
}

// Encodes and reads back a real file: it finds a missing encoder, an unwritable temporary folder and a broken library alike.
std::string try_codec() {
  auto path = (fs::temp_directory_path() / fmt::format("moviegen-doctor-{}.mp4", ::getpid())).string();
  struct Remove {
    std::string path;
    ~Remove() {
      std::error_code error;
      fs::remove(path, error);
    }
  } remove{path};
  media::WriteOptions options;
  options.width = options.height = 64;
  media::write_video(path, std::vector<media::Image>(2, media::Image(64, 64)), options);
  return media::VideoReader(path).info().codec + " in MP4";
}

std::string try_tokenizer() {
  try {
    text::SentencePieceTokenizer probe("not a model");
  } catch (const DataError&) {  // the library's own answer, so it is there
  }
  return "SentencePiece";
}

std::string try_disk() {
  auto folder = fs::current_path();
  auto space = static_cast<double>(fs::space(folder).available);
  if (space < kDiskBytes) throw ResourceError("{} free in {}, {} are wanted", human_bytes(space), folder.string(), human_bytes(kDiskBytes));
  return fmt::format("{} free in {}", human_bytes(space), folder.string());
}

std::string try_model() {
  auto model = generate::describe_model("mini");
  return fmt::format("{}, {} of weights, films up to {}x{} and {} frames", model.folder, human_bytes(model.weight_file_bytes),
                     model.max_width(), model.max_height(), model.max_frames());
}

std::string try_world() {
  auto folder = world::default_pack_folder();
  world::World::open(folder);
  return folder;
}

bool print_finding(const char* name, const Finding& finding, const char* fix) {
  fmt::print("{:<15}{}  {}\n", name, finding.is_ok ? "ok     " : "missing", finding.detail);
  if (!finding.is_ok) fmt::print("{:<15}         fix: {}\n", "", fix);
  return finding.is_ok;
}

void show_machine() {
  fmt::print("moviegen {}, libtorch {}\n", MG_VERSION, TORCH_VERSION);
  fmt::print("threads        {} of {} processors\n", nn::set_threads(), std::thread::hardware_concurrency());
  fmt::print("native bf16    {}\n", nn::has_native_bf16() ? "yes: chosen by compute auto" : "no, compute auto means f32");
  fmt::print("AVX-512, AVX2  {}, {}\n", __builtin_cpu_supports("avx512f") ? "yes" : "no", __builtin_cpu_supports("avx2") ? "yes" : "no");
  fmt::print("program        {}\n", program_folder());
  fmt::print("data           {}\n", data_folder());
  fmt::print("cache          {}\n", cache_folder());
  fmt::print("configuration  {}\n", config_folder());
}

void show() {
  show_machine();
  bool ok = true;
  ok &= print_finding("video codec", try_out(try_codec), "apt-get install libavcodec-extra libx264-dev, then build again");
  ok &= print_finding("tokenizer", try_out(try_tokenizer),
                      "apt-get install libsentencepiece-dev, then tools/setup");
  ok &= print_finding("disk space", try_out(try_disk), "free some space, or work in another folder");
  // Not everyone needs these two, so they do not decide the exit code.
  print_finding("model mini", try_out(try_model), "take models/mini from the repository, or train it (docs/training.md)");
  print_finding("world pack", try_out(try_world), "moviegen world fetch (only needed for training)");
  if (!ok) throw CheckFailed("something that every film needs is missing, see above");
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  auto* doctor = app.add_subcommand("doctor", "check this machine and installation, with the fix for what is missing");
  doctor->callback([&action] { action = show; });
}

}  // namespace mg::cli
