// moviegen sound IN -o OUT: a soundtrack for any film.
#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/cli/stage_display.h"
#include "moviegen/core/progress.h"
#include "moviegen/generate/soundtrack.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"

namespace mg::cli {
namespace {

struct Options {
  generate::SoundtrackJob job;
  std::string model = "mini", mix, extend, compute = "auto";
  int threads = 0;
  bool force = false, json = false;
};

std::string help_of(const std::string& field) {
  for (const auto& item : list_fields(generate::SoundRequest{}))
    if (item.name == field) return item.help;
  throw InternalError("no field '{}' in a sound request", field);
}

// A number with or without its unit: "-12dB", "5s", "0.5".
double parse_with_unit(const std::string& text, std::string_view unit, const char* option) {
  std::string_view digits = text;
  if (digits.size() > unit.size() && digits.ends_with(unit)) digits.remove_suffix(unit.size());
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) throw UsageError("{}: expected a number of {}, got '{}'", option, unit, text);
  return value;
}

generate::SoundtrackJob job_of(const Options& options) {
  auto job = options.job;
  if (!options.mix.empty()) job.mix_db = parse_with_unit(options.mix, "dB", "--mix");
  if (!options.extend.empty()) job.extend_s = options.extend == "all" ? 0 : parse_with_unit(options.extend, "s", "--extend");
  job.check();
  std::error_code error;
  if (!options.force && std::filesystem::exists(job.output, error))
    throw UsageError("{}: the file exists; choose another name or overwrite it with --force", job.output);
  return job;
}

void run(const Options& options) {
  auto job = job_of(options);
  nn::set_threads(options.threads);
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  Progress loading("load model", 0);
  auto session = generate::SoundSession::open(options.model);
  loading.finish();
  StageDisplay display;
  auto report = generate::make_soundtrack(session, job, {.on_stage = std::ref(display), .cancel = &process_cancel()});
  for (const auto& note : report.notes) log_warning(note);
  if (options.json)
    fmt::print("{}\n", Json{{"path", job.output}, {"seed", report.seed}, {"sound", report.record}, {"timings_s", report.timings_s}, {"notes", report.notes}}.dump());
  else
    fmt::print("{}\n", job.output);
}

}  // namespace

void add_sound(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("sound", "make the soundtrack of a film");
  command->footer(
      "Examples:\n"
      "  moviegen sound in.mp4 -o out.mp4\n"
      "  moviegen sound in.mp4 -o out.mp4 --prompt \"rain on leaves, a dog barks once, calm piano\" --mix -12dB");
  auto options = std::make_shared<Options>();
  auto& job = options->job;
  command->add_option("input", job.input, "film or picture")->required();
  command->add_option("-o,--output", job.output, "film (.mp4, .m4v, .mov, .mkv, .webm), or .wav, .flac, .m4a, .ogg, .opus for the sound alone")->required();
  command->add_option("--prompt", job.sound.prompt, help_of("prompt"));
  auto* mix = command->add_option("--mix", options->mix, "keep the sound that is there under the new one, at this gain: -12dB");
  command->add_option("--extend", options->extend, "keep the first seconds of the sound that is there and continue them: 5s, or all")->excludes(mix);
  command->add_option("--track", job.track, "which of its sound tracks, from 0")->check(CLI::Range(0, 63));
  command->add_flag("--keep-tracks", job.keep_tracks, "keep the sound tracks that are there after the new one");
  command->add_option("--seconds", job.seconds, "length for a still picture; 0 = 5");
  command->add_option("--loudness", job.loudness_lufs, "LUFS of the new sound")->capture_default_str();
  command->add_option("--quality", job.sound.quality, help_of("quality"));
  command->add_option("--steps,--num-inference-steps", job.sound.num_inference_steps, help_of("num_inference_steps"));
  command->add_option("--guidance,--guidance-scale", job.sound.guidance_scale, help_of("guidance_scale"));
  command->add_option("--candidates,--num-candidates", job.sound.num_candidates, help_of("num_candidates"))->capture_default_str();
  command->add_option("--method", job.sound.method, help_of("method"));
  command->add_option("--seed", job.sound.seed, help_of("seed"));
  command->add_option("--model", options->model, "model name or folder")->envname("MOVIEGEN_MODEL")->capture_default_str();
  command->add_option("--compute", options->compute, "precision of products: auto, f32, bf16, aten")->envname("MOVIEGEN_COMPUTE")->capture_default_str();
  command->add_option("--threads", options->threads, "0 = all cores")->envname("MOVIEGEN_THREADS");
  command->add_flag("--force", options->force, "overwrite an existing file");
  command->add_flag("--json", options->json, "print a JSON object instead of the path");
  command->callback([options, &action] { action = [options] { run(*options); }; });
}

}  // namespace mg::cli
