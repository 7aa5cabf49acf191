// moviegen eval t2v: a film for every prompt of a list, all from one seed, and a grid of their frames to judge by eye; or films for
// the captions of held-out clips, judged by a network.
#include <fmt/format.h>

#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/cli/judge_films.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/generate/movie.h"
#include "moviegen/generate/output.h"
#include "moviegen/media/displacement.h"
#include "moviegen/media/image.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/text/prompt_file.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  JudgeFilmsOptions films;  // with what both halves share
  std::string prompts = "tests/prompts/core.txt", compute = "auto";
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

void films_of_prompts(const JudgeFilmsOptions& options, const std::vector<std::string>& prompts) {
  auto session = generate::Session::open(options.model);
  make_folder(options.output);
  std::vector<media::Image> cells;
  int asked = 0, followed = 0;
  std::string motion = "shift to the right\tprompt\n";
  Progress progress("films", std::ssize(prompts));
  for (size_t i = 0; i < prompts.size(); ++i) {
    auto request = options.request;
    request.prompt = prompts[i];
    if (options.size > 0) request.width = request.height = options.size;
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

void evaluate(Options options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  if (options.films.bench.films == 0 && options.films.labelled.empty()) return films_of_prompts(options.films, text::read_prompts(options.prompts));
  judge_films(options.films);
}

}  // namespace

void add_eval_t2v(CLI::App& eval, Action& action) {
  auto* t2v = eval.add_subcommand("t2v", "text to film: a film for every prompt of a list, and a grid of their frames");
  auto options = std::make_shared<Options>();
  auto& films = options->films;
  films.request.seed = 0;
  t2v->add_option("--model", films.model, "model folder or name")->capture_default_str();
  t2v->add_option("--prompts", options->prompts, "one prompt a line, what follows a tab is not read; or a .csv with a column \"prompt\"")->capture_default_str();
  t2v->add_option("-o,--output", films.output, "folder of the films and grid.jpg")->required();
  t2v->add_option("--seed", films.request.seed, "seed of every film")->check(CLI::NonNegativeNumber)->capture_default_str();
  t2v->add_option("--frames", films.request.num_frames, "frames of a film; 1 makes pictures, 0 = the model's own default");
  t2v->add_option("--size", films.size, "height and width of a film; 0 = the model's own, 128 where films are judged")->check(CLI::Range(0, 2048))->capture_default_str();
  t2v->add_option("--steps", films.request.num_inference_steps, "solver steps; 0 = the model's own default");
  t2v->add_option("--guidance", films.request.guidance_scale, "guidance scale; 0 = the model's own default");
  t2v->add_option("--guidance-start", films.request.guidance_start, "flow time from which guidance acts; -1 = the model's own default");
  t2v->add_option("--guidance-end", films.request.guidance_end, "flow time up to which it does; -1 = the model's own default");
  t2v->add_option("--churn", films.request.churn, "noise drawn anew on the way: 0 = none, 1 = as in DDPM, -1 = the model's own default");
  t2v->add_option("--schedule", films.request.schedule, "linear-quadratic or linear; the model's own default if not given");
  t2v->add_option("--shown", films.frames_shown, "frames of a film in the grid")->check(CLI::Range(1, 32))->capture_default_str();
  t2v->add_option("--columns", films.columns, "films in a row of the grid")->check(CLI::Range(1, 32))->capture_default_str();
  t2v->add_option("--compute", options->compute, "precision of products: f32, bf16, aten or auto")->capture_default_str();
  t2v->add_option("--held-out", films.bench.films, "judge films for the captions of so many held-out clips in place of a prompt list")->check(CLI::Range(2, 100000));
  t2v->add_option("--labelled", films.labelled, "judge films for prompts with subject, place, motion and direction, or a scene as JSON, after tabs (tests/prompts/unseen_words.txt)")->excludes("--prompts");
  t2v->add_option("--seeds", films.bench.repeats, "judged films of each caption, from other seeds")->check(CLI::Range(1, 1000))->capture_default_str();
  t2v->add_flag("--compositions", films.compositions, "ask for subject, place and motion as they are never trained together (recipes/world/held_out.toml)")->excludes("--labelled");
  t2v->add_option("--subjects", films.bench.subjects, "only clips with so many subjects; 0 = any")->check(CLI::Range(0, 8))->capture_default_str()->excludes("--compositions");
  t2v->add_option("--judge", films.judge, "model folder with a video judge [the model's own]");
  t2v->add_option("--caption", films.bench.caption, "which captions: brief, normal or full")->check(CLI::IsMember({"brief", "normal", "full"}))->capture_default_str();
  t2v->add_flag("--rendered-only", films.rendered_only, "judge the rendered clips alone; nothing is generated");
  t2v->add_flag("--coded-only", films.coded_only, "judge the rendered clips as the model's autoencoder gives them back; nothing is generated")->excludes("--rendered-only");
  t2v->add_option("--recipe", films.recipe, "training recipe whose part of the world the clips come from; '' = all of it")->capture_default_str();
  t2v->add_option("--set", films.assignments, "change a setting of it: --set task_settings.world.plain=1");
  t2v->add_option("--world", films.world_folder, "asset pack folder [where `moviegen world fetch` put it]");
  t2v->add_flag("--json", films.json, "print the judge's figures as JSON");
  t2v->callback([options, &action] { action = [options] { evaluate(*options); }; });
}

}  // namespace mg::cli
