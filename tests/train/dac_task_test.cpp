#include "moviegen/train/tasks/dac_task.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <numbers>

#include "moviegen/core/error.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/train/tasks/dac_measure.h"
#include "moviegen/train/tasks/dac_spectrum.h"
#include "moviegen/weights/model_folder.h"
#include "moviegen/weights/state.h"

namespace mg::train {
namespace {

// A tone on one side, bursts of noise on the other.
class ToneWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    EXPECT_TRUE(options.sound && !options.pictures);
    Generator g(seed, "tone");
    world::Clip clip;
    double pitch = g.uniform(150, 900), tone = g.uniform(0.1, 0.4);
    auto frames = static_cast<int64_t>(options.frames / options.fps * world::kSoundRate);
    for (int64_t i = 0; i < frames; ++i) {
      double t = static_cast<double>(i) / world::kSoundRate, fade = std::exp(-std::fmod(t, 0.25) * 20);
      clip.sound.push_back(static_cast<float>(tone * std::sin(2 * std::numbers::pi * pitch * t)));
      clip.sound.push_back(static_cast<float>(0.1 * fade * g.normal()));
    }
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& options) const override { return render(seed, options); }
};

DacSettings small_settings() {
  return read_dac_settings(Json::parse(R"({
    "model": {"patch": 16, "strides": [6, 5, 4], "encoder_width": 8, "decoder_width": 64, "latent_channels": 8, "envelope": true},
    "batches": {"clip_s": 0.5, "crop_latents": 6, "crops": 4, "pool_clips": 3, "pool_steps": 2},
    "loss": {"windows": [1024, 256, 64], "mels": [40, 20, 10], "texture": 2, "onset": 2, "fine": 0.2},
    "discriminator_width": 16, "validation_clips": 2, "sample_clips": 1, "statistics_clips": 2})"),
                           "test");
}

std::unique_ptr<DacTask> make(const DacSettings& settings) { return std::make_unique<DacTask>(settings, std::make_shared<ToneWorld>(), 7); }

StepReport run(DacTask& task, int64_t step) {
  Generator generator(7, "step " + std::to_string(step));
  return task.step(step, generator);
}

TEST(DacBatches, AreAFunctionOfSeedAndStep) {
  auto settings = small_settings();
  auto world = std::make_shared<ToneWorld>();
  DacBatches one(settings, world, 1), other(settings, world, 1), another_seed(settings, world, 2);
  std::vector<at::Tensor> in_order;
  for (int64_t step = 0; step < 7; ++step) in_order.push_back(one.take(step));
  for (int64_t step : {5, 2, 6, 3}) EXPECT_TRUE(at::equal(other.take(step), in_order[static_cast<size_t>(step)])) << step;
  EXPECT_FALSE(at::equal(in_order[0], in_order[1]));
  EXPECT_FALSE(at::equal(another_seed.take(0), in_order[0]));
  EXPECT_EQ(in_order[0].sizes().vec(), (std::vector<int64_t>{4, 6 * 1920}));
  EXPECT_LE(in_order[0].abs().max().item<double>(), 1);
  EXPECT_EQ(one.held_out(0).sizes().vec(), (std::vector<int64_t>{24000}));
}

TEST(Spectrum, MatchesAtenWithItsGradient) {
  torch::manual_seed(1);
  for (int64_t window : {16, 64, 512}) {
    auto x = torch::randn({3, 1000}).requires_grad_();
    auto padded = at::reflection_pad1d(x, {window / 2, window / 2});
    auto theirs = at::stft(padded, window, window / 4, window, at::hann_window(window), false, true, true).abs().transpose(1, 2);
    auto ours = spectrum(x, window);
    ASSERT_EQ(ours.sizes().vec(), theirs.sizes().vec());
    EXPECT_LT((ours - theirs).abs().max().item<double>(), 1e-3);
    auto weights = torch::randn_like(ours);
    auto a = torch::autograd::grad({(ours * weights).sum()}, {x})[0], b = torch::autograd::grad({(theirs * weights).sum()}, {x})[0];
    EXPECT_LT(((a - b).abs().max() / b.abs().max()).item<double>(), 1e-4) << window;
  }
  EXPECT_THROW(spectrum(torch::zeros({1, 8}), 16), InternalError);
}

TEST(Spectrum, WindowGainIsThatOfNoise) {
  torch::manual_seed(2);
  auto power = spectrum(torch::randn({8, 20000}), 512).square().mean().item<double>();
  EXPECT_NEAR(std::sqrt(power) / window_gain(512), 1, 0.02);
}

