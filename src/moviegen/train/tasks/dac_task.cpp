#include "moviegen/train/tasks/dac_task.h"

#include <cmath>

#include "moviegen/audio/dac_vae_start.h"
#include "moviegen/core/error.h"
#include "moviegen/flow/path.h"
#include "moviegen/train/tasks/dac_measure.h"
#include "moviegen/train/tasks/dac_sheet.h"
#include "moviegen/train/tasks/tae_loss.h"
#include "moviegen/train/tasks/tae_measure.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/weights/state.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr double kMostScale = 1e4;             // bound of the scale that makes two gradients alike
constexpr int kNoiseLatents = 1 << 24;          // where a batch stands in the decoder's noise
constexpr int64_t kStatisticsFirst = 1 << 20;  // held-out clips the statistics see, apart from those of validation

// The factor that gives `pull` a share of the length of `gradient`, whatever its own scale.
double scale_to(const Tensor& gradient, const Tensor& pull) {
  return std::min(gradient.norm().item<double>() / (pull.norm().item<double>() + 1e-12), kMostScale);
}

double mean_si_sdr(const Tensor& made_BS, const Tensor& target_BS) {
  std::vector<double> ratios;
  for (int64_t i = 0; i < made_BS.size(0); ++i)
    if (auto ratio = si_sdr(made_BS[i], target_BS[i])) ratios.push_back(*ratio);
  return ratios.empty() ? std::nan("") : summarise(ratios).mean;
}

}  // namespace

DacTask::DacTask(const DacSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed)
    : settings_(settings), batches_(settings, std::move(world), seed) {
  torch::manual_seed(seed);
  model_ = audio::DacVae(settings.model);
  audio::start_as_lapped_transform(*model_);
  discriminator_ = SpectralDiscriminator(settings.discriminator_width);
  if (settings.train_encoder) return;
  for (torch::nn::Module* part : std::initializer_list<torch::nn::Module*>{model_->encoder.get(), model_->quantizer.get()})
    for (auto& p : part->parameters()) p.requires_grad_(false);
}

std::vector<Group> DacTask::groups() {
  std::vector<Group> groups;
  if (settings_.train_encoder) groups.push_back({"codec", model_.ptr(), 1, true});
  else groups.push_back({"decoder", model_->decoder.ptr(), 1, true});
  if (settings_.discriminator_start >= 0)
    groups.push_back({"discriminator", discriminator_.ptr(), settings_.discriminator_lr_factor, false});
  return groups;
}

StepReport DacTask::step(int64_t step, Generator& generator) {
  StepReport report;
  auto target = batches_.take(step, &report.data_wait_s);
  auto [mean, log_variance] = model_->encode(target.unsqueeze(1));
  auto deviation = (0.5 * log_variance).exp();
  auto latents = mean + deviation * flow::sample_noise(mean.sizes(), generator);
  auto made = model_->synthesise(latents, generator.below(kNoiseLatents)).squeeze(1);

  // The losses of the sound are differentiated at the sound, where their pulls can be weighed against each other; one
  // backward pass then carries the sum through the networks.
  const auto& w = settings_.loss;
  auto sound = made.detach().requires_grad_();
  auto spectral = spectral_loss(sound, target, settings_.model.sample_rate, w);
  auto waveform = waveform_loss(sound, target);
  auto zero = at::zeros({}, sound.options());
  auto texture = w.texture > 0 ? texture_loss(sound, target, settings_.model.sample_rate, w) : zero;
  auto onset = w.onset > 0 ? onset_loss(sound, target, settings_.model.sample_rate) : zero;
  auto of_spectra = spectral.total + w.texture * texture + w.onset * onset;
  auto pull = torch::autograd::grad({of_spectra}, {sound})[0];
  auto to_waveform = torch::autograd::grad({waveform}, {sound})[0];
  pull = pull + w.waveform * scale_to(pull, to_waveform) * to_waveform;
  if (settings_.discriminator_start >= 0 && step >= settings_.discriminator_start) add_adversarial(made.detach(), target, pull, report);
  auto kl = kl_loss(mean, log_variance);
  if (settings_.train_encoder) torch::autograd::backward({made, w.kl * kl}, {pull, Tensor()});
  else torch::autograd::backward({made}, {pull});

  report.scalars["loss"] = (of_spectra + w.waveform * waveform + w.kl * kl).item<double>();
  report.scalars["loss/log_spectrum"] = spectral.log_spectrum.item<double>();
  report.scalars["loss/convergence"] = spectral.convergence.item<double>();
  report.scalars["loss/mel"] = spectral.mel.item<double>();
  if (w.texture > 0) report.scalars["loss/texture"] = texture.item<double>();
  if (w.onset > 0) report.scalars["loss/onset"] = onset.item<double>();
  report.scalars["loss/waveform"] = waveform.item<double>();
  report.scalars["loss/kl"] = kl.item<double>();
  report.scalars["si_sdr"] = mean_si_sdr(made.detach(), target);
  report.scalars["latent/std"] = mean.detach().std().item<double>();
  report.scalars["latent/noise"] = deviation.detach().mean().item<double>();
  report.samples = target.size(0);
  double seconds = static_cast<double>(target.numel()) / static_cast<double>(settings_.model.sample_rate);
  report.flops = 3 * seconds * (audio::encoder_cost(settings_.model).flops + audio::decoder_cost(settings_.model).flops);
  return report;
}

