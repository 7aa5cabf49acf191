// moviegen eval sound: soundtracks for held-out clips of the world, measured against what truly sounds in them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/cli/sound_sheet.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/eval/sound_bench.h"
#include "moviegen/generate/soundtrack.h"
#include "moviegen/media/video.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/train/recipe.h"
#include "moviegen/train/tasks/dac_measure.h"
#include "moviegen/weights/model_folder.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFewestEvents = 5;  // of a class that gets a row of its own

struct Options {
  std::string model = "mini", judge, output, compute = "auto";
  std::string recipe = "audio/sound-mini", world_folder;
  std::vector<std::string> assignments;
  eval::ClipShape shape;
  eval::SoundBenchOptions bench{.target_lufs = generate::kLoudness_lufs};
  generate::SoundRequest request;
  int64_t shown = 8;  // clips kept as files and in the sheet
  bool ceiling_only = false, no_captions = false, json = false;
};

std::string prompt_of(const SoundCaption& caption) {
  std::string prompt = caption.sounds;
  auto music = caption.music >= 0.5 ? caption.music_description : std::string("no music");
  return prompt.empty() || music.empty() ? prompt + music : prompt + ", " + music;
}

// The part of the world that the model was trained on, of which it is asked clips it has not seen.
data::WorldSettings world_of(const Options& options) {
  data::WorldSettings world;
  if (options.recipe.empty() && !options.assignments.empty()) throw UsageError("--set changes a recipe's settings, but --recipe names none");
  if (!options.recipe.empty()) {
    auto settings = train::read_recipe(options.recipe, options.assignments).task_settings;
    if (settings.contains("world")) world = config_from<data::WorldSettings>(settings["world"], options.recipe);
  }
  if (!options.world_folder.empty()) world.folder = options.world_folder;
  return world;
}

// What makes the soundtracks: the only place where the model is reached.
eval::SoundMaker open_maker(const Options& options) {
  auto session = std::make_shared<generate::SoundSession>(generate::SoundSession::open(options.model));
  return [session, options](const eval::SoundItem& item) {
    media::Sound sound{.sample_rate = session->sample_rate(), .channels = 1};
    auto seen = session->watch();
    for (size_t i = 0; i < item.frames.size(); ++i) seen.add(item.frames[i], static_cast<double>(i) / item.fps);
    auto request = options.request;
    bool is_shown = !item.frames.empty();
    if (!is_shown || !options.no_captions) request.prompt = prompt_of(item.caption);
    request.seed = static_cast<int64_t>(item.seed - data::kEvaluationSeeds);
    session->make(request, {.seen = is_shown ? &seen : nullptr, .duration_s = item.duration_s},
                  [&](const media::Sound& block) { sound.samples.insert(sound.samples.end(), block.samples.begin(), block.samples.end()); },
                  {.cancel = &process_cancel()});
    return generate::at_loudness(sound, options.bench.target_lufs);
  };
}

// The true sound as the model's codec gives it back.
eval::SoundMaker open_codec(const Options& options) {
  auto folder = weights::resolve_model(options.model);
  if (!weights::has_part(folder, "sound_codec")) return {};
  return [codec = audio::load_dac_vae(folder), lufs = options.bench.target_lufs](const eval::SoundItem& item) mutable {
    auto rate = static_cast<int>(codec->config.sample_rate);
    const auto& given = item.sound.sample_rate == rate ? item.sound : media::resample(item.sound, rate, item.sound.channels);
    auto back = train::reconstruct_sound(codec, eval::mono_tensor(given.samples, given.channels)).contiguous();
    return generate::at_loudness({.sample_rate = rate, .channels = 1, .samples = {back.data_ptr<float>(), back.data_ptr<float>() + back.numel()}}, lufs);
  };
}

