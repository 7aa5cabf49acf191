// Movie Gen Audio's training (facts 10.4): flow matching on the latents of rendered sound, from frames, captions and given sound.
// Easy to get wrong: the loss counts only steps that are to be made; what is given stands beside them, clean.
#include "moviegen/train/tasks/sound_task.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "moviegen/audio/dac_vae.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/flow/path.h"
#include "moviegen/train/tasks/event_head.h"
#include "moviegen/train/tasks/sound_samples.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/weights/fingerprint.h"
#include "moviegen/weights/model_folder.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int kTimeBins = 5;
constexpr int64_t kTokenizerCaptions = 4000;  // of each bucket

SoundSettings completed(SoundSettings s, const audio::DacVaeConfig& codec) {
  if (codec.sample_rate != world::kSoundRate)
    throw UsageError("sound: the codec works at {} samples a second, the world at {}", codec.sample_rate, world::kSoundRate);
  s.transformer.latent_channels = codec.latent_channels;
  s.transformer.video_width = s.frame_encoder.features;
  s.transformer.text_width = s.text_encoder.d_model;
  s.sampling.latent_rate = codec.latent_rate();
  s.sampling.window_s = *std::max_element(s.seconds.begin(), s.seconds.end());
  s.sampling.check();
  return s;
}

// Captions as batches hold them, whole and with parts left out.
std::string train_tokenizer(const std::vector<SoundBucket>& buckets, int64_t vocabulary) {
  std::vector<std::string> captions;
  SoundDropout often{.sounds = 0.2, .music = 0.2};
  Generator generator(0, "captions for the tokenizer");
  for (const auto& bucket : buckets)
    for (int64_t i = 0; i < std::min(bucket.train->size(), kTokenizerCaptions); ++i)
      captions.push_back(draw_caption(bucket.train->item(i).caption, often, generator));
  return text::train_sentencepiece(captions, vocabulary);
}

class SoundTask : public Task {
 public:
  SoundTask(const SoundSettings& settings, const TaskContext& context, std::shared_ptr<world::World> world)
      : codec_(audio::load_dac_vae(weights::resolve_model(settings.codec))), settings_(completed(settings, codec_->config)), world_(std::move(world)),
        batches_(settings_, buckets_, conditioner_, context.seed), prefetch_([this](int64_t step) { return batches_.draw(step); }) {
    make_folder(context.run_folder);
    open_buckets(settings_.cache.empty() ? context.run_folder + "/cache" : settings_.cache);
    torch::manual_seed(context.seed);
    make_conditioner(context.run_folder + "/sound_tokenizer.model");
    model_ = audio::Transformer(settings_.transformer);
    if (sees_events()) event_head_ = EventHead(settings_.frame_encoder.features);
    for (auto& p : codec_->parameters()) p.requires_grad_(false);
    for (auto& p : conditioner_->frames->parameters()) p.requires_grad_(settings_.train_frames);
    for (auto& p : conditioner_->text->parameters()) p.requires_grad_(settings_.train_text);
  }

  std::vector<Group> groups() override {
    std::vector<Group> groups{{"transformer", model_.ptr()}};
    if (settings_.train_frames) groups.push_back({"frames", conditioner_->frames.ptr(), settings_.frames_lr_factor});
    if (sees_events()) groups.push_back({"events", event_head_.ptr(), settings_.frames_lr_factor});
    if (settings_.train_text) groups.push_back({"text", conditioner_->text.ptr(), settings_.text_lr_factor});
    return groups;
  }

  StepReport step(int64_t step, Generator&) override {
    StepReport report;
    auto batch = prefetch_.take(step, &report.data_wait_s);
    auto video_BSV = frame_features(batch);
    auto loss_B = losses(batch, video_BSV, conditioner_->encode_text(batch.tokens), settings_.onsets_weight);
    auto loss = loss_B.mean();
    report.scalars["loss"] = loss.item<double>();
    if (sees_events()) {
      auto events = event_loss(event_head_(video_BSV), batch.events_BSE);
      report.scalars["loss/events"] = events.item<double>();
      loss = loss + settings_.events_weight * events;
    }
    loss.backward();
    report.scalars["loss/" + buckets_[batch.bucket].name] = report.scalars["loss"];
    add_time_bins(loss_B.detach(), batch.t_B, report.scalars);
    report.samples = batch.latents_BCS.size(0);
    report.flops = flops_of(batch);
    return report;
  }

