#include "moviegen/train/tasks/tae_task.h"

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/flow/path.h"
#include "moviegen/media/video.h"
#include "moviegen/train/tasks/tae_measure.h"
#include "moviegen/train/tasks/tasks.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int64_t kSampleColumns = 6;
constexpr double kErrorGain = 4;        // error maps show four times the absolute error
constexpr double kMostAdversarial = 1e4;  // bound of the scale that makes both gradients alike
constexpr int64_t kStatisticsFirst = 1 << 20;  // held-out clips the statistics see, apart from those of validation

double clip_psnr_of(const Tensor& made, const Tensor& target) {
  return -10 * std::log10(std::max((made - target).square().mean().item<double>() / 4, 1e-10));
}

// Rows of a sample grid: original, reconstruction, error.
void add_rows(std::vector<media::Image>& pictures, const Tensor& clip, const Tensor& made) {
  auto error = ((made.clamp(-1, 1) - clip).abs() * kErrorGain - 1).clamp(-1, 1);
  for (const auto& row : {clip, made, error})
    for (int64_t i = 0; i < kSampleColumns; ++i)
      pictures.push_back(data::image_of(row, i * std::max<int64_t>(row.size(1) - 1, 1) / kSampleColumns));
}

}  // namespace

TaeTask::TaeTask(const TaeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed)
    : settings_(settings), batches_(settings, std::move(world), seed) {
  torch::manual_seed(seed);
  model_ = tae::Autoencoder(settings.model);
  discriminator_ = PatchDiscriminator(settings.discriminator_width);
}

std::vector<Group> TaeTask::groups() {
  std::vector<Group> groups{{"tae", model_.ptr(), 1, true}};
  if (settings_.discriminator_start >= 0)
    groups.push_back({"discriminator", discriminator_.ptr(), settings_.discriminator_lr_factor, false});
  return groups;
}

StepReport TaeTask::step(int64_t step, Generator& generator) {
  StepReport report;
  auto target = batches_.take(step, &report.data_wait_s);
  bool is_still = target.size(2) == 1;
  auto [mean, log_variance] = model_->encoder(target);
  auto latent = mean + (0.5 * log_variance).exp() * flow::sample_noise(mean.sizes(), generator);
  if (settings_.latent_noise > 0) latent = latent + settings_.latent_noise * mean.detach().std() * flow::sample_noise(mean.sizes(), generator);
  auto made = model_->decoder(latent, is_still).narrow(2, 0, target.size(2));

  // Losses on pixels are differentiated at the pixels, where the two pulls on the reconstruction can be weighed; one
  // backward pass then carries the sum through the networks.
  const auto& w = settings_.loss;
  auto pixels = made.detach().requires_grad_();
  auto error = with_motion_gain(pixels - target, target, w.motion_gain);
  auto smooth = charbonnier_loss(error), gradient = gradient_loss(error), structure = structure_loss(pixels, target);
  auto reconstruction = w.charbonnier * smooth + w.gradient * gradient + w.structure * structure;
  auto pull = torch::autograd::grad({reconstruction}, {pixels})[0];
  if (settings_.discriminator_start >= 0 && step >= settings_.discriminator_start) add_adversarial(made.detach(), target, pull, report);
  auto kl = kl_loss(mean, log_variance), outlier = outlier_penalty(mean, settings_.outlier_radius);
  auto latent_loss = w.kl * kl + w.outlier * outlier;
  torch::autograd::backward({made, latent_loss}, {pull, Tensor()});

  const char* kind = is_still ? "image" : "video";
  report.scalars["loss"] = (reconstruction + latent_loss).item<double>();
  report.scalars["loss/charbonnier"] = smooth.item<double>();
  report.scalars["loss/gradient"] = gradient.item<double>();
  report.scalars["loss/structure"] = structure.item<double>();
  report.scalars["loss/kl"] = kl.item<double>();
  report.scalars["loss/outlier"] = outlier.item<double>();
  report.scalars[fmt::format("psnr/{}", kind)] = clip_psnr_of(made.detach(), target);
  report.scalars["latent/std"] = mean.detach().std().item<double>();
  report.samples = target.size(0);
  report.flops = 3 * static_cast<double>(target.size(0)) *
                 (tae::encode_flops(model_->config, target.size(2), target.size(3), target.size(4)) +
                  tae::decode_flops(model_->config, target.size(2), target.size(3), target.size(4)));
  return report;
}

