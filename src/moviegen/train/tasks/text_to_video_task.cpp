// Flow matching on cached latents (facts sheet 4): draw a bucket, items, captions, times and noise; predict the velocity.
// Easy to get wrong: everything drawn for step k comes from (seed, k), so that a resumed run sees the same batches.
#include "moviegen/train/tasks/text_to_video_task.h"

#include <algorithm>

#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/data/latent_cache.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/flow/path.h"
#include "moviegen/media/video.h"
#include "moviegen/text/prompt_file.h"
#include "moviegen/text/text_encoders.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/video/text_to_video.h"
#include "moviegen/weights/model_folder.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int kTimeBins = 5;

struct Bucket {
  std::string name;
  std::vector<std::shared_ptr<data::LatentCache>> train;  // its own, then further ones
  std::shared_ptr<data::LatentCache> held_out;

  // A training cache, each as often as it has clips.
  const data::LatentCache& draw(Generator g) const {
    int64_t total = 0;
    for (const auto& cache : train) total += cache->size();
    int64_t clip = g.below(static_cast<int>(total));
    auto cache = train.begin();
    while (clip >= (*cache)->size()) clip -= (*cache++)->size();
    return **cache;
  }
};

struct Batch {
  size_t bucket = 0;
  Tensor latents, noise, t_B, weights;
  text::PromptTokens tokens;
};

// Only what trains along; the contrastive tower stays frozen.
struct TrainedTextImpl : torch::nn::Module {
  explicit TrainedTextImpl(const text::TextEncoders& encoders) {
    register_module("ul2", encoders->ul2);
    register_module("byt5", encoders->byt5);
  }
};

const std::string& caption_of(const world::Captions& c, const std::vector<double>& mix, double draw) {
  double total = mix[0] + mix[1] + mix[2];
  return draw * total < mix[0] ? c.brief : draw * total < mix[0] + mix[1] ? c.normal : c.full;
}

class TextToVideoTask : public Task {
 public:
  TextToVideoTask(const TextToVideoSettings& settings, const TaskContext& context)
      : settings_(settings), seed_(context.seed), autoencoder_(tae::load_autoencoder(weights::resolve_model(settings.autoencoder))),
        encoders_(text::load_text_encoders(weights::resolve_model(settings.text_encoders))),
        batches_([this](int64_t step) { return draw_batch(step); }) {
    for (auto& p : autoencoder_->parameters()) p.requires_grad_(false);
    for (auto& p : encoders_->parameters()) p.requires_grad_(false);
    settings_.transformer.text = encoders_->widths();
    torch::manual_seed(context.seed);
    model_ = video::Transformer(settings_.transformer);
    if (settings_.train_text) {
      trained_text_ = std::make_shared<TrainedTextImpl>(encoders_);
      for (auto& p : trained_text_->parameters()) p.requires_grad_(true);
    }
    open_buckets(settings_.cache.empty() ? context.run_folder + "/cache" : settings_.cache);
  }

  std::vector<Group> groups() override {
    std::vector<Group> groups{{"transformer", model_.ptr()}};
    if (settings_.train_text) groups.push_back({"text", trained_text_, settings_.text_lr_factor});
    return groups;
  }

  StepReport step(int64_t step, Generator&) override {
    StepReport report;
    Batch batch = batches_.take(step, &report.data_wait_s);
    auto encoded = encode(batch.tokens);
    auto loss_B = flow::loss_per_item(velocity_of(batch.latents, batch.noise, batch.t_B, encoded), flow::target_velocity(batch.latents, batch.noise), batch.weights);
    auto loss = loss_B.mean();
    loss.backward();
    report.scalars["loss"] = loss.item<double>();
    report.scalars["loss/" + buckets_[batch.bucket].name] = report.scalars["loss"];
    add_time_bins(loss_B.detach(), batch.t_B, report.scalars);
    report.samples = batch.latents.size(0);
    auto grid = video::token_grid(model_->config, batch.latents.size(2), batch.latents.size(3), batch.latents.size(4));
    auto text_tokens = batch.tokens.ul2_ids_BL.size(1) + batch.tokens.metaclip_ids_BL.size(1) + batch.tokens.byt5_ids_BL.size(1);
    report.flops = 3.0 * static_cast<double>(report.samples) *
                   video::forward_flops(model_->config, static_cast<double>(grid.count()), static_cast<double>(text_tokens));
    return report;
  }

