#include "moviegen/generate/plan.h"

#include <algorithm>
#include <chrono>

#include "moviegen/flow/schedule.h"
#include "moviegen/flow/solver.h"
#include "moviegen/nn/ops.h"
#include "moviegen/tae/temporal_tiling.h"

namespace mg::generate {
namespace {

constexpr double kTextTokens = 48;             // of all encoders for a sentence; hardly matters
constexpr double kProgramBytes = 250e6;        // libtorch, oneDNN, FFmpeg and their buffers, measured
constexpr double kBytes = 4;                   // f32

// The largest moment of one layer: the residual stream, queries, keys, values and the feed-forward's three wide arrays.
double transformer_bytes(const video::TransformerConfig& c, double tokens) {
  return kBytes * tokens * static_cast<double>(8 * c.width + 4 * c.feed_forward_width);
}

// Latent frames that the decoder's overlapping tiles go through for a clip of `latents`, and those of the largest tile.
std::pair<int64_t, int64_t> decoded_latents(int64_t latents) {
  tae::TemporalTiling tiling;
  int64_t tile = tiling.decoder_latents, step = tile - tiling.overlap_latents;
  if (latents <= tile) return {latents, latents};
  int64_t tiles = (latents - tile + step - 1) / step + 1;
  return {latents + (tiles - 1) * tiling.overlap_latents, tile};
}

// The largest moment of the decoder: at each level an input, its doubled copy and a block's temporaries.
double decoder_bytes(const tae::TaeConfig& c, double pixels) {
  double largest = 0, positions = pixels / static_cast<double>(c.temporal_factor() * c.spatial_factor() * c.spatial_factor());
  for (size_t level = 0; level < c.decoder_widths.size(); ++level) {
    largest = std::max(largest, 6 * positions * static_cast<double>(c.decoder_widths[level]));
    if (level + 1 == c.decoder_widths.size()) break;
    size_t step = c.spatial_steps.size() - 1 - level;
    positions *= (c.temporal_steps[step] ? 2 : 1) * (c.spatial_steps[step] ? 4 : 1);
  }
  return kBytes * (largest + 4 * 3 * pixels);
}

// Of the transformer: two where guidance acts, one elsewhere.
int64_t passes_of(const Request& r, const ModelDefaults& defaults) {
  auto times = flow::make_schedule(r.schedule, static_cast<int>(r.num_inference_steps), static_cast<int>(defaults.emulated_steps));
  flow::GuidanceInterval interval{r.guidance_start, r.guidance_end};
  auto passes_at = [&](double t) { return r.guidance_scale != 1 && interval.contains(t) ? 2 : 1; };
  int64_t passes = 0;
  for (size_t i = 0; i + 1 < times.size(); ++i) {
    passes += passes_at(times[i]);
    if (r.solver == "midpoint") passes += passes_at((times[i] + times[i + 1]) / 2);
  }
  return passes;
}

}  // namespace

Plan plan_of(const Request& r, const ModelDescription& model) {
  const auto& tae = model.autoencoder;
  int64_t frames = (r.num_frames + tae.temporal_factor() - 1) / tae.temporal_factor();
  Plan plan{};
  plan.grid = video::token_grid(model.transformer, frames, r.height / tae.spatial_factor(), r.width / tae.spatial_factor());
  plan.forward_passes = passes_of(r, model.defaults);
  auto tokens = static_cast<double>(plan.grid.count());
  plan.denoise_flops = static_cast<double>(plan.forward_passes) * video::forward_flops(model.transformer, tokens, kTextTokens);
  auto [decoded, tile] = decoded_latents(frames);
  plan.decode_flops = tae::decode_flops(tae, r.num_frames == 1 ? 1 : decoded * tae.temporal_factor(), r.height, r.width);
  double tile_pixels = static_cast<double>(tile * tae.temporal_factor()) * static_cast<double>(r.width * r.height);
  double film_bytes = 3.0 * static_cast<double>(r.num_frames) * static_cast<double>(r.width * r.height);
  double weights = kBytes * static_cast<double>(video::parameter_count(model.transformer) + tae::parameter_count(tae));
  plan.memory_bytes = kProgramBytes + weights + model.weight_file_bytes +
                      std::max(transformer_bytes(model.transformer, tokens * (r.guidance_scale == 1 ? 1 : 2)), decoder_bytes(tae, tile_pixels)) + film_bytes;
  return plan;
}

double measure_rate() {
  constexpr int64_t kRows = 256, kInner = 512, kOuter = 1024;
  constexpr int kRounds = 8;
  at::NoGradGuard no_grad;
  auto x = torch::ones({kRows, kInner}), weight = torch::ones({kOuter, kInner});
  nn::linear(x, weight);  // makes the primitive
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) nn::linear(x, weight);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return 2.0 * kRows * kInner * kOuter * kRounds / std::max(seconds, 1e-9);
}

}  // namespace mg::generate