  std::map<std::string, double> validate() override;
  void sample(const std::string& folder) override;
  void export_model(const std::string& folder) override;
  void import_model(const std::string& folder) override;

 private:
  bool sees_events() const { return settings_.train_frames && settings_.events_weight > 0; }

  void open_buckets(const std::string& folder) {
    const auto& config = codec_->config;
    data::SoundCodec codec{[this](const Tensor& sound_BCS) { return codec_->latents(sound_BCS); }, config.latent_channels, config.hop(),
                           weights::fingerprint(*codec_)};
    for (size_t k = 0; k < settings_.seconds.size(); ++k) {
      SoundBucket bucket;
      bucket.name = fmt::format("{:g}s", settings_.seconds[k]);
      uint64_t spread = static_cast<uint64_t>(k) << 32;  // buckets hold different clips
      auto open = [&](const std::string& suffix, uint64_t first_seed, int64_t items) {
        data::SoundCacheSpec spec{render_options(k), first_seed + spread, items, settings_.frame_encoder.image_size};
        return data::SoundCache::open_or_build(folder + "/" + bucket.name + suffix, spec, *world_, codec);
      };
      bucket.train = open("", data::kTrainSeeds, settings_.items[k]);
      bucket.held_out = open("-held-out", data::kValidationSeeds, settings_.validation_items);
      buckets_.push_back(std::move(bucket));
    }
  }

  void make_conditioner(const std::string& tokenizer_path) {
    if (!settings_.tokenizer.empty()) {
      auto [tokenizer, path] = audio::read_tokenizer_model(weights::resolve_model(settings_.tokenizer));
      conditioner_ = audio::SoundConditioner(settings_.text_encoder, settings_.frame_encoder, tokenizer, path);
      return;
    }
    if (!std::filesystem::exists(tokenizer_path)) write_text(tokenizer_path, train_tokenizer(buckets_, settings_.vocabulary));
    conditioner_ = audio::SoundConditioner(settings_.text_encoder, settings_.frame_encoder, read_text(tokenizer_path), tokenizer_path);
  }

  world::RenderOptions render_options(size_t bucket) const {
    auto frames = std::llround(settings_.seconds[bucket] * static_cast<double>(settings_.fps));
    auto options = settings_.world.render(settings_.render_size, settings_.render_size, frames);
    options.fps = static_cast<double>(settings_.fps);
    return options;
  }

  // At the latent rate, [B,S,V]. Pictures that are hidden from the transformer are looked at as well: for their events, and
  // so that shapes stay the same from step to step.
  Tensor frame_features(const SoundBatch& batch) {
    int64_t B = batch.pictures_BFHWC.size(0), F = batch.pictures_BFHWC.size(1);
    auto earlier = torch::tensor(audio::earlier_frames(audio::frame_times(F, static_cast<double>(settings_.fps))));
    auto features = conditioner_->frames(data::pixels_of(batch.pictures_BFHWC), data::pixels_of(batch.pictures_BFHWC.index_select(1, earlier)));
    return audio::resample_features(features.view({B, F, -1}), batch.frames);
  }

  // Mean over the steps that are to be made, of which those at onsets count 1 + onsets_weight times: [B].
  Tensor losses(const SoundBatch& b, const Tensor& video_BSV, const Tensor& text_BLE, double onsets_weight = 0) {
    auto made_B1S = b.mask_BS.unsqueeze(1);
    auto memory = model_->condition({b.latents_BCS * (1 - made_B1S), b.mask_BS, video_BSV, b.has_video_B, text_BLE, b.tokens.mask_BL});
    auto velocity = model_->forward(flow::interpolate(b.latents_BCS, b.noise_BCS, b.t_B), b.t_B, memory);
    auto error_BS = (velocity - flow::target_velocity(b.latents_BCS, b.noise_BCS)).square().mean(1);
    auto weight_BS = b.mask_BS * (1 + onsets_weight * onset_steps(b.events_BSE));
    return (error_BS * weight_BS).sum(1) / weight_BS.sum(1);
  }