  std::map<std::string, double> validate() override {
    at::NoGradGuard no_grad;
    std::map<std::string, double> figures;
    double total = 0;
    for (size_t k = 0; k < buckets_.size(); ++k) {
      auto held_out = validate_bucket(k);
      figures["loss/" + buckets_[k].name] = held_out.own;
      figures["prompt_gain/" + buckets_[k].name] = held_out.other - held_out.own;
      figures["subject_loss/" + buckets_[k].name] = held_out.subjects;
      total += held_out.own / static_cast<double>(buckets_.size());
    }
    figures["loss"] = total;
    return figures;
  }

  void sample(const std::string& folder) override;
  void export_model(const std::string& folder) override;
  void import_model(const std::string& folder) override;

 private:
  void save_sampling_defaults(const std::string& folder) const;
  void open_buckets(const std::string& folder) {
    auto world = settings_.world.open();
    for (size_t k = 0; k < settings_.frames.size(); ++k) {
      Bucket bucket;
      bucket.name = fmt::format("{}x{}x{}", settings_.width[k], settings_.height[k], settings_.frames[k]);
      auto render = settings_.world.render(settings_.width[k], settings_.height[k], settings_.frames[k]);
      uint64_t spread = static_cast<uint64_t>(k) << 32;  // buckets show different clips
      bucket.train = {data::LatentCache::open_or_build(folder + "/" + bucket.name, {render, data::kTrainSeeds + spread, settings_.items[k]}, *world, autoencoder_)};
      for (const auto& further : settings_.further_caches) bucket.train.push_back(data::LatentCache::open(further + "/" + bucket.name, render, autoencoder_));
      bucket.held_out = data::LatentCache::open_or_build(folder + "/" + bucket.name + "-held-out",
                                                         {render, data::kValidationSeeds + spread, settings_.validation_items}, *world, autoencoder_);
      buckets_.push_back(std::move(bucket));
    }
  }

  Batch draw_batch(int64_t step) const {
    auto g = Generator(seed_, "text-to-video batch").fork(std::to_string(step));
    Batch batch;
    double total = 0, draw = g.uniform();
    for (double w : settings_.weight) total += w;
    for (double sum = 0; batch.bucket + 1 < buckets_.size(); ++batch.bucket)
      if (draw * total < (sum += settings_.weight[batch.bucket])) break;
    const auto& cache = buckets_[batch.bucket].draw(g.fork("cache"));
    std::vector<int64_t> items;
    std::vector<std::string> prompts;
    double kind = g.uniform();  // one kind of caption a batch: brief ones are not padded to the length of full ones
    for (int64_t i = 0; i < settings_.batch[batch.bucket]; ++i) {
      items.push_back(g.below(static_cast<int>(cache.size())));
      bool null = g.chance(settings_.null_prompt);
      const auto& caption = caption_of(cache.captions(items.back()), settings_.caption_mix, kind);
      prompts.push_back(null ? "" : caption);
    }
    batch.latents = cache.latents(items);
    batch.tokens = encoders_->tokenize(prompts, static_cast<int>(settings_.fps));
    batch.t_B = flow::sample_times(batch.latents.size(0), g, settings_.time_mean, settings_.time_std);
    batch.noise = flow::sample_noise(batch.latents.sizes(), g);
    if (settings_.subject_weight != 1) batch.weights = 1 + (settings_.subject_weight - 1) * cache.subjects(items);
    return batch;
  }

  text::Encoded encode(const text::PromptTokens& tokens) { return encoders_->forward(tokens); }

