#include "moviegen/train/tasks/sound_judge_batches.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::train {
namespace {

constexpr size_t kPoolsAhead = 1;
constexpr double kEarly_s = 0.02;   // an onset so little before the piece still counts as inside
constexpr double kHeardFor_s = 0.25;  // of an event inside a piece, to be sure that it can be told
constexpr double kRingsFor_s = 2;   // an event so long before the piece may still be heard in it
constexpr double kLowestGain_db = -25, kHighestGain_db = 6;

// One event's say: 1 heard, 0 not, −1 open.
int heard(const eval::SoundEvent& event, double start_s, double end_s) {
  bool inside = event.loop ? event.time_s <= end_s - kHeardFor_s : event.time_s >= start_s - kEarly_s && event.time_s <= end_s - kHeardFor_s;
  if (inside) return event.gain >= eval::kAudibleGain ? 1 : -1;
  return event.time_s > start_s - kRingsFor_s && event.time_s < end_s ? -1 : 0;
}

}  // namespace

JudgeClip judge_clip(const world::Clip& clip) {
  if (clip.sound.empty()) throw DataError("sound judge: the world renders no sound for a clip of {} frames", clip.frames);
  auto samples = at::from_blob(const_cast<float*>(clip.sound.data()), {static_cast<int64_t>(clip.sound.size()) / 2, 2}, at::kFloat);
  return {.sound = samples.t().contiguous(), .duration_s = static_cast<double>(clip.sound.size() / 2) / world::kSoundRate,
          .events = eval::read_events(clip.events), .caption = clip.sound_caption};
}

std::vector<int> heard_classes(const JudgeClip& clip, const std::vector<std::string>& classes, double start_s, double end_s) {
  std::vector<int> labels(classes.size(), 0);
  for (const auto& event : clip.events) {
    auto found = std::find(classes.begin(), classes.end(), event.sound_class);
    if (found == classes.end()) continue;
    int& label = labels[static_cast<size_t>(found - classes.begin())];
    int said = heard(event, start_s, end_s);
    if (label != 1 && said != 0) label = said;
  }
  return labels;
}

int64_t mood_of(const SoundCaption& caption, const std::vector<std::string>& moods) {
  if (caption.music < 0.5) return -1;
  size_t earliest = std::string::npos;
  int64_t mood = -1;
  for (size_t i = 0; i < moods.size(); ++i)
    if (auto at = caption.music_description.find(moods[i]); at < earliest) earliest = at, mood = static_cast<int64_t>(i);
  return mood;
}

SoundJudgeBatches::SoundJudgeBatches(const JudgeBatchSettings& batches, const data::WorldSettings& settings, std::vector<std::string> classes,
                                     std::vector<std::string> moods, std::shared_ptr<const world::World> world, uint64_t seed)
    : batches_(batches), settings_(settings), classes_(std::move(classes)), moods_(std::move(moods)), world_(std::move(world)), seed_(seed),
      prefetch_([this](int64_t index) { return render_pool(index); }, kPoolsAhead) {}

world::RenderOptions SoundJudgeBatches::render_options(int64_t frames) const {
  auto options = settings_.render(128, 128, frames);  // where things are decides how they sound, so the size is that of films
  options.pictures = false, options.sound = true;
  return options;
}

SoundJudgeBatches::Pool SoundJudgeBatches::render_pool(int64_t index) const {
  auto pool = std::make_shared<std::vector<JudgeClip>>();
  auto options = render_options(batches_.clip_frames[static_cast<size_t>(index) % batches_.clip_frames.size()]);
  Generator seeds(seed_, "judge clips " + std::to_string(index));
  for (int64_t i = 0; i < batches_.pool_clips; ++i)
    pool->push_back(judge_clip(world_->render(data::kTrainSeeds + seeds.next() % data::kValidationSeeds, options)));
  return pool;
}

JudgeBatch SoundJudgeBatches::take(int64_t step, double* wait_s) {
  int64_t index = step / batches_.pool_steps;
  if (index != pool_index_) pool_ = prefetch_.take(index, wait_s), pool_index_ = index;
  Generator generator(seed_, "judge batch " + std::to_string(step));
  int64_t whole = pool_->front().sound.size(1);
  auto shortest = std::min(whole, static_cast<int64_t>(batches_.shortest_s * world::kSoundRate));
  bool is_whole = generator.chance(batches_.whole_share);
  int64_t length = is_whole ? whole : shortest + generator.below(static_cast<int>(whole - shortest + 1));
  std::vector<Piece> pieces;
  for (int64_t i = 0; i < batches_.batch; ++i) {
    const auto& clip = (*pool_)[static_cast<size_t>(generator.below(static_cast<int>(pool_->size())))];
    int64_t start = generator.below(static_cast<int>(whole - length + 1));
    double gain = std::pow(10, generator.uniform(kLowestGain_db, kHighestGain_db) / 20);
    pieces.push_back({&clip, start, length, generator.uniform(0.25, 0.75), gain});
  }
  return collate(pieces);
}

JudgeBatch SoundJudgeBatches::held_out(int64_t first, int64_t count) const {
  auto options = render_options(batches_.clip_frames.front());
  std::vector<JudgeClip> clips;
  for (int64_t i = first; i < first + count; ++i) clips.push_back(judge_clip(world_->render(data::kValidationSeeds + static_cast<uint64_t>(i), options)));
  std::vector<Piece> pieces;
  for (const auto& clip : clips) pieces.push_back({&clip, 0, clip.sound.size(1), 0.5, 1});
  return collate(pieces);
}

JudgeBatch SoundJudgeBatches::collate(const std::vector<Piece>& pieces) const {
  auto B = std::ssize(pieces), C = std::ssize(classes_);
  std::vector<at::Tensor> waveforms;
  JudgeBatch batch{.waveform_BS = {}, .heard_BC = torch::zeros({B, C}), .known_BC = torch::ones({B, C}), .music_B = torch::zeros({B}),
                   .quality_B = torch::zeros({B}), .mood_B = torch::zeros({B}, at::kLong)};
  auto heard = batch.heard_BC.accessor<float, 2>(), known = batch.known_BC.accessor<float, 2>();
  for (int64_t i = 0; i < B; ++i) {
    const auto& piece = pieces[static_cast<size_t>(i)];
    auto stereo = piece.clip->sound.narrow(1, piece.start, piece.length);
    waveforms.push_back((stereo[0] * piece.left + stereo[1] * (1 - piece.left)) * piece.gain);
    double start_s = static_cast<double>(piece.start) / world::kSoundRate, end_s = static_cast<double>(piece.start + piece.length) / world::kSoundRate;
    auto labels = heard_classes(*piece.clip, classes_, start_s, end_s);
    for (int64_t c = 0; c < C; ++c) heard[i][c] = labels[static_cast<size_t>(c)] == 1, known[i][c] = labels[static_cast<size_t>(c)] != -1;
    batch.music_B[i] = piece.clip->caption.music;
    batch.quality_B[i] = piece.clip->caption.quality;
    batch.mood_B[i] = mood_of(piece.clip->caption, moods_);
  }
  batch.waveform_BS = at::stack(waveforms);
  return batch;
}

}  // namespace mg::train
