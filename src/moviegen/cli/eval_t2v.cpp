// moviegen eval t2v: a film for every prompt of a list, all from one seed, and a grid of their frames to judge by eye; or films for
// the captions of held-out clips, judged by a network.
#include <fmt/format.h>

#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/core/config.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/eval/film_bench.h"
#include "moviegen/generate/movie.h"
#include "moviegen/generate/output.h"
#include "moviegen/media/displacement.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/tae/autoencoder.h"
#include "moviegen/text/prompt_file.h"
#include "moviegen/train/recipe.h"
#include "moviegen/train/tasks/tae_measure.h"
#include "moviegen/weights/model_folder.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kShownFilms = 24;  // of judged films, in the grid

struct Options {
  generate::Request request{.seed = 0};
  std::string model = "mini", prompts = "tests/prompts/core.txt", output, compute = "auto";
  int frames_shown = 4, columns = 2;
  std::string judge, recipe = "video/mini-joint", world_folder;
  std::vector<std::string> assignments;
  eval::FilmBenchOptions bench{.films = 0};
  bool rendered_only = false, coded_only = false, json = false;
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

// The part of the world that the model was trained on, of which it is asked captions it has not seen.
data::WorldSettings world_of(const Options& options) {
  data::WorldSettings world;
  if (!options.recipe.empty()) {
    auto settings = train::read_recipe(options.recipe, options.assignments).task_settings;
    if (settings.contains("world")) world = config_from<data::WorldSettings>(settings["world"], options.recipe);
  }
  if (!options.world_folder.empty()) world.folder = options.world_folder;
  return world;
}

std::string cell(const eval::Interval& x) { return std::isfinite(x.value) ? fmt::format("{:.2f} [{:.2f}, {:.2f}]", x.value, x.low, x.high) : "–"; }

void print_bench(const eval::FilmBench& bench, const Options& options) {
  const char* made = options.rendered_only ? "rendered" : options.coded_only ? "rendered, coded" : "made";
  fmt::print("{} films of held-out captions; share judged right [95 % interval]\n  {:<12}{:<20}{:<20}{:<20}films\n", options.bench.films, "", made, "of other captions", "rendered");
  for (const auto& a : bench.attributes) fmt::print("  {:<12}{:<20}{:<20}{:<20}{}\n", a.name, cell(a.made), cell(a.other), cell(a.rendered), a.rendered.count);
  fmt::print("Fréchet distance to rendered films of other captions: {:.1f}; rendered ones have {:.1f}\n", bench.frechet, bench.frechet_floor);
  fmt::print("change from frame to frame {:.2f} and flicker {:.2f} times rendered; nearly still {:.2f} of the films\n", bench.motion_ratio, bench.flicker_ratio, bench.still_share);
}

void judge_films(Options options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  if (options.request.num_frames > 0) options.bench.shape.frames = options.request.num_frames;
  auto settings = world_of(options);
  auto world = settings.open();
  auto judge = video::load_video_judge(weights::resolve_model(options.judge.empty() ? options.model : options.judge));
  std::shared_ptr<generate::Session> session;
  eval::FilmMaker make;
  if (options.coded_only) {
    auto autoencoder = tae::load_autoencoder(weights::resolve_model(options.model));
    make = [autoencoder](const eval::FilmItem& item) mutable { return train::reconstruct(autoencoder, item.pixels); };
  } else if (!options.rendered_only) {
    session = std::make_shared<generate::Session>(generate::Session::open(options.model));
    make = [&options, session](const eval::FilmItem& item) {
      auto request = options.request;
      request.prompt = item.prompt, request.seed += item.index, request.sound = false;
      request.num_frames = options.bench.shape.frames, request.width = options.bench.shape.width, request.height = options.bench.shape.height;
      return data::film_tensor(session->generate(request, {.cancel = &process_cancel()}).frames);
    };
  }
  make_folder(options.output);
  std::vector<media::Image> cells;
  std::string captions;
  options.bench.cancel = &process_cancel();
  auto bench = eval::run_film_bench(*world, settings, make, judge, options.bench, [&](const eval::FilmItem& item, const at::Tensor& film) {
    captions += item.prompt + "\n";
    if (item.index >= kShownFilms) return;
    for (int i = 0; i < options.frames_shown; ++i) cells.push_back(data::image_of(film, options.frames_shown > 1 ? i * (film.size(1) - 1) / (options.frames_shown - 1) : 0));
  });
  auto path = (fs::path(options.output) / "grid.jpg").string();
  media::write_image(path, media::grid(cells, options.frames_shown * options.columns));
  write_text((fs::path(options.output) / "prompts.txt").string(), captions);
  auto metrics = to_json(bench).dump(2) + "\n";
  write_text((fs::path(options.output) / "metrics.json").string(), metrics);
  if (options.json) return fmt::print("{}", metrics);
  print_bench(bench, options);
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
  t2v->add_option("--held-out", options->bench.films, "judge films for the captions of so many held-out clips in place of a prompt list")->check(CLI::Range(2, 100000));
  t2v->add_option("--judge", options->judge, "model folder with a video judge [the model's own]");
  t2v->add_option("--caption", options->bench.caption, "which captions: brief, normal or full")->check(CLI::IsMember({"brief", "normal", "full"}))->capture_default_str();
  t2v->add_flag("--rendered-only", options->rendered_only, "judge the rendered clips alone; nothing is generated");
  t2v->add_flag("--coded-only", options->coded_only, "judge the rendered clips as the model's autoencoder gives them back; nothing is generated")->excludes("--rendered-only");
  t2v->add_option("--recipe", options->recipe, "training recipe whose part of the world the clips come from; '' = all of it")->capture_default_str();
  t2v->add_option("--set", options->assignments, "change a setting of it: --set task_settings.world.plain=1");
  t2v->add_option("--world", options->world_folder, "asset pack folder [where `moviegen world fetch` put it]");
  t2v->add_flag("--json", options->json, "print the judge's figures as JSON");
  t2v->callback([options, &action] {
    action = [options] { options->bench.films ? judge_films(*options) : evaluate(*options); };
  });
}

}  // namespace mg::cli