  Tensor velocity_of(const Tensor& latents, const Tensor& noise, const Tensor& t_B, const text::Encoded& encoded) {
    auto [text_BLD, mask_BL] = model_->conditioner(encoded);
    return model_->forward(flow::interpolate(latents, noise, t_B), t_B, text_BLD, mask_BL);
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

  // Each held-out item at one fixed time of an even grid, with fixed noise: the mean loss with its own prompt, inside its
  // subjects' boxes alone, and with its neighbour's prompt. What that adds is what the model makes of prompts.
  struct HeldOutLosses {
    double own = 0, subjects = 0, other = 0;
  };
  HeldOutLosses validate_bucket(size_t k) {
    const auto& cache = *buckets_[k].held_out;
    HeldOutLosses sum;
    for (int64_t first = 0; first < cache.size(); first += settings_.batch[k]) {
      std::vector<int64_t> items;
      std::vector<std::string> prompts;
      std::vector<float> times;
      for (int64_t i = first; i < std::min(cache.size(), first + settings_.batch[k]); ++i) {
        items.push_back(i), prompts.push_back(cache.captions(i).normal);
        times.push_back((static_cast<float>(i % 16) + 0.5f) / 16);
      }
      Generator g(static_cast<uint64_t>(first), "text-to-video validation");
      auto latents = cache.latents(items), noise = flow::sample_noise(latents.sizes(), g), t_B = torch::tensor(times);
      auto target = flow::target_velocity(latents, noise);
      auto velocity = [&] { return velocity_of(latents, noise, t_B, encode(encoders_->tokenize(prompts, static_cast<int>(settings_.fps)))); };
      auto add = [](double& to, const Tensor& loss_B) { to += loss_B.sum().item<double>(); };
      auto own = velocity();
      add(sum.own, flow::loss_per_item(own, target));
      add(sum.subjects, flow::loss_per_item(own, target, cache.subjects(items)));
      std::rotate(prompts.begin(), prompts.begin() + 1, prompts.end());
      add(sum.other, flow::loss_per_item(velocity(), target));
    }
    auto count = static_cast<double>(cache.size());
    return {sum.own / count, sum.subjects / count, sum.other / count};
  }

  TextToVideoSettings settings_;
  uint64_t seed_;
  tae::Autoencoder autoencoder_;
  text::TextEncoders encoders_;
  video::Transformer model_{nullptr};
  std::shared_ptr<TrainedTextImpl> trained_text_;
  std::vector<Bucket> buckets_;
  data::Prefetch<Batch> batches_;  // last: its worker uses the rest
};

void TextToVideoTask::sample(const std::string& folder) {
  at::NoGradGuard no_grad;
  auto prompts = text::read_prompts(settings_.sample_prompts);
  prompts.resize(std::min(prompts.size(), static_cast<size_t>(settings_.sample_count)));
  int64_t frames = settings_.sample_frames, columns = 6;
  const auto& tae = autoencoder_->config;
  int64_t T = (frames + tae.temporal_factor() - 1) / tae.temporal_factor();
  std::array<int64_t, 3> thw{T, settings_.height[0] / tae.spatial_factor(), settings_.width[0] / tae.spatial_factor()};
  std::vector<Tensor> films;
  std::string list;
  constexpr size_t kTogether = 8;
  for (size_t first = 0; first < prompts.size(); first += kTogether) {
    std::vector<std::string> some(prompts.begin() + static_cast<long>(first), prompts.begin() + static_cast<long>(std::min(first + kTogether, prompts.size())));
    std::vector<uint64_t> seeds(some.size(), 0);
    auto latents = video::sample_latents(model_, encoders_->encode(some, static_cast<int>(settings_.fps)),
                                         encoders_->encode(std::vector<std::string>(some.size()), static_cast<int>(settings_.fps)), seeds, thw,
                                         {.num_inference_steps = settings_.sample_steps, .guidance_scale = settings_.sample_guidance});
    for (const auto& film : autoencoder_->decode(latents, frames).split(1)) films.push_back(film);
    for (const auto& prompt : some) list += prompt + "\n";
  }
  write_text(folder + "/prompts.txt", list);
  std::vector<media::Image> stills;
  for (const auto& film : films)
    for (int64_t f : frames == 1 ? std::vector<int64_t>{0} : std::vector<int64_t>{0, frames / 3, 2 * frames / 3, frames - 1})
      stills.push_back(data::image_of(film, f));
  media::write_image(folder + "/grid.png", media::grid(stills, static_cast<int>(frames == 1 ? columns : 8)));
  if (frames == 1) return;
  std::vector<media::Image> moving;
  for (int64_t f = 0; f < frames; ++f) {
    std::vector<media::Image> cells;
    for (const auto& film : films) cells.push_back(data::image_of(film, f));
    moving.push_back(media::grid(cells, static_cast<int>(columns)));
  }
  media::write_video(folder + "/grid.mp4", moving, {.width = moving[0].width, .height = moving[0].height, .fps = static_cast<double>(settings_.fps)});
}

void TextToVideoTask::export_model(const std::string& folder) {
  tae::save_autoencoder(folder, autoencoder_, "bf16");
  text::save_text_encoders(folder, encoders_, "bf16");
  video::save_transformer(folder, model_, "bf16");
  save_sampling_defaults(folder);
}

void TextToVideoTask::import_model(const std::string& folder) {
  auto transformer = video::load_transformer(folder);
  if (transformer->config.preconditioned != model_->config.preconditioned)  // shapes would not tell
    throw DataError("{}/transformer: preconditioned is {}, but the recipe says {}", folder, transformer->config.preconditioned, model_->config.preconditioned);
  video::load_grown(model_, transformer, folder + "/transformer");
  if (!settings_.train_text) return;
  auto given = text::load_text_encoders(folder);
  weights::load_into(*encoders_->ul2, weights::state_of(*given->ul2), folder + "/text_encoder");
  weights::load_into(*encoders_->byt5, weights::state_of(*given->byt5), folder + "/text_encoder_3");
}

// What `generate` does unless asked otherwise: the scale of the samples, and the shapes that were trained.
void TextToVideoTask::save_sampling_defaults(const std::string& folder) const {
  std::vector<std::string> sizes;
  for (size_t k = 0; k < settings_.frames.size(); ++k)
    if (auto size = fmt::format("{}x{}", settings_.width[k], settings_.height[k]); std::find(sizes.begin(), sizes.end(), size) == sizes.end())
      sizes.push_back(size);
  int64_t longest = *std::max_element(settings_.frames.begin(), settings_.frames.end());
  Json defaults = {{"_class_name", "MovieGenFlowScheduler"}, {"guidance_scale", settings_.sample_guidance}, {"num_inference_steps", 50},
                   {"emulated_steps", 250}, {"schedule", "linear-quadratic"}, {"solver", "euler"}, {"num_frames", longest},
                   {"fps", settings_.fps}, {"sizes", sizes}, {"max_frames", longest}};
  make_folder(folder + "/scheduler");
  write_text(folder + "/scheduler/scheduler_config.json", defaults.dump(2) + "\n");
}

}  // namespace