  double flops_of(const SoundBatch& batch) const {
    auto B = static_cast<double>(batch.latents_BCS.size(0)), S = static_cast<double>(batch.latents_BCS.size(2));
    auto L = static_cast<double>(batch.tokens.ids_BL.size(1));
    double frames = B * static_cast<double>(batch.pictures_BFHWC.size(1));
    return 3 * (B * audio::forward_flops(settings_.transformer, S, L) + frames * audio::forward_flops(settings_.frame_encoder));
  }

  static void add_time_bins(const Tensor& loss_B, const Tensor& t_B, std::map<std::string, double>& scalars) {
    double sum[kTimeBins] = {};
    int count[kTimeBins] = {};
    for (int64_t i = 0; i < t_B.size(0); ++i) {
      int bin = std::min(kTimeBins - 1, static_cast<int>(t_B[i].item<float>() * kTimeBins));
      sum[bin] += loss_B[i].item<float>(), ++count[bin];
    }
    for (int bin = 0; bin < kTimeBins; ++bin)
      if (count[bin]) scalars[fmt::format("loss/t{:.1f}", (bin + 0.5) / kTimeBins)] = sum[bin] / count[bin];
  }

  audio::DacVae codec_;
  SoundSettings settings_;
  std::shared_ptr<world::World> world_;
  audio::SoundConditioner conditioner_{nullptr};
  audio::Transformer model_{nullptr};
  EventHead event_head_{nullptr};
  std::vector<SoundBucket> buckets_;
  SoundBatches batches_;
  data::Prefetch<SoundBatch> prefetch_;  // last: its worker uses the rest
};

// The loss of each held-out clip at one fixed time with fixed noise: with its own conditions, with its neighbour's picture
// and with its neighbour's caption. The differences are what the model makes of pictures and of words. Onset precision is
// what the frame features know of the moments of events.
std::map<std::string, double> SoundTask::validate() {
  at::NoGradGuard no_grad;
  std::map<std::string, double> figures;
  for (size_t k = 0; k < buckets_.size(); ++k) {
    double own = 0, other_video = 0, other_text = 0;
    std::vector<Tensor> events, event_logits;
    int64_t size = buckets_[k].held_out->size(), count = std::min(size, settings_.batch[k]);
    for (int64_t first = 0; first < size; first += count) {
      auto batch = batches_.held_out(k, first, count);
      auto video = frame_features(batch), text = conditioner_->encode_text(batch.tokens);
      own += losses(batch, video, text).sum().item<double>();
      other_video += losses(batch, video.roll(1, 0), text).sum().item<double>();
      if (sees_events()) events.push_back(batch.events_BSE), event_logits.push_back(event_head_(video));
      auto turned = batch;
      turned.tokens.mask_BL = batch.tokens.mask_BL.roll(1, 0);
      other_text += losses(turned, video, text.roll(1, 0)).sum().item<double>();
    }
    auto items = static_cast<double>(size);
    const auto& name = buckets_[k].name;
    figures["loss/" + name] = own / items;
    figures["video_gain/" + name] = (other_video - own) / items;
    figures["text_gain/" + name] = (other_text - own) / items;
    if (double seen = events.empty() ? std::nan("") : onset_precision(at::cat(event_logits), at::cat(events)); std::isfinite(seen))
      figures["onset_precision/" + name] = seen;
    for (const char* mean : {"loss", "video_gain", "text_gain"})
      figures[mean] += figures[std::string(mean) + "/" + name] / static_cast<double>(buckets_.size());
  }
  return figures;
}

