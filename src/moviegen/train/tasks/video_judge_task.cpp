#include "moviegen/train/tasks/video_judge_task.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/weights/state.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr int64_t kJudgedAtOnce = 16;

// Of each film whether the logits [B,V] get what is true [B,V] right; nothing where nothing is.
std::vector<std::optional<bool>> rights_of(const Tensor& logits_BV, const Tensor& truth_BV) {
  std::vector<std::optional<bool>> rights;
  for (int64_t i = 0; i < logits_BV.size(0); ++i) {
    auto likely = logits_BV[i].to(at::kDouble).contiguous();
    auto truths = truth_BV[i].nonzero().flatten().contiguous();
    bool is_right = eval::is_right({likely.data_ptr<double>(), static_cast<size_t>(likely.numel())}, {truths.data_ptr<int64_t>(), static_cast<size_t>(truths.numel())});
    rights.push_back(truths.numel() ? std::optional(is_right) : std::nullopt);
  }
  return rights;
}

// Share of the films for which `counts`.
double share_right(const std::vector<std::optional<bool>>& rights, int64_t* films, const std::function<bool(size_t)>& counts = [](size_t) { return true; }) {
  int64_t right = 0;
  *films = 0;
  for (size_t i = 0; i < rights.size(); ++i)
    if (rights[i] && counts(i)) ++*films, right += *rights[i];
  return *films ? static_cast<double>(right) / static_cast<double>(*films) : std::nan("");
}

// Cross-entropy of what each place says [M,N,…], or says nothing of, and what is true [M,A,…]. Places of subjects, of which there are few,
// count as much as the others together.
Tensor spot_loss(const Tensor& said_MN, const Tensor& truth_MA, const std::vector<video::Attribute>& attributes, std::array<size_t, 2> asked) {
  auto loss = at::zeros({});
  int64_t first = 0;
  for (size_t a = 0; a < attributes.size(); ++a) {
    int64_t count = std::ssize(attributes[a].values);
    auto at = std::find(asked.begin(), asked.end(), a);
    if (at != asked.end() && count > 0) {
      auto said = said_MN.narrow(1, first, count), truth = truth_MA.select(1, at - asked.begin());
      auto with_nothing = at::cat({said, at::zeros_like(said.narrow(1, 0, 1))}, 1);
      auto missed = -with_nothing.log_softmax(1).gather(1, truth.unsqueeze(1)).squeeze(1);
      auto is_subject = (truth < count).to(said.scalar_type());
      for (const auto& share : {is_subject, 1 - is_subject}) loss = loss + (missed * share).sum() / share.sum().clamp_min(1) / 2;
    }
    first += count;
  }
  return loss;
}

}  // namespace

void VideoJudgeSettings::check() const {
  const auto& b = batches;
  if (b.batch < 1 || b.pool_clips < 1 || b.pool_steps < 1 || validation_clips < 1 || vocabulary_clips < 1)
    throw UsageError("video judge recipe: batch, pool_clips, pool_steps, validation_clips and vocabulary_clips start at 1");
  if (!(b.seconds > 0 && b.seconds <= 60)) throw UsageError("video judge recipe: seconds must be above 0 and at most 60, got {}", b.seconds);
  if (!(b.soft >= 0 && b.soft <= 1)) throw UsageError("video judge recipe: soft must be 0 to 1, got {}", b.soft);
  if (!(spot_weight >= 0 && spot_weight <= 100)) throw UsageError("video judge recipe: spot_weight must be 0 to 100, got {}", spot_weight);
}

VideoJudgeTask::VideoJudgeTask(const VideoJudgeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed) : settings_(settings) {
  collect_values(*world, settings_.world, settings_.vocabulary_clips, settings_.model);
  torch::manual_seed(seed);
  model_ = video::VideoJudge(settings_.model);
  batches_ = std::make_unique<VideoJudgeBatches>(settings_.batches, settings_.world, settings_.model, std::move(world), seed);
}

std::vector<Group> VideoJudgeTask::groups() { return {{video::kJudgePart, model_.ptr(), 1, true}}; }