audio::SoundJudge open_judge(const Options& options) {
  if (options.judge.empty() && options.ceiling_only) return nullptr;
  auto folder = weights::resolve_model(options.judge.empty() ? options.model : options.judge);
  if (weights::has_part(folder, audio::kJudgePart)) return audio::load_sound_judge(folder, audio::kJudgePart);
  if (!options.judge.empty()) throw NotFound("{}: has no part {}; train one with moviegen train audio/judge", folder, audio::kJudgePart);
  return nullptr;
}

// "0.62 [0.58, 0.66]", or a dash.
std::string cell(const eval::Interval& x) { return std::isfinite(x.value) ? fmt::format("{:.2f} [{:.2f}, {:.2f}]", x.value, x.low, x.high) : "–"; }

void print_systems(const std::vector<eval::SystemReport>& systems) {
  auto row = [&](const char* name, const std::function<std::string(const eval::SystemReport&)>& of) {
    fmt::print("  {:<34}", name);
    for (const auto& system : systems) fmt::print("{:<20}", of(system));
    fmt::print("\n");
  };
  using Report = eval::SystemReport;
  row("", [](const Report& r) { return r.name; });
  row("events with an onset", [](const Report& r) { return cell(r.event_share); });
  row("onsets with an event", [](const Report& r) { return cell(r.onset_share); });
  row("F1 of both", [](const Report& r) { return cell(r.f1); });
  row("onsets a clip", [](const Report& r) { return fmt::format("{:.1f}", static_cast<double>(r.onsets.onsets) / static_cast<double>(std::max<int64_t>(r.event_share.count, 1))); });
  row("right class first", [](const Report& r) { return cell(r.top_class); });
  row("average precision of classes", [](const Report& r) { return cell(r.mean_precision); });
  row("Fréchet distance", [](const Report& r) { return std::isfinite(r.frechet) ? fmt::format("{:.1f}", r.frechet) : "–"; });
  row("quality, 1 to 10", [](const Report& r) { return cell(r.quality); });
  row("loudness within 2 LU", [](const Report& r) { return cell(r.loudness_share); });
}

// The commonest classes of visible events; with few events a share says little.
void print_classes(const std::vector<eval::SystemReport>& systems) {
  std::vector<std::pair<int64_t, std::string>> order;
  for (const auto& [name, count] : systems.front().by_class)
    if (count.events >= kFewestEvents) order.emplace_back(-count.events, name);
  std::sort(order.begin(), order.end());
  fmt::print("events with an onset, by what sounds ({} or more)\n", kFewestEvents);
  for (const auto& [events, name] : order) {
    fmt::print("  {:<34}", fmt::format("{} ({})", name, -events));
    for (const auto& system : systems) fmt::print("{:<20.2f}", system.by_class.at(name).event_share());
    fmt::print("\n");
  }
}

void print_bench(const eval::SoundBench& bench, const Options& options, bool has_judge) {
  const auto& any = bench.systems.front();
  fmt::print("soundtracks of {} held-out clips with {} visible events; value [95 % interval]\n", any.event_share.count, any.onsets.events);
  print_systems(bench.systems);
  print_classes(bench.systems);
  if (any.top_class.count) fmt::print("  ({} clips with one class of event)\n", any.top_class.count);
  for (const auto& text : bench.texts)
    fmt::print("by text alone, {}: class named is heard first {} ({} prompts), music as asked {} ({} prompts)\n", text.name, cell(text.named_class),
               text.named_class.count, cell(text.music_obeyed), text.music_obeyed.count);
  if (!has_judge) fmt::print("without a sound judge nothing is said about classes, quality and text; give one with --judge\n");
  if (options.ceiling_only) fmt::print("only the world's own soundtracks were measured (--ceiling-only)\n");
}

void keep_clip(const std::string& folder, int64_t index, const eval::SoundItem& item, const media::Sound& sound) {
  auto stem = (fs::path(folder) / fmt::format("{:04}", index + 1)).string();
  if (item.frames.empty()) return media::write_sound(stem + ".flac", sound);
  auto silent = stem + ".silent.mp4";
  media::WriteOptions write;
  write.width = item.frames[0].width, write.height = item.frames[0].height, write.fps = item.fps;
  media::write_video(silent, item.frames, write);
  media::write_soundtrack(silent, sound, stem + ".mp4");
  fs::remove(silent);
}