TEST(MelFilters, AreSlaneys) {
  const auto& filters = mel_filters(48000, 2048, 320);
  EXPECT_EQ(filters.sizes().vec(), (std::vector<int64_t>{1025, 320}));
  EXPECT_GE(filters.min().item<double>(), 0);
  // Area one over frequency, a bin being 23.4 Hz wide; the widest triangles are sampled finely enough to show it.
  EXPECT_NEAR(filters.select(1, 319).sum().item<double>() * 48000 / 2048, 1, 0.01);
  const auto& few = mel_filters(16000, 512, 4);  // edges at mel 0, 9.05, 18.10 … : the first peak at 603 Hz, the second at 1248 Hz
  EXPECT_EQ(few.select(1, 0).argmax().item<int64_t>(), 19);
  EXPECT_EQ(few.select(1, 1).argmax().item<int64_t>(), 40);
}

TEST(DacLoss, IsZeroForTheSameAndGrowsWithTheError) {
  torch::manual_seed(3);
  DacLossWeights weights;
  auto target = torch::randn({2, 6000}) * 0.1, noise = torch::randn({2, 6000}) * 0.1;
  auto same = spectral_loss(target, target, 48000, weights);
  EXPECT_NEAR(same.total.item<double>(), 0, 1e-6);
  EXPECT_NEAR(waveform_loss(target, target).item<double>(), 0, 1e-6);
  double last = 0;
  for (double share : {0.1, 0.3, 1.0}) {
    double now = spectral_loss(target + share * noise, target, 48000, weights).total.item<double>();
    EXPECT_GT(now, last);
    last = now;
  }
  auto silence = torch::zeros({1, 6000}), made = torch::full({1, 6000}, 1e-3).requires_grad_();
  auto loss = spectral_loss(made, silence, 48000, weights).total + waveform_loss(made, silence).sum();
  EXPECT_TRUE(torch::autograd::grad({loss}, {made})[0].isfinite().all().item<bool>());
}

// Other noise of the same shape costs little; smoother, softer or smeared noise and a tone cost more.
TEST(DacLoss, TextureKnowsNoiseFromSmoothAndFromOtherShapes) {
  torch::manual_seed(5);
  DacLossWeights weights;
  auto noise = [](double level = 0.1) { return level * torch::randn({1, 24000}); };
  auto burst = [&](double attack) {  // begins within `attack` samples and fades over 100 ms
    auto n = torch::arange(24000) - 9000;
    return noise() * (n / attack).clamp(0, 1) * (-n.clamp_min(0) / 4800).exp();
  };
  auto cost = [&](const at::Tensor& made, const at::Tensor& target) { return texture_loss(made, target, 48000, weights).item<double>(); };
  auto target = noise();
  EXPECT_NEAR(cost(target, target), 0, 1e-6);
  double other = cost(noise(), target);
  auto clicks = torch::zeros({1, 24000});
  clicks.slice(1, 0, 24000, 64).fill_(0.8);  // the same power in a spectrum of lines
  auto tone = (0.1 * std::sqrt(2.0) * torch::sin(torch::arange(24000) * 0.5)).unsqueeze(0);
  for (const auto& made : {clicks, tone, noise(0.05), torch::zeros({1, 24000})}) EXPECT_GT(cost(made, target), 1.5 * other);
  EXPECT_GT(cost(burst(1920), burst(1)), 1.2 * cost(burst(1), burst(1)));
  for (const auto& given : {torch::zeros({1, 24000}), noise(1e-4)}) {
    auto made = given.clone().requires_grad_();
    EXPECT_TRUE(torch::autograd::grad({texture_loss(made, torch::zeros({1, 24000}), 48000, weights)}, {made})[0].isfinite().all().item<bool>());
  }
  EXPECT_EQ(cost(noise().narrow(1, 0, 100), target.narrow(1, 0, 100)), 0);  // too short for a patch
}

TEST(DacLoss, OnsetsCostWhatTheirAttackLacksAndNotTheirNoise) {
  torch::manual_seed(7);
  auto burst = [](double attack) {  // noise that begins within `attack` samples and fades over 100 ms
    auto n = torch::arange(24000) - 9000;
    return 0.1 * torch::randn({1, 24000}) * (n / attack).clamp(0, 1) * (-n.clamp_min(0) / 4800).exp();
  };
  auto target = burst(1);
  auto cost = [&](const at::Tensor& made) { return onset_loss(made, target, 48000).item<double>(); };
  EXPECT_NEAR(cost(target), 0, 1e-6);
  EXPECT_LT(cost(burst(1)), 0.5 * cost(burst(1920)));  // other noise with the same attack; smeared over a latent
  EXPECT_GT(cost(torch::zeros_like(target)), cost(burst(1920)));
  auto silence = torch::zeros({1, 24000}), faint = (1e-4 * torch::randn({1, 24000})).requires_grad_();
  EXPECT_TRUE(torch::autograd::grad({onset_loss(faint, silence, 48000)}, {faint})[0].isfinite().all().item<bool>());
}

