#include "moviegen/train/tasks/contrastive.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/data/prefetch.h"
#include "moviegen/media/image.h"
#include "moviegen/text/text_encoders.h"
#include "moviegen/train/tasks/contrastive_pairs.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/weights/state.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int64_t kGroup = 32;                          // pairs that validation retrieves within
constexpr int kSheetColumns = 8;
const double kFirstLogScale = std::log(1 / 0.07);       // CLIP's start, and its ceiling of 100
const double kLargestLogScale = std::log(100.0);

// Everything the stage optimises. Keys: textual.…, visual.…, logit_scale.
struct PairModuleImpl : torch::nn::Module {
  PairModuleImpl(text::TextTower text_tower, const text::ContrastiveConfig& config)
      : textual(register_module("textual", std::move(text_tower))),
        visual(register_module("visual", text::ImageTower(config))),
        logit_scale(register_parameter("logit_scale", torch::full({1}, kFirstLogScale))) {}
  Tensor scale() const { return logit_scale.clamp_max(kLargestLogScale).exp(); }
  text::TextTower textual;
  text::ImageTower visual;
  Tensor logit_scale;
};
TORCH_MODULE(PairModule);

// Share of rows whose best column fits.
double top_1(const Tensor& similarity, const Tensor& fits) {
  return fits.gather(1, similarity.argmax(1, true)).to(at::kFloat).mean().item<double>();
}

// Multiply-adds of forward and backward, twice: 6 a parameter and token, and the attention products.
double step_flops(const text::ContrastiveConfig& c, int64_t batch, int64_t text_tokens) {
  auto tower = [&](double tokens, double layers, double width) { return tokens * layers * width * (72 * width + 12 * tokens); };
  double side = static_cast<double>(c.image_size / c.patch_size), patches = side * side;
  double stem = 6.0 * patches * 3 * static_cast<double>(c.patch_size * c.patch_size * c.vision_width);
  return static_cast<double>(batch) * (stem + tower(patches + 1, static_cast<double>(c.vision_layers), static_cast<double>(c.vision_width)) +
                                       tower(static_cast<double>(text_tokens), static_cast<double>(c.text_layers), static_cast<double>(c.text_width)));
}

text::TextEncoders make_encoders(const ContrastiveSettings& settings, const text::SentencePieceTokenizer& tokenizer, uint64_t seed) {
  torch::manual_seed(seed);  // libtorch's initialisers draw from the process's generator
  text::TextEncodersConfig config;
  config.ul2 = text::t5_preset(settings.ul2), config.byt5 = text::t5_preset(settings.byt5);
  config.metaclip = text::contrastive_preset(settings.pair);
  return text::TextEncoders(config, tokenizer.model());
}

class ContrastiveTask : public Task {
 public:
  ContrastiveTask(ContrastiveSettings settings, const TaskContext& context, std::shared_ptr<const world::World> world)
      : settings_(std::move(settings)), seed_(context.seed) {
    int64_t side = text::contrastive_preset(settings_.pair).image_size;
    auto options = settings_.world.render(side, side, 1);
    make_folder(context.run_folder);
    auto tokenizer = open_or_train_tokenizer(context.run_folder + "/tokenizer.model", *world, options, settings_.caption_scenes,
                                             settings_.vocabulary);
    encoders_ = make_encoders(settings_, *tokenizer, context.seed);
    pair_ = PairModule(encoders_->metaclip, encoders_->config.metaclip);
    source_ = std::make_unique<PairSource>(std::move(world), options, tokenizer, encoders_->config.metaclip.context_length);
    batches_ = std::make_unique<data::Prefetch<Pairs>>(
        [this](int64_t step) { return source_->training_batch(seed_, step, settings_.batch); });
  }

  std::vector<Group> groups() override { return {{.name = "pair", .module = pair_.ptr()}}; }

  StepReport step(int64_t step, Generator&) override {
    StepReport report;
    auto pairs = batches_->take(step, &report.data_wait_s);
    auto images = pair_->visual(pairs.float_pixels()), texts = embed_texts(pairs);
    auto loss = text::contrastive_loss(images, texts, pair_->scale(), pairs.fits_BB);
    loss.backward();
    report.scalars = {{"loss", loss.item<double>()},
                      {"logit_scale", pair_->scale().item<double>()},
                      {"batch_top_1", top_1(images.detach().matmul(texts.detach().t()), pairs.fits_BB)}};
    report.samples = settings_.batch;
    report.flops = step_flops(encoders_->config.metaclip, settings_.batch, pairs.ids_BL.size(1));
    return report;
  }

  std::map<std::string, double> validate() override {
    at::NoGradGuard no_grad;
    double loss = 0, image_to_text = 0, text_to_image = 0;
    for (const auto& pairs : held_out()) {
      auto images = pair_->visual(pairs.float_pixels()), texts = embed_texts(pairs);
      auto similarity = images.matmul(texts.t());
      loss += text::contrastive_loss(images, texts, pair_->scale(), pairs.fits_BB).item<double>();
      image_to_text += top_1(similarity, pairs.fits_BB);
      text_to_image += top_1(similarity.t(), pairs.fits_BB.t());
    }
    auto groups = static_cast<double>(held_out().size());
    return {{"loss", loss / groups}, {"image_to_text_top_1", image_to_text / groups}, {"text_to_image_top_1", text_to_image / groups}};
  }