void TaeTask::add_adversarial(const Tensor& made, const Tensor& target, Tensor& gradient, StepReport& report) {
  auto pixels = made.detach().requires_grad_();
  auto deceive = -discriminator_(pixels).mean();
  auto pull = torch::autograd::grad({deceive}, {pixels})[0];
  // The adaptive weight of latent-diffusion autoencoders, taken at the pixels: the pull is scaled to a fixed share of
  // the reconstruction's gradient, whatever the discriminator's own scale.
  double scale = std::min(gradient.norm().item<double>() / (pull.norm().item<double>() + 1e-12), kMostAdversarial);
  gradient = gradient + settings_.loss.adversarial * scale * pull;
  auto real = discriminator_(target), fake = discriminator_(made);
  auto loss = discriminator_loss(real, fake);
  loss.backward();
  report.scalars["discriminator/loss"] = loss.item<double>();
  report.scalars["discriminator/real"] = real.mean().item<double>();
  report.scalars["discriminator/fake"] = fake.mean().item<double>();
  report.scalars["discriminator/scale"] = scale;
}

const std::vector<Tensor>& TaeTask::held_out() {
  if (held_out_.empty()) {
    for (const auto& clip : batches_.held_out(0, settings_.validation_clips, settings_.batches.clip_frames)) held_out_.push_back(data::clip_tensor(clip));
    for (const auto& clip : batches_.held_out(settings_.validation_clips, settings_.validation_images, 1)) held_out_.push_back(data::clip_tensor(clip));
  }
  return held_out_;
}

std::map<std::string, double> TaeTask::validate() {
  std::vector<double> psnr, ssim, moving, image_psnr, image_ssim;
  for (const auto& clip : held_out()) {
    auto figures = measure(model_, clip);
    bool is_still = clip.size(1) == 1;
    (is_still ? image_psnr : psnr).push_back(figures.psnr);
    (is_still ? image_ssim : ssim).push_back(figures.ssim);
    if (figures.motion_psnr) moving.push_back(*figures.motion_psnr);
  }
  std::map<std::string, double> report{{"psnr/video", summarise(psnr).mean}, {"ssim/video", summarise(ssim).mean}};
  if (!moving.empty()) report["psnr/moving"] = summarise(moving).mean;
  if (!image_psnr.empty()) report["psnr/image"] = summarise(image_psnr).mean, report["ssim/image"] = summarise(image_ssim).mean;
  return report;
}

void TaeTask::sample(const std::string& folder) {
  std::vector<media::Image> pictures;
  const auto& clips = held_out();
  int64_t count = std::min(settings_.sample_clips, settings_.validation_clips);
  std::vector<Tensor> pairs;
  for (int64_t i = 0; i < count; ++i) {
    const auto& clip = clips[static_cast<size_t>(i)];
    auto made = reconstruct(model_, clip);
    add_rows(pictures, clip, made);
    pairs.push_back(at::cat({clip, made}, 3));
  }
  media::write_image(folder + "/reconstruction.png", media::grid(pictures, kSampleColumns));
  auto frames = data::images_of(at::cat(pairs, 2));
  media::WriteOptions options;
  options.width = frames[0].width, options.height = frames[0].height;
  media::write_video(folder + "/reconstruction.mp4", frames, options);
}

void TaeTask::export_model(const std::string& folder) {
  at::NoGradGuard no_grad;
  tae::LatentStatistics statistics(model_->config.latent_channels);
  for (int64_t i = 0; i < settings_.statistics_clips; ++i) {
    bool is_image = i % 4 == 3;  // as in training
    auto clip = data::clip_tensor(batches_.held_out(kStatisticsFirst + i, 1, is_image ? 1 : settings_.batches.clip_frames)[0]).unsqueeze(0);
    statistics.add(model_->encoder(clip).first, clip);
  }
  statistics.store(*model_);
  tae::save_autoencoder(folder, model_, "f32");
}

void TaeTask::import_model(const std::string& folder) {
  tae::load_grown(model_, tae::load_autoencoder(folder), folder + "/vae");
}

std::unique_ptr<Task> make_tae_task(const TaskContext& context) {
  auto settings = read_tae_settings(context.settings, context.recipe);
  auto world = settings.world.open();
  return std::make_unique<TaeTask>(settings, std::move(world), context.seed);
}

}  // namespace mg::train