void TextToVideoSettings::check() const {
  size_t n = frames.size();
  if (n == 0 || width.size() != n || height.size() != n || batch.size() != n || items.size() != n || weight.size() != n)
    throw UsageError("text-to-video: frames, width, height, batch, items and weight need one entry a bucket; got {}, {}, {}, {}, {}, {}", n,
                     width.size(), height.size(), batch.size(), items.size(), weight.size());
  for (size_t k = 0; k < n; ++k)
    if (frames[k] < 1 || width[k] < 16 || height[k] < 16 || width[k] % 16 || height[k] % 16 || batch[k] < 1 || items[k] < 1 || weight[k] <= 0)
      throw UsageError("text-to-video: bucket {} is out of range: {} frames of {}×{} (multiples of 16), batch {}, {} items, weight {}", k, frames[k],
                       width[k], height[k], batch[k], items[k], weight[k]);
  if (!(subject_weight > 0 && subject_weight <= 100)) throw UsageError("text-to-video: subject_weight must be above 0 and at most 100, got {}", subject_weight);
  if (caption_mix.size() != 3) throw UsageError("text-to-video: caption_mix needs three shares (brief, normal, full), got {}", caption_mix.size());
}

std::unique_ptr<Task> make_text_to_video_task(const TaskContext& context) {
  return std::make_unique<TextToVideoTask>(config_from<TextToVideoSettings>(context.settings, context.recipe), context);
}

}  // namespace mg::train
