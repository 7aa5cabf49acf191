// moviegen eval codec: how close sound comes back from the latents, on world sound that no training ever heard and on files.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "moviegen/audio/dac_vae_stream.h"
#include "moviegen/cli/commands.h"
#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/media/sound.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/train/tasks/dac_measure.h"
#include "moviegen/train/tasks/dac_sheet.h"
#include "moviegen/train/tasks/tae_measure.h"
#include "moviegen/weights/model_folder.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kShown = 16;  // sounds of the sheet

struct Options {
  std::string model = "mini", sounds, output, compute = "auto";
  data::WorldSettings world;
  int64_t clips = 32;
  double seconds = 4;
  bool json = false;
};

struct Figures {
  std::vector<double> si_sdr, mel_distance, stft_distance;
  double sound_s = 0, encode_s = 0, decode_s = 0;
  std::vector<train::SoundPair> shown{};
};

at::Tensor mono_of(const media::Sound& sound) {
  auto samples = at::from_blob(const_cast<float*>(sound.samples.data()), {sound.frames(), sound.channels}, at::kFloat);
  return samples.mean(1);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Encodes and decodes one sound, adds its figures, and writes both sounds if a folder is given.
void add_sound(audio::DacVae& model, const at::Tensor& sound, const std::string& name, const Options& options, Figures& figures) {
  audio::DacEncoderStream encoder(model);
  audio::DacDecoderStream decoder(model);
  auto start = Clock::now();
  auto latents = at::cat({encoder.push(sound.view({1, 1, -1})), encoder.finish()}, 2);
  figures.encode_s += seconds_since(start);
  start = Clock::now();
  auto made = at::cat({decoder.push(latents), decoder.finish()}, 2).flatten().narrow(0, 0, sound.size(0));
  figures.decode_s += seconds_since(start);
  auto rate = static_cast<int>(model->config.sample_rate);
  figures.sound_s += static_cast<double>(sound.size(0)) / rate;
  auto own = train::measure_sound(made, sound, rate);
  if (own.si_sdr) figures.si_sdr.push_back(*own.si_sdr);
  figures.mel_distance.push_back(own.mel_distance), figures.stft_distance.push_back(own.stft_distance);
  if (options.output.empty()) return;
  train::write_pair(options.output, name, {sound, made}, rate);
  if (figures.shown.size() < kShown) figures.shown.push_back({sound, made});
}

void add_world(audio::DacVae& model, const Options& options, Figures& figures) {
  auto world = options.world.open();
  auto render = options.world.render(64, 64, 1);
  render.frames = static_cast<int>(std::ceil(options.seconds * render.fps));
  render.pictures = false, render.sound = true;
  Progress progress("clips", options.clips);
  for (int64_t i = 0; i < options.clips; ++i) {
    process_cancel().throw_if_cancelled();
    auto clip = world->render(data::kEvaluationSeeds + static_cast<uint64_t>(i), render);
    add_sound(model, mono_of({.sample_rate = world::kSoundRate, .channels = 2, .samples = std::move(clip.sound)}), fmt::format("clip-{:03d}", i + 1), options, figures);
    progress.update(i + 1);
  }
  progress.finish();
}

void add_files(audio::DacVae& model, const Options& options, Figures& figures) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(options.sounds))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty()) throw NotFound("{}: the folder has no files", options.sounds);
  Progress progress("files", std::ssize(files));
  for (size_t i = 0; i < files.size(); ++i) {
    process_cancel().throw_if_cancelled();
    auto sound = mono_of(media::read_sound(files[i].string(), {.sample_rate = static_cast<int>(model->config.sample_rate), .channels = 1}));
    if (sound.size(0) < model->config.sample_rate / 10) throw DataError("{}: {} samples are too short to measure", files[i].string(), sound.size(0));
    add_sound(model, sound, files[i].stem().string(), options, figures);
    progress.update(static_cast<int64_t>(i) + 1);
  }
  progress.finish();
}

Json row(const std::vector<double>& values) {
  auto s = train::summarise(values);
  return {{"mean", s.mean}, {"half_interval_95", s.half_interval}, {"sounds", s.count}};
}

void print_row(const char* name, const std::vector<double>& values, const char* unit, const char* published) {
  auto s = train::summarise(values);
  if (s.count) fmt::print("  {:<16}{:8.3f} ± {:.3f}{:<4}({} sounds){}\n", name, s.mean, s.half_interval, unit, s.count, published);
}

void evaluate(const Options& options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  auto folder = weights::resolve_model(options.model);
  auto model = audio::load_dac_vae(folder);
  if (!options.output.empty()) make_folder(options.output);
  Figures figures;
  options.sounds.empty() ? add_world(model, options, figures) : add_files(model, options, figures);
  if (!options.output.empty()) train::write_sheet((fs::path(options.output) / "sheet.png").string(), figures.shown, static_cast<int>(model->config.sample_rate));
  auto count = audio::encoder_cost(model->config).parameters + audio::decoder_cost(model->config).parameters;
  double encode_rate = figures.sound_s / figures.encode_s, decode_rate = figures.sound_s / figures.decode_s;
  if (options.json) {
    Json out = {{"model", folder}, {"parameters", count}, {"latent_channels", model->config.latent_channels}, {"latent_rate", model->config.latent_rate()},
                {"si_sdr", row(figures.si_sdr)}, {"mel_distance", row(figures.mel_distance)}, {"stft_distance", row(figures.stft_distance)},
                {"encode_times_real_time", encode_rate}, {"decode_times_real_time", decode_rate}};
    return fmt::print("{}\n", out.dump(2));
  }
  fmt::print("{}: sound codec, {:.1f}M parameters, {} channels at {:g} Hz, on {:.0f} s of sound (mean ± 95 % interval)\n", folder,
             static_cast<double>(count) / 1e6, model->config.latent_channels, model->config.latent_rate(), figures.sound_s);
  print_row("SI-SDR", figures.si_sdr, " dB", "   Movie Gen's codec on AudioSet: 8.38 dB, 107.7M parameters, 128 channels at 25 Hz");
  print_row("mel distance", figures.mel_distance, "", "   Movie Gen's codec on AudioSet: 0.669, other sounds and perhaps other bands");
  print_row("STFT distance", figures.stft_distance, "", "");
  fmt::print("  encode {:.0f} ×, decode {:.0f} × real time\n", encode_rate, decode_rate);
}

}  // namespace

void add_eval_codec(CLI::App& eval, Action& action) {
  auto* codec = eval.add_subcommand("codec", "sound codec: SI-SDR, mel and STFT distance of what comes back, and its speed");
  auto options = std::make_shared<Options>();
  codec->add_option("--model", options->model, "model folder or name")->capture_default_str();
  codec->add_option("--sounds", options->sounds, "folder of sound files to measure on [held-out sound of the world]")->check(CLI::ExistingDirectory);
  codec->add_option("--clips", options->clips, "held-out clips")->check(CLI::Range(1, 100000))->capture_default_str();
  codec->add_option("--seconds", options->seconds, "length of a clip")->check(CLI::Range(0.5, 60.0))->capture_default_str();
  codec->add_option("--world", options->world.folder, "asset pack folder [where `moviegen world fetch` put it]");
  codec->add_option("-o,--output", options->output, "folder for sheet.png, the originals and what was decoded");
  codec->add_option("--compute", options->compute, "precision of products: f32, bf16, aten or auto")->capture_default_str();
  codec->add_flag("--json", options->json, "print JSON");
  codec->callback([options, &action] { action = [options] { evaluate(*options); }; });
}

}  // namespace mg::cli
