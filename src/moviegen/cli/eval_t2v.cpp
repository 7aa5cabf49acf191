// moviegen eval t2v: a film for every prompt of a list, all from one seed, and a grid of their frames to judge by eye.
#include <fmt/format.h>

#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/generate/movie.h"
#include "moviegen/generate/output.h"
#include "moviegen/media/displacement.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/text/prompt_file.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  generate::Request request{.seed = 0};
  std::string model = "mini", prompts = "tests/prompts/core.txt", output, compute = "auto";
  int frames_shown = 4, columns = 2;
};

void add_frames(std::vector<media::Image>& cells, const generate::Movie& movie, int shown) {
  auto last = static_cast<int>(movie.frames.size()) - 1;
  for (int i = 0; i < shown; ++i) cells.push_back(movie.frames[static_cast<size_t>(shown > 1 ? i * last / (shown - 1) : 0)]);
}

// −1 to the left, +1 to the right, 0 if the prompt says neither or both.
int direction_in(const std::string& prompt) {
  bool left = prompt.find(" left") != std::string::npos, right = prompt.find(" right") != std::string::npos;  // not "bright"
  return static_cast<int>(right) - static_cast<int>(left);
}

void evaluate(const Options& options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  auto prompts = text::read_prompts(options.prompts);
  auto session = generate::Session::open(options.model);
  make_folder(options.output);
  std::vector<media::Image> cells;
  int asked = 0, followed = 0;
  std::string motion = "shift to the right\tprompt\n";
  Progress progress("films", std::ssize(prompts));
  for (size_t i = 0; i < prompts.size(); ++i) {
    auto request = options.request;
    request.prompt = prompts[i];
    auto movie = session.generate(request, {.cancel = &process_cancel()});
    add_frames(cells, movie, movie.frames.size() == 1 ? 1 : options.frames_shown);
    double shift = media::shift_to_the_right(movie.frames);
    int direction = movie.frames.size() == 1 ? 0 : direction_in(prompts[i]);
    asked += direction != 0, followed += direction * shift > 0;
    motion += fmt::format("{:+.3f}\t{}\n", shift, prompts[i]);
    auto name = fmt::format("{:04}-{}{}", i + 1, generate::slug(prompts[i]), movie.frames.size() == 1 ? ".png" : ".mp4");
    generate::save_movie(movie, (fs::path(options.output) / name).string(), false);
    progress.update(static_cast<int64_t>(i) + 1);
  }
  progress.finish();
  int cells_of_a_film = static_cast<int>(cells.size() / prompts.size());
  auto path = (fs::path(options.output) / "grid.jpg").string();
  media::write_image(path, media::grid(cells, cells_of_a_film * std::min<int>(options.columns, static_cast<int>(prompts.size()))));
  write_text((fs::path(options.output) / "motion.tsv").string(), motion);
  if (asked) fmt::print("{} of {} films move the way their prompt says (motion.tsv)\n", followed, asked);
  fmt::print("{}\n", path);
}

}  // namespace

void add_eval_t2v(CLI::App& eval, Action& action) {
  auto* t2v = eval.add_subcommand("t2v", "text to film: a film for every prompt of a list, and a grid of their frames");
  auto options = std::make_shared<Options>();
  t2v->add_option("--model", options->model, "model folder or name")->capture_default_str();
  t2v->add_option("--prompts", options->prompts, "one prompt a line; what follows a tab is not read")->capture_default_str();
  t2v->add_option("-o,--output", options->output, "folder of the films and grid.jpg")->required();
  t2v->add_option("--seed", options->request.seed, "seed of every film")->check(CLI::NonNegativeNumber)->capture_default_str();
  t2v->add_option("--frames", options->request.num_frames, "frames of a film; 1 makes pictures, 0 = the model's own default");
  t2v->add_option("--steps", options->request.num_inference_steps, "solver steps; 0 = the model's own default");
  t2v->add_option("--guidance", options->request.guidance_scale, "guidance scale; 0 = the model's own default");
  t2v->add_option("--shown", options->frames_shown, "frames of a film in the grid")->check(CLI::Range(1, 32))->capture_default_str();
  t2v->add_option("--columns", options->columns, "films in a row of the grid")->check(CLI::Range(1, 32))->capture_default_str();
  t2v->add_option("--compute", options->compute, "precision of products: f32, bf16, aten or auto")->capture_default_str();
  t2v->callback([options, &action] { action = [options] { evaluate(*options); }; });
}

}  // namespace mg::cli