void DacTask::add_adversarial(const Tensor& made, const Tensor& target, Tensor& gradient, StepReport& report) {
  auto sound = made.detach().requires_grad_();
  auto deceive = -discriminator_(sound).mean();
  auto pull = torch::autograd::grad({deceive}, {sound})[0];
  double scale = scale_to(gradient, pull);
  gradient = gradient + settings_.loss.adversarial * scale * pull;
  auto real = discriminator_(target), fake = discriminator_(made);
  auto loss = discriminator_loss(real, fake);
  loss.backward();
  report.scalars["discriminator/loss"] = loss.item<double>();
  report.scalars["discriminator/real"] = real.mean().item<double>();
  report.scalars["discriminator/fake"] = fake.mean().item<double>();
  report.scalars["discriminator/scale"] = scale;
}

const std::vector<Tensor>& DacTask::held_out() {
  for (int64_t i = static_cast<int64_t>(held_out_.size()); i < std::max(settings_.validation_clips, settings_.sample_clips); ++i)
    held_out_.push_back(batches_.held_out(i));
  return held_out_;
}

std::map<std::string, double> DacTask::validate() {
  std::vector<double> ratio, mel, stft;
  for (int64_t i = 0; i < settings_.validation_clips; ++i) {
    const auto& sound = held_out()[static_cast<size_t>(i)];
    auto figures = measure_sound(reconstruct_sound(model_, sound), sound, settings_.model.sample_rate);
    if (figures.si_sdr) ratio.push_back(*figures.si_sdr);
    mel.push_back(figures.mel_distance), stft.push_back(figures.stft_distance);
  }
  std::map<std::string, double> report{{"mel_distance", summarise(mel).mean}, {"stft_distance", summarise(stft).mean}};
  if (!ratio.empty()) report["si_sdr"] = summarise(ratio).mean;
  return report;
}

void DacTask::sample(const std::string& folder) {
  auto rate = static_cast<int>(settings_.model.sample_rate);
  std::vector<SoundPair> pairs;
  for (int64_t i = 0; i < settings_.sample_clips; ++i) {
    const auto& sound = held_out()[static_cast<size_t>(i)];
    pairs.push_back({sound, reconstruct_sound(model_, sound)});
    write_pair(folder, fmt::format("{:02d}", i + 1), pairs.back(), rate);
  }
  write_sheet(folder + "/reconstruction.png", pairs, rate);
}

void DacTask::export_model(const std::string& folder) {
  at::NoGradGuard no_grad;
  auto sum = at::zeros({settings_.model.latent_channels}, at::kDouble), squares = at::zeros_like(sum);
  int64_t count = 0;
  for (int64_t i = 0; i < settings_.statistics_clips; ++i) {
    auto mean = model_->encode(batches_.held_out(kStatisticsFirst + i).view({1, 1, -1})).mean.squeeze(0).to(at::kDouble);
    sum += mean.sum(1), squares += mean.square().sum(1), count += mean.size(1);
  }
  auto average = sum / count, deviation = (squares / count - average.square()).clamp_min(1e-8).sqrt();
  auto list = [](const Tensor& x) { return std::vector<double>(x.data_ptr<double>(), x.data_ptr<double>() + x.numel()); };
  model_->config.latent_mean = list(average), model_->config.latent_std = list(deviation);
  audio::save_dac_vae(folder, model_, "f32");
  model_->config.latent_mean.clear(), model_->config.latent_std.clear();  // training works on raw latents
}

void DacTask::import_model(const std::string& folder) {
  weights::load_into(*model_, weights::state_of(*audio::load_dac_vae(folder)), folder + "/sound_codec");
}

std::unique_ptr<Task> make_sound_codec_task(const TaskContext& context) {
  auto settings = read_dac_settings(context.settings, context.recipe);
  auto world = settings.world.open();
  return std::make_unique<DacTask>(settings, std::move(world), context.seed);
}

}  // namespace mg::train
