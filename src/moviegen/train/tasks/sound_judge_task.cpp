#include "moviegen/train/tasks/sound_judge_task.h"

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/data/world/sound_class.h"
#include "moviegen/eval/precision.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/weights/state.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int64_t kJudgedAtOnce = 32;
constexpr double kQualityStep = 1;  // errors of quality below pull like their square

double correlation(const Tensor& a, const Tensor& b) {
  auto x = a - a.mean(), y = b - b.mean();
  return ((x * y).sum() / (x.norm() * y.norm() + 1e-12)).item<double>();
}

double share(const Tensor& right) { return right.numel() ? right.to(at::kDouble).mean().item<double>() : std::nan(""); }

}  // namespace

void SoundJudgeSettings::check() const {
  const auto& b = batches;
  if (part != audio::kJudgePart && part != audio::kRankerPart)
    throw UsageError("sound judge recipe: part must be {} or {}, got '{}'", audio::kJudgePart, audio::kRankerPart, part);
  bool lengths_fit = !b.clip_frames.empty();
  for (int64_t frames : b.clip_frames) lengths_fit = lengths_fit && frames >= 2 && frames <= 480;
  if (!lengths_fit) throw UsageError("sound judge recipe: clip_frames must be lengths from 2 to 480");
  if (b.batch < 1 || b.pool_clips < 1 || b.pool_steps < 1 || validation_clips < 2)
    throw UsageError("sound judge recipe: batch, pool_clips and pool_steps start at 1, validation_clips at 2");
  if (!(b.shortest_s > 0) || !(b.whole_share >= 0 && b.whole_share <= 1))
    throw UsageError("sound judge recipe: shortest_s must be above 0 and whole_share from 0 to 1");
  if (model.sample_rate != world::kSoundRate)
    throw UsageError("sound judge recipe: the world sounds at {} Hz, the model listens at {}", world::kSoundRate, model.sample_rate);
  model.check();
}

SoundJudgeSettings read_sound_judge_settings(const Json& table, const std::string& recipe) {
  SoundJudgeSettings settings;
  for (const auto& known : world::sound_classes()) settings.model.classes.emplace_back(known.name);
  read_config(table, settings, recipe + " [task_settings]");
  return settings;
}

SoundJudgeTask::SoundJudgeTask(const SoundJudgeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed)
    : settings_(settings), batches_(settings.batches, settings.world, settings.model.classes, settings.model.moods, std::move(world), seed) {
  torch::manual_seed(seed);
  model_ = audio::SoundJudge(settings.model);
}

std::vector<Group> SoundJudgeTask::groups() { return {{settings_.part, model_.ptr(), 1, true}}; }

StepReport SoundJudgeTask::step(int64_t step, Generator&) {
  StepReport report;
  auto batch = batches_.take(step, &report.data_wait_s);
  auto heard = model_(batch.waveform_BS);
  auto B = static_cast<double>(batch.waveform_BS.size(0));
  auto classes = at::binary_cross_entropy_with_logits(heard.classes_BC, batch.heard_BC, batch.known_BC, {}, at::Reduction::Sum) / B;
  auto music = at::binary_cross_entropy_with_logits(heard.music_B, batch.music_B);
  auto quality = at::smooth_l1_loss(heard.quality_B, batch.quality_B, at::Reduction::Mean, kQualityStep);
  auto loss = classes + settings_.music_weight * music + settings_.quality_weight * quality;
  if ((batch.mood_B >= 0).any().item<bool>()) {
    auto mood = at::cross_entropy_loss(heard.moods_BM, batch.mood_B, {}, at::Reduction::Mean, /*ignore_index=*/-1);
    loss = loss + settings_.mood_weight * mood;
    report.scalars["loss/mood"] = mood.item<double>();
  }
  loss.backward();
  report.scalars["loss"] = loss.item<double>();
  report.scalars["loss/classes"] = classes.item<double>();
  report.scalars["loss/music"] = music.item<double>();
  report.scalars["loss/quality"] = quality.item<double>();
  report.samples = batch.waveform_BS.size(0);
  return report;
}