void evaluate(Options options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  auto world = world_of(options);
  eval::HeldOutClips clips(world.open(), world, options.shape);
  auto judge = open_judge(options);
  auto make = options.ceiling_only ? eval::SoundMaker{} : open_maker(options);
  if (!options.output.empty()) make_folder(options.output);
  SoundSheet sheet;
  options.bench.codec = open_codec(options);
  options.bench.cancel = &process_cancel();
  auto bench = eval::run_sound_bench(clips, make, judge ? &judge : nullptr, options.bench, [&](int64_t index, const eval::SoundItem& item, const media::Sound& sound) {
    if (options.output.empty() || index >= options.shown) return;
    sheet.add(item, sound);
    keep_clip(options.output, index, item, sound);
  });
  auto metrics = eval::to_json(bench);
  metrics["model"] = options.ceiling_only ? Json() : Json(options.model);
  metrics["captions"] = !options.no_captions;
  if (!options.output.empty()) {
    write_text((fs::path(options.output) / "metrics.json").string(), metrics.dump(2) + "\n");
    if (options.shown > 0) sheet.write((fs::path(options.output) / "sheet.png").string());
  }
  if (options.json) return fmt::print("{}\n", metrics.dump(2));
  print_bench(bench, options, !judge.is_empty());
}

}  // namespace

void add_eval_sound(CLI::App& eval, Action& action) {
  auto* sound = eval.add_subcommand("sound", "sound: is it heard when it is seen, is it the right sound, does it follow its text");
  auto options = std::make_shared<Options>();
  sound->add_option("--model", options->model, "model folder or name")->capture_default_str();
  sound->add_option("--judge", options->judge, "model folder with a sound judge [the model's own]");
  sound->add_option("-o,--output", options->output, "folder of metrics.json, sheet.png and the first clips");
  sound->add_option("--clips", options->bench.clips, "held-out clips with visible events")->check(CLI::Range(2, 100000))->capture_default_str();
  sound->add_option("--max-events", options->bench.max_events, "most audible events of such a clip; 0 = any number")->check(CLI::Range(0, 1000))->capture_default_str();
  sound->add_option("--prompts", options->bench.prompts, "requests by text alone, of each kind")->check(CLI::Range(0, 100000))->capture_default_str();
  sound->add_option("--shown", options->shown, "clips kept in the output folder")->check(CLI::Range(0, 1000))->capture_default_str();
  sound->add_option("--frames", options->shape.frames, "frames of a clip")->check(CLI::Range(8, 1024))->capture_default_str();
  sound->add_option("--steps", options->request.num_inference_steps, "solver steps; 0 = the model's own default");
  sound->add_option("--guidance", options->request.guidance_scale, "guidance scale; 0 = the model's own default");
  sound->add_option("--candidates", options->request.num_candidates, "takes of a soundtrack, of which the ranker keeps one")->check(CLI::Range(1, 64))->capture_default_str();
  sound->add_flag("--no-captions", options->no_captions, "clips are seen only; their captions are not given");
  sound->add_flag("--ceiling-only", options->ceiling_only, "measure the baselines and the world's own soundtracks, as they are and through the codec; nothing is generated");
  sound->add_option("--recipe", options->recipe, "training recipe whose part of the world the clips come from; '' = all of it")->capture_default_str();
  sound->add_option("--set", options->assignments, "change a setting of it: --set task_settings.world.plain=1")->allow_extra_args(false);
  sound->add_option("--world", options->world_folder, "asset pack folder [where `moviegen world fetch` put it]");
  sound->add_option("--compute", options->compute, "precision of products: f32, bf16, aten or auto")->capture_default_str();
  sound->add_flag("--json", options->json, "print JSON");
  sound->callback([options, &action] { action = [options] { evaluate(*options); }; });
}

}  // namespace mg::cli
