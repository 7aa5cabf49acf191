// moviegen generate PROMPT -o FILE: a film (or picture) from a sentence, or many from a file of requests.
// Every film is written as soon as it is finished, so an interrupted run keeps what it made.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "moviegen/cli/commands.h"
#include "moviegen/cli/stage_display.h"
#include "moviegen/core/progress.h"
#include "moviegen/generate/model_description.h"
#include "moviegen/generate/output.h"
#include "moviegen/generate/plan.h"
#include "moviegen/generate/preview.h"
#include "moviegen/generate/requests_file.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;
using generate::Movie;
using generate::Request;

struct Options {
  Request request;
  std::string model = "mini", output, size, requests_file, preview, compute = "auto";
  double seconds = 0;
  int threads = 0;
  bool force = false, json = false, dry_run = false, sidecar = false;
};

// One film to make. Films of a requests file that exist are taken as done, so the same command goes on where it stopped.
struct Film {
  Request request;   // as asked, with its seed
  Request resolved;  // as the model understands it
  std::string path;
  int line = 0;      // of the requests file
};

struct Work {
  std::vector<Film> films;
  int bad = 0, skipped = 0;
};

std::string help_of(const std::string& field) {
  static const auto list = list_fields(Request{});
  for (const auto& item : list)
    if (item.name == field) return item.help;
  throw InternalError("no field '{}' in a request", field);
}

// --size and --seconds in the words of a request.
Request request_of(const Options& options, const generate::ModelDescription& model) {
  Request request = options.request;
  if (!options.size.empty()) std::tie(request.width, request.height) = generate::parse_size(options.size, "--size");
  if (options.seconds != 0) {
    int64_t fps = request.fps ? request.fps : model.defaults.fps;
    double longest = static_cast<double>(model.max_frames()) / static_cast<double>(fps);
    if (!(options.seconds > 0 && options.seconds <= longest))
      throw UsageError("--seconds: expected more than 0 and at most {:g} at {} frames a second, got {:g}", longest, fps, options.seconds);
    request.num_frames = std::max<int64_t>(1, std::llround(options.seconds * static_cast<double>(fps)));
  }
  request.check();
  return request;
}

// Film `index` of a request, with its file.
void add_films(Work& work, const Request& request, const std::string& output, int line, const generate::ModelDescription& model) {
  auto films = generate::films_of(request);
  for (const auto& film : films) {
    auto resolved = generate::resolve(film, model).request;
    auto path = generate::output_path(output, resolved, resolved.num_frames, static_cast<int64_t>(films.size()));
    work.films.push_back({film, resolved, path, line});
  }
}

Work plan_one(const Options& options, const generate::ModelDescription& model) {
  Work work;
  add_films(work, request_of(options, model), options.output, 0, model);
  for (const auto& film : work.films) generate::check_output(film.path, film.resolved.num_frames, options.force || options.dry_run);
  return work;
}

// A line without "output" is named by its number, not by a seed that may be random: a second run finds it again.
std::string line_output(const generate::RequestLine& line, const std::string& folder, int64_t num_frames) {
  auto name = line.output;
  if (name.empty()) name = fmt::format("{:04}-{}{}", line.number, generate::slug(line.request.prompt), num_frames == 1 ? ".png" : ".mp4");
  return (fs::path(folder) / name).string();
}

void add_line(Work& work, const Options& options, generate::RequestLine line, const generate::ModelDescription& model,
              std::map<std::string, int>& used) {
  if (!line.error.empty()) throw UsageError(line.error);
  auto frames = generate::resolve(line.request, model).request.num_frames;
  auto output = line_output(line, options.output, frames);
  Work found;
  if (line.request.num_videos_per_prompt > 1 && line.request.seed < 0)
    throw UsageError("several films of a line need a \"seed\", or a second run could not tell which exist");
  add_films(found, line.request, output, line.number, model);
  for (auto& film : found.films) {
    generate::check_output(film.path, film.resolved.num_frames, true);
    if (auto [other, is_new] = used.emplace(film.path, line.number); !is_new)
      throw UsageError("{} is also the output of line {}", film.path, other->second);
  }
  for (auto& film : found.films) {
    if (!options.force && fs::exists(film.path)) {
      ++work.skipped;
      log_info(fmt::format("{}: exists, skipped", film.path));
    } else {
      work.films.push_back(std::move(film));
    }
  }
}