StepReport VideoJudgeTask::step(int64_t step, Generator&) {
  StepReport report;
  auto batch = batches_->take(step, &report.data_wait_s);
  auto seen = model_(batch.pixels_BCTHW);
  const auto& logits = seen.logits_BN;
  auto loss = at::zeros({});
  int64_t first = 0;
  for (const auto& [name, values] : attributes_of(settings_.model)) {
    int64_t count = std::ssize(values);
    if (count == 0) continue;
    auto said = logits.narrow(1, first, count), truth = batch.true_BN.narrow(1, first, count);
    first += count;
    auto share = truth / truth.sum(1, true).clamp_min(1);  // nothing is asked where no value is true
    auto part = -(said.log_softmax(1) * share).sum() / static_cast<double>(truth.size(0));
    report.scalars[std::string("loss/") + name] = part.item<double>();
    loss = loss + part;
  }
  auto add_spots = [&](const char* name, const Tensor& said, const Tensor& truth, std::array<size_t, 2> asked) {
    if (!said.defined() || settings_.spot_weight == 0) return;
    auto part = spot_loss(said, truth, attributes_of(settings_.model), asked);
    report.scalars[std::string("loss/") + name] = part.item<double>();
    loss = loss + settings_.spot_weight * part;
  };
  add_spots("spots", seen.spots_MNHW, batch.spots_MAHW, kSpotAttributes);
  add_spots("film_spots", seen.film_spots_BNTHW, batch.film_spots_BATHW, kFilmSpotAttributes);
  loss.backward();
  report.scalars["loss"] = loss.item<double>();
  report.samples = batch.pixels_BCTHW.size(0);
  return report;
}

Tensor VideoJudgeTask::judge_held_out() {
  at::NoGradGuard no_grad;
  if (!held_out_.pixels_BCTHW.defined()) held_out_ = batches_->held_out(0, settings_.validation_clips);
  std::vector<Tensor> logits;
  for (const auto& part : held_out_.pixels_BCTHW.split(kJudgedAtOnce)) logits.push_back(model_(part).logits_BN);
  return at::cat(logits);
}

std::map<std::string, double> VideoJudgeTask::validate() {
  auto logits = judge_held_out();
  std::map<std::string, double> report;
  int64_t first = 0;
  for (const auto& attribute : attributes_of(settings_.model)) {
    int64_t count = std::ssize(attribute.values);
    if (count == 0) continue;
    int64_t films;
    double share = share_right(rights_of(logits.narrow(1, first, count), held_out_.true_BN.narrow(1, first, count)), &films);
    first += count;
    if (films) report[attribute.name] = share;
  }
  return report;
}

void VideoJudgeTask::sample(const std::string& folder) {
  auto logits = judge_held_out();
  std::string table = "attribute\tvalue\tfilms\tright\n";
  int64_t first = 0;
  for (const auto& attribute : attributes_of(settings_.model)) {
    int64_t count = std::ssize(attribute.values);
    if (count == 0) continue;
    auto truth = held_out_.true_BN.narrow(1, first, count);
    auto rights = rights_of(logits.narrow(1, first, count), truth);
    for (int64_t i = 0; i < count; ++i) {
      int64_t films;
      double share = share_right(rights, &films, [&](size_t film) { return truth[static_cast<int64_t>(film)][i].item<float>() > 0; });
      if (films) table += fmt::format("{}\t{}\t{}\t{:.3f}\n", attribute.name, attribute.values[static_cast<size_t>(i)], films, share);
    }
    first += count;
  }
  write_text(folder + "/values.tsv", table);
}

void VideoJudgeTask::export_model(const std::string& folder) { video::save_video_judge(folder, model_, "f32"); }

void VideoJudgeTask::import_model(const std::string& folder) {
  video::load_with_words(*model_, video::load_video_judge(folder), folder + "/" + video::kJudgePart);
}

std::unique_ptr<Task> make_video_judge_task(const TaskContext& context) {
  auto settings = config_from<VideoJudgeSettings>(context.settings, context.recipe);
  auto world = settings.world.open();
  return std::make_unique<VideoJudgeTask>(settings, std::move(world), context.seed);
}

}  // namespace mg::train