TEST(DacLoss, FineWeighsWhatLiesAbove) {
  torch::manual_seed(6);
  DacLossWeights all, below;
  below.fine = 0;
  auto high = 0.1 * torch::sin(torch::arange(12000) * 1.5).unsqueeze(0), target = 0.1 * torch::randn({1, 12000});  // 11 kHz
  auto cost = [&](const at::Tensor& made, const DacLossWeights& w) { return spectral_loss(made, target, 48000, w).total.item<double>(); };
  EXPECT_GT(cost(target + high, all), 0.01);
  EXPECT_LT(cost(target + high, below), 0.1 * cost(target + high, all));
}

TEST(DacMeasure, KnowsWhatItMeasures) {
  torch::manual_seed(4);
  auto target = torch::randn({48000}), noise = torch::randn({48000});
  noise = noise - target * (noise.dot(target) / target.dot(target));
  auto at_ratio = [&](double db) { return target + noise * (target.norm() / noise.norm()) * std::pow(10, -db / 20); };
  for (double db : {-5.0, 0.0, 8.38, 30.0}) EXPECT_NEAR(*si_sdr(at_ratio(db), target), db, 0.02);
  EXPECT_NEAR(*si_sdr(0.3 * at_ratio(10) + 0.1, target), 10, 0.05);  // blind to level and offset
  EXPECT_FALSE(si_sdr(target, torch::zeros({48000})));
  EXPECT_NEAR(mel_distance(target, target, 48000), 0, 1e-9);
  double decades = 0;  // a tenth of the level is one decade in every band that holds a frequency at all
  for (int64_t window = 32, mels = 5; window <= 2048; window *= 2, mels *= 2)
    decades += mel_filters(48000, window, mels).sum(0).gt(0).to(at::kDouble).mean().item<double>();
  EXPECT_GT(decades, 5);
  EXPECT_NEAR(mel_distance(0.1 * target, target, 48000), decades, 1e-3);
  EXPECT_NEAR(stft_distance(target, target), 0, 1e-9);
  EXPECT_GT(stft_distance(0.1 * target, target), 4);
}

TEST(DacTask, DecoderAloneLearnsAndLatentsStay) {
  auto folder = (std::filesystem::temp_directory_path() / fmt::format("moviegen-decoder-{}", ::getpid())).string();
  std::filesystem::create_directories(folder);
  auto settings = small_settings();
  make(settings)->export_model(folder);
  settings.train_encoder = false, settings.discriminator_start = 0;
  auto task = make(settings);
  task->import_model(folder);
  auto groups = task->groups();
  ASSERT_EQ(groups[0].name, "decoder");
  auto report = run(*task, 0);
  EXPECT_TRUE(report.scalars.contains("discriminator/loss"));
  int64_t learning = 0;
  for (const auto& p : groups[0].module->named_parameters()) learning += p.value().grad().defined() && p.key().starts_with("noise_level");
  EXPECT_EQ(learning, 3);
  at::NoGradGuard no_grad;
  for (auto& p : groups[0].module->parameters()) p.add_(0.01);
  std::filesystem::create_directories(folder + "/after");
  task->export_model(folder + "/after");
  auto before = audio::load_dac_vae(folder), after = audio::load_dac_vae(folder + "/after");
  auto sound = torch::randn({1, 1, 20000}) * 0.1;
  EXPECT_TRUE(before->encode(sound).mean.equal(after->encode(sound).mean)) << "latents stay what they are";
  EXPECT_EQ(before->config.latent_mean, after->config.latent_mean);
  std::filesystem::remove_all(folder);
}

TEST(DacTask, SameSeedAndStepGiveTheSameLoss) {
  auto settings = small_settings();
  auto one = make(settings), other = make(settings);
  for (int64_t step : {0, 3, 4})
    EXPECT_EQ(run(*one, step).scalars.at("loss"), run(*other, step).scalars.at("loss")) << step;
  EXPECT_NE(run(*one, 0).scalars.at("loss"), run(*one, 1).scalars.at("loss"));
}

