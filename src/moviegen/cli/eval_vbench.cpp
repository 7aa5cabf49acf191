// moviegen eval vbench-export: films named as VBench reads them, "{prompt}-{index}.mp4". What is there is kept, so the same command
// goes on where it stopped.
#include <fmt/format.h>

#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/generate/movie.h"
#include "moviegen/generate/output.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/text/prompt_file.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestName = 255;  // bytes of a file name

struct Options {
  generate::Request request{.seed = 0};
  std::string model = "mini", prompts, output, compute = "auto";
  int64_t samples = 5;
};

// A prompt as a file name: as it is, but a slash cannot be kept.
std::string film_name(const std::string& prompt, int64_t index) {
  auto name = prompt;
  std::replace(name.begin(), name.end(), '/', ' ');
  name += fmt::format("-{}.mp4", index);
  if (name.size() > kLongestName || name.find('\0') != std::string::npos || name.front() == '.')
    throw DataError("the prompt '{}' cannot be a file name, which VBench wants: at most {} bytes, not beginning with a dot", prompt, kLongestName);
  return name;
}

void export_films(const Options& options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  auto prompts = text::read_prompts(options.prompts);
  for (const auto& prompt : prompts) film_name(prompt, options.samples);
  auto session = generate::Session::open(options.model);
  make_folder(options.output);
  int64_t kept = 0;
  Progress progress("films", std::ssize(prompts) * options.samples);
  for (size_t i = 0; i < prompts.size(); ++i)
    for (int64_t k = 0; k < options.samples; ++k) {
      auto path = (fs::path(options.output) / film_name(prompts[i], k)).string();
      if (fs::exists(path)) {
        ++kept;
      } else {
        auto request = options.request;
        request.prompt = prompts[i], request.sound = false, request.seed += k;
        auto movie = session.generate(request, {.cancel = &process_cancel()});
        generate::save_movie(movie, path, false);
      }
      progress.update(static_cast<int64_t>(i) * options.samples + k + 1);
    }
  progress.finish();
  fmt::print("{}: {} films of {} prompts, {} of them there before\n", options.output, std::ssize(prompts) * options.samples, prompts.size(), kept);
}

}  // namespace

void add_eval_vbench(CLI::App& eval, Action& action) {
  auto* vbench = eval.add_subcommand("vbench-export", "films named as VBench reads them, \"PROMPT-INDEX.mp4\"; goes on where it was stopped");
  auto options = std::make_shared<Options>();
  vbench->add_option("--model", options->model, "model folder or name")->capture_default_str();
  vbench->add_option("--prompts", options->prompts, "prompts of a dimension: one a line, .csv or .jsonl")->required();
  vbench->add_option("-o,--output", options->output, "folder of the films, such as MODEL/DIMENSION")->required();
  vbench->add_option("--samples", options->samples, "films of a prompt")->check(CLI::Range(1, 1000))->capture_default_str();
  vbench->add_option("--seed", options->request.seed, "seed of the first film of each prompt")->check(CLI::NonNegativeNumber)->capture_default_str();
  vbench->add_option("--frames", options->request.num_frames, "frames of a film; 0 = the model's own default");
  vbench->add_option("--steps", options->request.num_inference_steps, "solver steps; 0 = the model's own default");
  vbench->add_option("--guidance", options->request.guidance_scale, "guidance scale; 0 = the model's own default");
  vbench->add_option("--compute", options->compute, "precision of products: f32, bf16, aten or auto")->capture_default_str();
  vbench->callback([options, &action] { action = [options] { export_films(*options); }; });
}

}  // namespace mg::cli