void SoundTask::sample(const std::string& folder) {
  audio::SoundModel model{model_, conditioner_, settings_.sampling};
  for (const auto& bucket : buckets_) write_sound_samples(folder, model, codec_, bucket, settings_.sample_count, static_cast<double>(settings_.fps));
}

void SoundTask::export_model(const std::string& folder) {
  audio::save_dac_vae(folder, codec_, "bf16");
  audio::save_transformer(folder, model_, "bf16");
  audio::save_sound_conditioner(folder, conditioner_, "bf16");
  audio::save_sound_sampling(folder, settings_.sampling);
}

void SoundTask::import_model(const std::string& folder) {
  auto given = audio::load_sound_model(folder);
  auto theirs = config_to_json(given.transformer->config), ours = config_to_json(settings_.transformer);
  for (auto* config : {&theirs, &ours}) config->erase("video_gate");  // where training began; the rest changes what weights mean
  if (given.conditioner->tokenizer->model() != conditioner_->tokenizer->model())
    throw DataError("{}: was trained with another tokenizer; set task_settings.tokenizer to this folder", folder);
  if (theirs != ours) throw DataError("{}/sound_transformer: is {}, but the recipe says {}", folder, theirs.dump(), ours.dump());
  weights::load_into(*model_, weights::state_of(*given.transformer), folder + "/sound_transformer");
  weights::load_into(*conditioner_->frames, weights::state_of(*given.conditioner->frames), folder + "/sound_frame_encoder");
  weights::load_into(*conditioner_->text, weights::state_of(*given.conditioner->text), folder + "/sound_text_encoder");
}

}  // namespace

void SoundSettings::check() const {
  size_t n = seconds.size();
  if (n == 0 || batch.size() != n || items.size() != n || weight.size() != n)
    throw UsageError("sound: seconds, batch, items and weight need one entry a bucket; got {}, {}, {}, {}", n, batch.size(), items.size(),
                     weight.size());
  if (fps < 1 || fps > 240 || render_size < 16 || render_size % 2)
    throw UsageError("sound: fps must be 1 to 240 and render_size even and at least 16; got {} and {}", fps, render_size);
  for (size_t k = 0; k < n; ++k) {
    double frames = seconds[k] * static_cast<double>(fps);
    if (!(frames >= 2 && frames <= 1e6) || batch[k] < 1 || items[k] < 1 || !(weight[k] > 0))
      throw UsageError("sound: bucket {} is out of range: {} s at {} frames a second, batch {}, {} items, weight {}", k, seconds[k], fps, batch[k],
                       items[k], weight[k]);
    if (std::abs(frames - std::round(frames)) > 1e-6)
      throw UsageError("sound: bucket {}: {} s are no whole number of frames at {} a second", k, seconds[k], fps);
  }
  if (tokenizer.empty() && (vocabulary < 300 || vocabulary > text_encoder.vocab_size))  // 256 of the pieces are bytes
    throw UsageError("sound: vocabulary: expected 300 to {}, the caption encoder's rows, got {}", text_encoder.vocab_size, vocabulary);
  if (!(shortest_s > 0)) throw UsageError("sound: shortest_s must be above 0, got {}", shortest_s);
  if (!(dropout.least_masked > 0 && dropout.least_masked <= 1))
    throw UsageError("sound: dropout.least_masked must be above 0 and at most 1, got {}", dropout.least_masked);
  if (!(events_weight >= 0 && onsets_weight >= 0))
    throw UsageError("sound: events_weight and onsets_weight must be at least 0, got {} and {}", events_weight, onsets_weight);
  if (validation_items < 1) throw UsageError("sound: validation_items must be at least 1, got {}", validation_items);
}

std::unique_ptr<Task> make_sound_task(const TaskContext& context) {
  auto settings = config_from<SoundSettings>(context.settings, context.recipe);
  return std::make_unique<SoundTask>(settings, context, settings.world.open());
}

std::unique_ptr<Task> make_sound_task(const TaskContext& context, std::shared_ptr<world::World> world) {
  return std::make_unique<SoundTask>(config_from<SoundSettings>(context.settings, context.recipe), context, std::move(world));
}

}  // namespace mg::train
