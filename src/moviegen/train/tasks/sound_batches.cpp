#include "moviegen/train/tasks/sound_batches.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/flow/path.h"
#include "moviegen/train/tasks/event_head.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int64_t kTimesOfValidation = 16;
constexpr int64_t kCropLengths = 10;  // of a bucket, those above shortest_s

struct Items {
  std::vector<Tensor> latents, pictures, masks, events;
  std::vector<float> has_video;
  std::vector<std::string> captions;
};

}  // namespace

Stretch stretch_of(const data::SoundCache& cache, double rate, double fps, int64_t first_step, int64_t steps) {
  // Two frames more than the stretch lasts: its first and its last step mostly lie between two frames.
  auto frames = std::min(cache.frames(), static_cast<int64_t>(std::ceil(static_cast<double>(steps) / rate * fps)) + 2);
  auto shown = static_cast<int64_t>(std::floor(static_cast<double>(first_step) / rate * fps + 1e-6));
  return {first_step, steps, std::min(shown, cache.frames() - frames), frames};
}

Tensor draw_mask(int64_t steps, const SoundDropout& dropout, Generator& g) {
  auto mask = torch::ones({steps});
  if (g.chance(dropout.all_masked)) return mask;
  auto known = static_cast<int64_t>(std::llround((1 - g.uniform(dropout.least_masked, 1)) * static_cast<double>(steps)));
  known = std::min(known, steps - 1);
  int64_t part = g.below(static_cast<int>(known) + 1), gap = g.below(static_cast<int>(steps - known) + 1);
  double kind = g.uniform();
  auto give = [&](int64_t start, int64_t count) { mask.narrow(0, start, count).zero_(); };
  if (kind < 0.5) give(0, known);                                                // to be continued: what long sounds are made of
  else if (kind < 0.65) give(steps - known, known);                              // to be preceded
  else if (kind < 0.85) give(0, part), give(steps - known + part, known - part);  // to be filled in
  else give(gap, known);
  return mask;
}

std::string draw_caption(SoundCaption caption, const SoundDropout& dropout, Generator& g) {
  bool hides_sounds = g.chance(dropout.sounds), hides_music = g.chance(dropout.music);
  if (hides_sounds) caption.sounds.clear();
  if (hides_music && !caption.music_description.empty()) caption.music_description = "music";
  return caption_text(caption);
}

SoundBatches::SoundBatches(const SoundSettings& settings, const std::vector<SoundBucket>& buckets, const audio::SoundConditioner& conditioner,
                           uint64_t seed)
    : settings_(settings), buckets_(buckets), conditioner_(conditioner),
      resampling_(audio::parse_resampling(settings.transformer.video_resampling)), seed_(seed) {}

SoundBatch SoundBatches::draw(int64_t step) const {
  auto g = Generator(seed_, "sound batch").fork(std::to_string(step));
  SoundBatch batch;
  double total = 0, draw = g.uniform();
  for (double w : settings_.weight) total += w;
  for (double sum = 0; batch.bucket + 1 < buckets_.size(); ++batch.bucket)
    if (draw * total < (sum += settings_.weight[batch.bucket])) break;
  const auto& cache = *buckets_[batch.bucket].train;
  double rate = settings_.sampling.latent_rate, fps = static_cast<double>(settings_.fps);
  int64_t steps = cache.steps(), shortest = std::min(steps, settings_.sampling.steps_of(settings_.shortest_s));
  // A few lengths only: every new one costs new oneDNN primitives.
  int64_t grid = std::max<int64_t>(1, steps / kCropLengths);
  if (g.chance(settings_.crop)) steps -= grid * g.below(static_cast<int>((steps - shortest) / grid) + 1);
  const auto& d = settings_.dropout;
  Items items;
  for (int64_t i = 0; i < settings_.batch[batch.bucket]; ++i) {
    int64_t item = g.below(static_cast<int>(cache.size())), first = g.below(static_cast<int>(cache.steps() - steps) + 1);
    auto stretch = stretch_of(cache, rate, fps, first, steps);
    auto pictures = cache.pictures(item, stretch.first_frame, stretch.frames);
    items.pictures.push_back(g.chance(settings_.flip) ? pictures.flip({2}) : pictures);
    items.latents.push_back(cache.latents(item, first, steps));
    items.events.push_back(event_labels(eval::read_events(cache.item(item).events), first, steps, rate));
    auto times = audio::frame_times(stretch.frames, fps, static_cast<double>(stretch.first_frame) / fps);
    batch.frames.push_back(audio::frames_of_steps(times, steps, rate, resampling_, first));
    bool hides_all = g.chance(d.everything), hides_video = g.chance(d.video), hides_text = g.chance(d.text);
    auto mask = draw_mask(steps, d, g);
    auto caption = draw_caption(cache.item(item).caption, d, g);
    items.masks.push_back(hides_all ? torch::ones({steps}) : mask);
    items.has_video.push_back(hides_all || hides_video ? 0.0f : 1.0f);
    items.captions.push_back(hides_all || hides_text ? "" : caption);
  }
  batch.latents_BCS = at::stack(items.latents), batch.pictures_BFHWC = at::stack(items.pictures), batch.mask_BS = at::stack(items.masks);
  batch.has_video_B = torch::tensor(items.has_video), batch.events_BSE = at::stack(items.events);
  batch.tokens = conditioner_->tokenize(items.captions);
  batch.t_B = flow::sample_times(batch.latents_BCS.size(0), g, settings_.time_mean, settings_.time_std);
  batch.noise_BCS = flow::sample_noise(batch.latents_BCS.sizes(), g);
  return batch;
}

SoundBatch SoundBatches::held_out(size_t bucket, int64_t first, int64_t count) const {
  const auto& cache = *buckets_[bucket].held_out;
  SoundBatch batch;
  batch.bucket = bucket;
  Items items;
  std::vector<float> times;
  auto fps = static_cast<double>(settings_.fps);
  auto frames = audio::frames_of_steps(audio::frame_times(cache.frames(), fps), cache.steps(), settings_.sampling.latent_rate, resampling_);
  for (int64_t i = first; i < std::min(cache.size(), first + count); ++i) {
    items.latents.push_back(cache.latents(i, 0, cache.steps()));
    items.pictures.push_back(cache.pictures(i, 0, cache.frames()));
    items.events.push_back(event_labels(eval::read_events(cache.item(i).events), 0, cache.steps(), settings_.sampling.latent_rate));
    items.captions.push_back(caption_text(cache.item(i).caption));
    batch.frames.push_back(frames);
    times.push_back((static_cast<float>(i % kTimesOfValidation) + 0.5f) / static_cast<float>(kTimesOfValidation));
  }
  batch.latents_BCS = at::stack(items.latents), batch.pictures_BFHWC = at::stack(items.pictures);
  int64_t B = batch.latents_BCS.size(0);
  batch.mask_BS = torch::ones({B, cache.steps()}), batch.has_video_B = torch::ones({B}), batch.events_BSE = at::stack(items.events);
  batch.tokens = conditioner_->tokenize(items.captions);
  Generator g(static_cast<uint64_t>(first), "sound validation");
  batch.t_B = torch::tensor(times), batch.noise_BCS = flow::sample_noise(batch.latents_BCS.sizes(), g);
  return batch;
}

}  // namespace mg::train