SoundJudgeTask::HeldOut SoundJudgeTask::judge_held_out() {
  at::NoGradGuard no_grad;
  if (!held_out_.waveform_BS.defined()) held_out_ = batches_.held_out(0, settings_.validation_clips);
  std::vector<Tensor> classes, moods, music, quality, features;
  for (const auto& part : held_out_.waveform_BS.split(kJudgedAtOnce)) {
    auto heard = model_(part);
    classes.push_back(heard.classes_BC), moods.push_back(heard.moods_BM), music.push_back(heard.music_B);
    quality.push_back(heard.quality_B), features.push_back(heard.features_BF);
  }
  return {held_out_, {at::cat(classes), at::cat(moods), at::cat(music), at::cat(quality), at::cat(features)}};
}

double SoundJudgeTask::class_precision(const HeldOut& held_out, int64_t c) const {
  std::vector<double> scores;
  std::vector<char> is_true;
  auto heard = held_out.truth.heard_BC.accessor<float, 2>(), known = held_out.truth.known_BC.accessor<float, 2>();
  auto score = held_out.heard.classes_BC.accessor<float, 2>();
  for (int64_t i = 0; i < held_out.truth.heard_BC.size(0); ++i)
    if (known[i][c] > 0) scores.push_back(score[i][c]), is_true.push_back(heard[i][c] > 0);
  return eval::average_precision(scores, is_true);
}

std::map<std::string, double> SoundJudgeTask::validate() {
  auto held_out = judge_held_out();
  const auto& [truth, heard] = held_out;
  double sum = 0, counted = 0;
  for (int64_t c = 0; c < truth.heard_BC.size(1); ++c)
    if (double precision = class_precision(held_out, c); std::isfinite(precision)) sum += precision, ++counted;
  std::map<std::string, double> report{{"quality/error", (heard.quality_B - truth.quality_B).abs().mean().item<double>()},
                                       {"quality/correlation", correlation(heard.quality_B, truth.quality_B)},
                                       {"music/accuracy", share((heard.music_B > 0) == (truth.music_B >= 0.5))}};
  if (counted > 0) report["map"] = sum / counted;
  auto with_mood = truth.mood_B >= 0;
  if (with_mood.any().item<bool>()) {
    auto said = std::get<1>(heard.moods_BM.max(1));
    report["mood/accuracy"] = share(said.masked_select(with_mood) == truth.mood_B.masked_select(with_mood));
  }
  return report;
}

void SoundJudgeTask::sample(const std::string& folder) {
  auto held_out = judge_held_out();
  std::string table = "class\tclips\taverage precision\n";
  for (int64_t c = 0; c < held_out.truth.heard_BC.size(1); ++c)
    table += fmt::format("{}\t{}\t{:.3f}\n", settings_.model.classes[static_cast<size_t>(c)],
                         static_cast<int64_t>(held_out.truth.heard_BC.select(1, c).sum().item<double>()), class_precision(held_out, c));
  write_text(folder + "/classes.tsv", table);
}

void SoundJudgeTask::export_model(const std::string& folder) { audio::save_sound_judge(folder, settings_.part, model_, "f32"); }

void SoundJudgeTask::import_model(const std::string& folder) {
  auto saved = audio::load_sound_judge(folder, settings_.part);
  if (saved->config.classes != settings_.model.classes || saved->config.moods != settings_.model.moods)
    throw DataError("{}/{}: its classes or moods are not those of this run", folder, settings_.part);
  weights::load_into(*model_, weights::state_of(*saved), folder + "/" + settings_.part);
}

std::unique_ptr<Task> make_sound_judge_task(const TaskContext& context) {
  auto settings = read_sound_judge_settings(context.settings, context.recipe);
  auto world = settings.world.open();
  return std::make_unique<SoundJudgeTask>(settings, std::move(world), context.seed);
}

}  // namespace mg::train