TEST(DacTask, LearnsAndTheDiscriminatorJoinsLate) {
  auto settings = small_settings();
  settings.discriminator_start = 20;
  auto task = make(settings);
  auto groups = task->groups();
  ASSERT_EQ(groups.size(), 2u);
  std::vector<nn::AdamW> optimizers;
  for (const auto& group : groups) optimizers.emplace_back(group.module->parameters(), nn::AdamWOptions{.weight_decay = 0});
  double first = 0, last = 0;
  for (int64_t step = 0; step < 26; ++step) {
    auto report = run(*task, step);
    EXPECT_TRUE(std::isfinite(report.scalars.at("loss")));
    if (step < 4) first += report.scalars.at("loss") / 4;
    if (step >= 22) last += report.scalars.at("loss") / 4;
    EXPECT_EQ(report.scalars.count("discriminator/loss"), step >= 20 ? 1u : 0u);
    for (auto& optimizer : optimizers) optimizer.step(2e-3, 1 / std::max(1.0, optimizer.gradient_norm()));
  }
  EXPECT_LT(last, 0.9 * first);
  auto figures = task->validate();
  for (const char* name : {"si_sdr", "mel_distance", "stft_distance"}) EXPECT_TRUE(std::isfinite(figures.at(name))) << name;
}

// Steps that follow a copy of the weights are those of a run that never stopped: nothing else is carried from step to step.
TEST(DacTask, GoesOnBitEqualFromItsWeights) {
  auto settings = small_settings();
  auto straight = make(settings), resumed = make(settings);
  auto update = [](DacTask& task) {
    at::NoGradGuard no_grad;
    for (auto& p : task.groups()[0].module->parameters()) p.sub_(p.grad(), 1e-3), p.grad().zero_();
  };
  for (int64_t step = 0; step < 3; ++step) run(*straight, step), update(*straight);
  weights::load_into(*resumed->groups()[0].module, weights::state_of(*straight->groups()[0].module), "copy");
  for (int64_t step = 3; step < 5; ++step) {
    EXPECT_EQ(run(*straight, step).scalars.at("loss"), run(*resumed, step).scalars.at("loss"));
    update(*straight), update(*resumed);
  }
}

TEST(DacTask, ExportsNormalisedLatentsAndSamples) {
  auto folder = (std::filesystem::temp_directory_path() / "moviegen-dac-task").string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto settings = small_settings();
  auto task = make(settings);
  task->export_model(folder + "/model");
  auto model = audio::load_dac_vae(folder + "/model");
  ASSERT_EQ(model->config.latent_std.size(), 8u);
  DacBatches batches(settings, std::make_shared<ToneWorld>(), 1);
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> latents;
  for (int64_t i : {0, 1}) latents.push_back(model->latents(batches.held_out((1 << 20) + i).view({1, 1, -1})));  // what the statistics saw
  auto all = at::cat(latents, 2).transpose(1, 2).flatten(0, 1);
  EXPECT_LT(all.mean(0).abs().max().item<double>(), 1e-3);
  EXPECT_LT((all.square().mean(0) - 1).abs().max().item<double>(), 1e-2);
  task->import_model(folder + "/model");
  task->sample(folder);
  EXPECT_GT(std::filesystem::file_size(folder + "/01-original.flac"), 1000u);
  EXPECT_GT(std::filesystem::file_size(folder + "/01-decoded.flac"), 100u);
  EXPECT_GT(std::filesystem::file_size(folder + "/reconstruction.png"), 500u);
  std::filesystem::remove_all(folder);
}

TEST(DacSettings, AreStrict) {
  EXPECT_THROW(read_dac_settings(Json::parse(R"({"preset": "huge"})"), "test"), UsageError);
  EXPECT_THROW(read_dac_settings(Json::parse(R"({"batches": {"clip_s": 0.1}})"), "test"), UsageError);
  EXPECT_THROW(read_dac_settings(Json::parse(R"({"batches": {"crop": 8}})"), "test"), UsageError);
  EXPECT_THROW(read_dac_settings(Json::parse(R"({"loss": {"windows": [100], "mels": [5]}})"), "test"), UsageError);
  EXPECT_THROW(read_dac_settings(Json::parse(R"({"loss": {"windows": [64]}})"), "test"), UsageError);
  EXPECT_THROW(read_dac_settings(Json::parse(R"({"model": {"sample_rate": 16000}})"), "test"), UsageError);
  EXPECT_EQ(read_dac_settings(Json::parse(R"({"preset": "movie-gen"})"), "test").model.decoder_width, 1536);
}

}  // namespace
}  // namespace mg::train