  // pictures.png: one held-out group; captions.txt: for each picture the caption found among the group's, and its own.
  void sample(const std::string& folder) override {
    at::NoGradGuard no_grad;
    const auto& pairs = held_out().front();
    auto best = pair_->visual(pairs.float_pixels()).matmul(embed_texts(pairs).t()).argmax(1);
    std::vector<media::Image> pictures;
    std::string lines;
    for (int64_t i = 0; i < kGroup; ++i) {
      pictures.push_back(picture_of(pairs.pixels_BCHW[i]));
      auto found = best[i].item<int64_t>();
      bool right = pairs.fits_BB[i][found].item<bool>();
      lines += fmt::format("{:2} {} {}\n", i + 1, right ? "right" : "wrong", pairs.texts[static_cast<size_t>(found)]);
      if (!right) lines += fmt::format("         {}\n", pairs.texts[static_cast<size_t>(i)]);
    }
    media::write_image(folder + "/pictures.png", media::grid(pictures, kSheetColumns));
    write_text(folder + "/captions.txt", lines);
  }

  void export_model(const std::string& folder) override {
    text::save_text_encoders(folder, encoders_, settings_.dtype);
    text::save_image_encoder(folder, pair_->visual, settings_.dtype);
  }

  void import_model(const std::string& folder) override {
    auto given = text::load_text_encoders(folder);
    if (given->tokenizer->model() != encoders_->tokenizer->model())
      throw DataError("{}: its tokenizer is not the one of this run; put its spiece.model into the run folder as tokenizer.model", folder);
    weights::load_into(*encoders_, weights::state_of(*given), folder + "/text_encoder_2");
    weights::load_into(*pair_->visual, weights::state_of(*text::load_image_encoder(folder)), folder + "/image_encoder");
  }

 private:
  Tensor embed_texts(const Pairs& pairs) { return pair_->textual(pairs.ids_BL, pairs.mask_BL).second; }

  // Drawn at first use, then kept.
  const std::vector<Pairs>& held_out() {
    for (auto group = static_cast<int64_t>(held_out_.size()); group < settings_.held_out_groups; ++group)
      held_out_.push_back(source_->held_out_group(group, kGroup));
    return held_out_;
  }

  static media::Image picture_of(const Tensor& bytes_CHW) {
    auto bytes_HWC = bytes_CHW.permute({1, 2, 0}).contiguous();
    media::Image image(static_cast<int>(bytes_HWC.size(1)), static_cast<int>(bytes_HWC.size(0)));
    std::copy_n(bytes_HWC.data_ptr<uint8_t>(), image.rgb.size(), image.rgb.begin());
    return image;
  }

  ContrastiveSettings settings_;
  uint64_t seed_;
  text::TextEncoders encoders_{nullptr};  // its text tower is the one in training
  PairModule pair_{nullptr};
  std::unique_ptr<PairSource> source_;
  std::vector<Pairs> held_out_;
  std::unique_ptr<data::Prefetch<Pairs>> batches_;  // last: its thread uses the members above
};

}  // namespace

void ContrastiveSettings::check() const {
  if (batch < 2 || batch > 65536) throw UsageError("contrastive: batch: expected 2 to 65536 pairs, got {}", batch);
  if (caption_scenes < 1 || caption_scenes > 1'000'000) throw UsageError("contrastive: caption_scenes: expected 1 to 1000000, got {}", caption_scenes);
  if (held_out_groups < 1 || held_out_groups > 1000) throw UsageError("contrastive: held_out_groups: expected 1 to 1000, got {}", held_out_groups);
  int64_t rows = std::min(text::contrastive_preset(pair).vocab_size, text::t5_preset(ul2).vocab_size);
  text::t5_preset(byt5);
  if (vocabulary < 300 || vocabulary > rows)  // 256 of the pieces are bytes
    throw UsageError("contrastive: vocabulary: expected 300 to {}, the encoders' rows, got {}", rows, vocabulary);
  if (dtype != "f32" && dtype != "bf16") throw UsageError("contrastive: dtype: expected f32 or bf16, got '{}'", dtype);
}

std::unique_ptr<Task> make_contrastive_task_on(const TaskContext& context, std::shared_ptr<const world::World> world) {
  return std::make_unique<ContrastiveTask>(config_from<ContrastiveSettings>(context.settings, context.recipe), context, std::move(world));
}

std::unique_ptr<Task> make_contrastive_task(const TaskContext& context) {
  auto settings = config_from<ContrastiveSettings>(context.settings, context.recipe);
  return make_contrastive_task_on(context, settings.world.open());
}

}  // namespace mg::train
