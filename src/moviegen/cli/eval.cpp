// moviegen eval tae: how well a model's autoencoder keeps clips that no training ever saw.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "moviegen/cli/commands.h"
#include "moviegen/core/cancel.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/eval/frechet.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/runtime.h"
#include "moviegen/tae/temporal_tiling.h"
#include "moviegen/train/tasks/tae_measure.h"
#include "moviegen/video/video_judge.h"
#include "moviegen/weights/model_folder.h"

namespace mg::cli {
namespace {

struct Options {
  std::string model = "mini", compute = "auto", judge;
  data::WorldSettings world;  // which clips
  int64_t clips = 32, frames = 32, side = 128;
  bool json = false;
};

constexpr int64_t kRoundTrips[] = {1, 5, 33};  // an image, less than one latent frame, one frame more than a tile

struct Figures {
  std::vector<double> psnr, ssim, motion_psnr, lively_psnr, lively_motion_psnr, image_psnr, image_ssim, tiled_psnr;
  std::optional<double> frechet, frechet_floor;  // of a video judge's features to other clips: coded, as rendered
};

// Mean |difference| of neighbouring frames: the clips above the median of it are the lively ones.
double motion_of(const at::Tensor& pixels) {
  int64_t T = pixels.size(1);
  return T < 2 ? 0 : (pixels.narrow(1, 1, T - 1) - pixels.narrow(1, 0, T - 1)).abs().mean().item<double>();
}

// Features of the judge for the Fréchet distance; empty without a judge.
struct Features {
  video::VideoJudge judge{nullptr};
  std::vector<at::Tensor> coded, rendered, others;
  void add(std::vector<at::Tensor>& list, const at::Tensor& pixels) {
    if (judge) list.push_back(video::judge_film(judge, pixels).features);
  }
  void measure(Figures& figures) const {
    if (!judge) return;
    auto target = eval::fit_gaussian(at::stack(others));
    figures.frechet = eval::frechet_distance(eval::fit_gaussian(at::stack(coded)), target);
    figures.frechet_floor = eval::frechet_distance(eval::fit_gaussian(at::stack(rendered)), target);
  }
};

// A clip twice as long as a tile, decoded in tiles and compared with the clip: what a user of a long film sees.
double tiled_psnr(tae::Autoencoder& model, const at::Tensor& pixels) {
  at::NoGradGuard no_grad;
  auto long_clip = at::cat({pixels, pixels.flip(1)}, 1).unsqueeze(0);
  auto made = tae::decode_tiled(model, tae::encode_tiled(model, long_clip), long_clip.size(2));
  return train::psnr(made[0], long_clip[0]);
}

Figures measure_clips(tae::Autoencoder& model, const world::World& world, const Options& options) {
  Figures figures;
  Features features;
  auto with_judge = options.judge.empty() ? weights::resolve_model(options.model) : weights::resolve_model(options.judge);
  if (options.clips > 1 && options.frames > 1 && (!options.judge.empty() || weights::has_part(with_judge, video::kJudgePart))) features.judge = video::load_video_judge(with_judge);
  std::vector<double> motion, moving;  // moving: NaN where next to nothing moves
  auto render = [&](int64_t i) {
    return data::clip_tensor(world.render(data::kEvaluationSeeds + static_cast<uint64_t>(i), options.world.render(options.side, options.side, options.frames)));
  };
  Progress progress("clips", options.clips);
  for (int64_t i = 0; i < options.clips; ++i) {
    process_cancel().throw_if_cancelled();
    auto clip = render(i);
    auto video = train::measure(model, clip), image = train::measure(model, clip.narrow(1, 0, 1));
    motion.push_back(motion_of(clip)), moving.push_back(video.motion_psnr.value_or(std::nan("")));
    if (features.judge) features.add(features.rendered, clip), features.add(features.coded, train::reconstruct(model, clip)), features.add(features.others, render(options.clips + i));
    figures.psnr.push_back(video.psnr), figures.ssim.push_back(video.ssim);
    if (video.motion_psnr) figures.motion_psnr.push_back(*video.motion_psnr);
    figures.image_psnr.push_back(image.psnr), figures.image_ssim.push_back(image.ssim);
    if (i < options.clips / 4 + 1) figures.tiled_psnr.push_back(tiled_psnr(model, clip));
    progress.update(i + 1);
  }
  auto sorted = motion;
  std::nth_element(sorted.begin(), sorted.begin() + std::ssize(sorted) / 2, sorted.end());
  for (size_t i = 0; i < motion.size(); ++i) {
    if (motion[i] < sorted[sorted.size() / 2]) continue;
    figures.lively_psnr.push_back(figures.psnr[i]);
    if (std::isfinite(moving[i])) figures.lively_motion_psnr.push_back(moving[i]);
  }
  features.measure(figures);
  return figures;
}

// Frames that come back for each of kRoundTrips.
std::vector<int64_t> round_trips(tae::Autoencoder& model, int64_t side) {
  at::NoGradGuard no_grad;
  std::vector<int64_t> counts;
  for (int64_t frames : kRoundTrips)
    counts.push_back(tae::decode_tiled(model, tae::encode_tiled(model, torch::zeros({1, 3, frames, side, side})), frames).size(2));
  return counts;
}

void print_row(const char* name, const std::vector<double>& values, const char* unit, int digits) {
  auto s = train::summarise(values);
  if (s.count) fmt::print("  {:<34}{:8.{}f} ± {:.{}f}{}  ({} clips)\n", name, s.mean, digits, s.half_interval, digits, unit, s.count);
}

Json row(const std::vector<double>& values) {
  auto s = train::summarise(values);
  return {{"mean", s.mean}, {"half_interval_95", s.half_interval}, {"clips", s.count}};
}

void evaluate(const Options& options) {
  nn::set_threads();
  nn::keep_freed_memory();
  nn::set_compute(nn::parse_compute(options.compute));
  auto folder = weights::resolve_model(options.model);
  auto model = tae::load_autoencoder(folder);
  auto figures = measure_clips(model, *options.world.open(), options);
  auto counts = round_trips(model, model->config.spatial_factor() * 4);
  if (options.json) {
    Json trips = Json::object();
    for (size_t i = 0; i < counts.size(); ++i) trips[std::to_string(kRoundTrips[i])] = counts[i];
    Json out = {{"model", folder}, {"frames", options.frames}, {"side", options.side}, {"video_psnr", row(figures.psnr)},
                {"video_ssim", row(figures.ssim)}, {"motion_psnr", row(figures.motion_psnr)}, {"image_psnr", row(figures.image_psnr)},
                {"image_ssim", row(figures.image_ssim)}, {"tiled_psnr", row(figures.tiled_psnr)}, {"lively_psnr", row(figures.lively_psnr)},
                {"lively_motion_psnr", row(figures.lively_motion_psnr)}, {"round_trips", trips}};
    if (figures.frechet) out["frechet"] = *figures.frechet, out["frechet_floor"] = *figures.frechet_floor;
    return fmt::print("{}\n", out.dump(2));
  }
  fmt::print("{}: autoencoder on held-out clips of {} frames, {}×{} (mean ± 95 % interval)\n", folder, options.frames, options.side, options.side);
  print_row("video PSNR", figures.psnr, " dB", 2);
  print_row("video SSIM", figures.ssim, "", 4);
  print_row("PSNR where the picture moves", figures.motion_psnr, " dB", 2);
  print_row("PSNR, half with more motion", figures.lively_psnr, " dB", 2);
  print_row("  of it, where the picture moves", figures.lively_motion_psnr, " dB", 2);
  print_row("image PSNR", figures.image_psnr, " dB", 2);
  print_row("image SSIM", figures.image_ssim, "", 4);
  print_row("PSNR of twice the length, in tiles", figures.tiled_psnr, " dB", 2);
  if (figures.frechet) fmt::print("  {:<34}{:8.1f} (as rendered {:.1f})\n", "Fréchet distance to other clips", *figures.frechet, *figures.frechet_floor);
  for (size_t i = 0; i < counts.size(); ++i) fmt::print("  round trip of {:>2} frames: {} frames\n", kRoundTrips[i], counts[i]);
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  auto* eval = app.add_subcommand("eval", "measure a model on data it was not trained on");
  eval->require_subcommand(1);
  auto* tae = eval->add_subcommand("tae", "autoencoder: PSNR and SSIM of reconstructions, in motion, of images and in tiles");
  auto options = std::make_shared<Options>();
  tae->add_option("--model", options->model, "model folder or name")->capture_default_str();
  tae->add_option("--clips", options->clips, "held-out clips")->check(CLI::Range(1, 100000))->capture_default_str();
  tae->add_option("--frames", options->frames, "frames of a clip")->check(CLI::Range(1, 1024))->capture_default_str();
  tae->add_option("--side", options->side, "height and width, a multiple of 8")->check(CLI::Range(16, 1024))->capture_default_str();
  auto& world = options->world;
  tae->add_option("--world", world.folder, "asset pack folder [where `moviegen world fetch` put it]");
  tae->add_option("--subject", world.subjects, "only these subjects")->delimiter(',');
  tae->add_option("--place", world.places, "only these places")->delimiter(',');
  tae->add_option("--style", world.styles, "only these styles")->delimiter(',');
  tae->add_option("--plain", world.plain, "share of plain scenes: one subject, day, clear, no extras")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  tae->add_option("--max-subjects", world.max_subjects, "most kinds of subject in one scene; with 1 no groups")->check(CLI::Range(1, 3))->capture_default_str();
  tae->add_option("--judge", options->judge, "model folder with a video judge, for the Fréchet distance [the model's own, if it has one]");
  tae->add_option("--compute", options->compute, "precision of products: f32, bf16, aten or auto")->capture_default_str();
  tae->add_flag("--json", options->json, "print JSON");
  tae->callback([options, &action] { action = [options] { evaluate(*options); }; });
  add_eval_t2v(*eval, action);
  add_eval_vbench(*eval, action);
  add_eval_sound(*eval, action);
  add_eval_codec(*eval, action);
}

}  // namespace mg::cli