Work plan_lines(const Options& options, const generate::ModelDescription& model) {
  Work work;
  std::map<std::string, int> used;
  for (auto& line : generate::read_requests(options.requests_file, request_of(options, model))) {
    auto where = fmt::format("{}, line {}", options.requests_file, line.number);
    try {
      add_line(work, options, line, model, used);
    } catch (const UsageError& error) {
      ++work.bad;
      std::string message = error.what();
      log_warning(message.starts_with(where) ? message : where + ": " + message);
    }
  }
  return work;
}

void show_plan(const Options& options, const Work& work, const generate::ModelDescription& model) {
  double rate = generate::measure_rate();
  for (const auto& film : work.films) {
    const auto& r = film.resolved;
    auto plan = generate::plan_of(r, model);
    if (options.json) {
      fmt::print("{}\n", Json{{"path", film.path}, {"resolved", config_to_json(r)}, {"tokens", plan.grid.count()},
                              {"forward_passes", plan.forward_passes}, {"denoise_flops", plan.denoise_flops},
                              {"decode_flops", plan.decode_flops}, {"memory_bytes", plan.memory_bytes}, {"seconds", plan.flops() / rate}}
                              .dump());
      continue;
    }
    fmt::print("{}\n", film.path);
    fmt::print("  film      {} frames of {}x{} at {} a second, seed {}\n", r.num_frames, r.width, r.height, r.fps, r.seed);
    fmt::print("  denoise   {} {} steps ({}), guidance {:g}: {} passes over {} tokens, {:.3g} FLOP\n", r.num_inference_steps, r.solver,
               r.schedule, r.guidance_scale, plan.forward_passes, plan.grid.count(), plan.denoise_flops);
    fmt::print("  decode    {:.3g} FLOP\n", plan.decode_flops);
    fmt::print("  memory    about {}\n", human_bytes(plan.memory_bytes));
    fmt::print("  time      about {} at this machine's {:.0f} GFLOP/s\n", human_seconds(plan.flops() / rate), rate / 1e9);
  }
}

// The preview stands beside the film: fox.mp4 → fox.preview.png.
void write_preview(const std::string& film, const std::string& format, const std::vector<media::Image>& images) {
  auto path = fs::path(film).replace_extension(".preview." + format).string();
  if (format == "gif") media::write_gif(path, images, 4);
  else media::write_image(path, generate::strip(images));
}

void report(const Options& options, const Film& film, const Movie& movie) {
  for (const auto& note : movie.notes) log_warning(note);
  if (!options.json) {
    fmt::print("{}\n", film.path);
  } else {
    const auto& r = film.resolved;
    Json out = {{"path", film.path}, {"seed", movie.seed}, {"width", r.width}, {"height", r.height}, {"num_frames", r.num_frames},
                {"fps", r.fps}, {"num_inference_steps", r.num_inference_steps}, {"guidance_scale", r.guidance_scale},
                {"prompt", r.prompt}, {"model", movie.record.at("model")}, {"timings_s", movie.timings_s}, {"notes", movie.notes}};
    if (film.line) out["line"] = film.line;
    fmt::print("{}\n", out.dump());
  }
  std::fflush(stdout);  // whoever reads the output can use the film at once
}

void make_film(const Options& options, generate::Session& session, const Film& film) {
  StageDisplay display;
  generate::Callbacks callbacks{.on_stage = std::ref(display), .cancel = &process_cancel()};
  if (!options.preview.empty())
    callbacks.on_preview = [&](const std::vector<media::Image>& images) { write_preview(film.path, options.preview, images); };
  Movie movie = session.generate(film.request, callbacks);
  if (!options.force) generate::check_output(film.path, film.resolved.num_frames, false);  // it may have appeared meanwhile
  generate::save_movie(movie, film.path, options.sidecar, callbacks);
  report(options, film, movie);
}

void make_films(const Options& options, const Work& work, const generate::ModelDescription& model) {
  Progress loading("load model", 0);
  auto session = generate::Session::open(model.folder);
  loading.finish();
  size_t made = 0;
  try {
    for (const auto& film : work.films) {
      log_info(fmt::format("film {} of {}: seed {}, {}", made + 1, work.films.size(), film.request.seed, film.path));
      make_film(options, session, film);
      ++made;
    }
  } catch (const Cancelled&) {
    throw Cancelled("stopped; {} of {} films are finished{}", made, work.films.size(),
                    options.requests_file.empty() ? "" : "; the same command makes the rest");
  }
}

void check_options(const Options& options, bool has_prompt) {
  if (!options.requests_file.empty() && has_prompt) throw UsageError("give a prompt or --requests FILE, not both");
  if (options.requests_file.empty() && !has_prompt)
    throw UsageError("a prompt is missing: moviegen generate \"a red fox runs to the left through snow\" (\"\" asks for a film without one)");
  if (!options.preview.empty() && options.preview != "png" && options.preview != "gif")
    throw UsageError("--preview: expected png or gif, got '{}'", options.preview);
}

void run_generate(const Options& options, bool has_prompt) {
  check_options(options, has_prompt);
  nn::set_threads(options.threads);
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  auto model = generate::describe_model(options.model);
  auto work = options.requests_file.empty() ? plan_one(options, model) : plan_lines(options, model);
  if (options.dry_run) show_plan(options, work, model);
  else if (!work.films.empty()) make_films(options, work, model);
  if (work.bad) throw Error(ExitCode::kFailed, fmt::format("{} line{} of {} could not be used, see above", work.bad, work.bad == 1 ? "" : "s", options.requests_file));
}

void add_request_options(CLI::App& command, Options& o) {
  auto& r = o.request;
  command.add_option("--size", o.size, "WIDTHxHEIGHT in pixels, for example 160x96; the model's own default if not given");
  auto* frames = command.add_option("--frames,--num-frames", r.num_frames, help_of("num_frames"));
  command.add_option("--seconds", o.seconds, "length instead of --frames")->excludes(frames);
  command.add_option("--fps", r.fps, help_of("fps"));
  command.add_option("--steps,--num-inference-steps", r.num_inference_steps, help_of("num_inference_steps"));
  command.add_option("--guidance,--guidance-scale", r.guidance_scale, help_of("guidance_scale"));
  command.add_option("--guidance-start", r.guidance_start, help_of("guidance_start"));
  command.add_option("--guidance-end", r.guidance_end, help_of("guidance_end"));
  command.add_option("--churn", r.churn, help_of("churn"));
  command.add_option("--seed", r.seed, help_of("seed"));
  command.add_option("--negative-prompt", r.negative_prompt, help_of("negative_prompt"));
  command.add_option("--num-videos,--num-videos-per-prompt", r.num_videos_per_prompt, help_of("num_videos_per_prompt"));
  command.add_option("--schedule", r.schedule, help_of("schedule"));
  command.add_option("--solver", r.solver, help_of("solver"));
  command.add_option("--rewrite", r.rewrite, help_of("rewrite"));
  command.add_option("--sound-prompt", r.sound_prompt, help_of("sound_prompt"));
  command.add_flag("!--no-sound", r.sound, "leave the sound out");
}

void add_run_options(CLI::App& command, Options& o) {
  command.add_option("-o,--output", o.output, "file (.mp4, .gif; .png, .jpg, .webp for a picture) or folder; without it the prompt and the seed name it");
  command.add_option("--requests", o.requests_file, "JSON lines, one request each; films that exist are skipped, -o names the folder");
  command.add_option("--model", o.model, "model name or folder")->envname("MOVIEGEN_MODEL")->capture_default_str();
  command.add_option("--compute", o.compute, "precision of products: auto, f32, bf16, aten")->envname("MOVIEGEN_COMPUTE")->capture_default_str();
  command.add_option("--threads", o.threads, "0 = all cores")->envname("MOVIEGEN_THREADS");
  command.add_flag("--preview{png}", o.preview, "while denoising keep a preview beside the film: a strip, or --preview=gif");
  command.add_flag("--sidecar", o.sidecar, "write the generation record and timings to FILE.json too");
  command.add_flag("--force", o.force, "overwrite existing files");
  command.add_flag("--dry-run", o.dry_run, "only show what it would take");
  command.add_flag("--json", o.json, "print a JSON object for each film instead of its path");
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("generate", "make a film or picture from a sentence");
  command->footer(
      "Examples:\n"
      "  moviegen generate \"a red fox runs to the left through snow\" -o fox.mp4\n"
      "  moviegen generate \"a blue car in the rain\" --frames 1 --size 160x96 --seed 7 -o car.png");
  auto options = std::make_shared<Options>();
  auto* prompt = command->add_option("prompt,--prompt", options->request.prompt, help_of("prompt"));
  add_request_options(*command, *options);
  add_run_options(*command, *options);
  command->callback([options, prompt, &action] { action = [options, prompt] { run_generate(*options, prompt->count() > 0); }; });
}

}  // namespace mg::cli
