#include "moviegen/train/tasks/dac_batches.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::train {
namespace {

constexpr size_t kPoolsAhead = 1;  // ready and waiting; one more is being made
constexpr int kPictureSide = 64;   // of pictures that nobody draws; scenes are laid out on them

// [2,S] of interleaved samples.
at::Tensor channels_of(const world::Clip& clip) {
  auto samples = at::from_blob(const_cast<float*>(clip.sound.data()), {static_cast<int64_t>(clip.sound.size()) / 2, 2}, at::kFloat);
  return samples.t().contiguous();
}

}  // namespace

DacBatches::DacBatches(const DacSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed)
    : batches_(settings.batches), crop_samples_(settings.batches.crop_latents * settings.model.hop()), settings_(settings.world), seed_(seed),
      world_(std::move(world)), prefetch_([this](int64_t index) { return make_pool(index); }, kPoolsAhead) {}

at::Tensor DacBatches::clip(uint64_t seed) const {
  auto options = settings_.render(kPictureSide, kPictureSide, 1);
  options.frames = static_cast<int>(std::ceil(batches_.clip_s * options.fps));
  options.pictures = false, options.sound = true;
  auto sound = channels_of(world_->render(seed, options));
  check(sound.size(1) >= crop_samples_, "sound codec batch: a clip of {} samples for crops of {}", sound.size(1), crop_samples_);
  return sound;
}

DacBatches::Pool DacBatches::make_pool(int64_t index) const {
  auto pool = std::make_shared<std::vector<at::Tensor>>();
  Generator seeds(seed_, "sound codec clips " + std::to_string(index));
  for (int64_t i = 0; i < batches_.pool_clips; ++i) pool->push_back(clip(data::kTrainSeeds + seeds.next() % data::kValidationSeeds));
  return pool;
}

at::Tensor DacBatches::take(int64_t step, double* wait_s) {
  int64_t index = step / batches_.pool_steps;
  if (index != pool_index_) pool_ = prefetch_.take(index, wait_s), pool_index_ = index;
  Generator generator(seed_, "sound codec batch " + std::to_string(step));
  std::vector<at::Tensor> list;
  for (int64_t i = 0; i < batches_.crops; ++i) list.push_back(crop((*pool_)[static_cast<size_t>(i + step) % pool_->size()], generator));
  return at::stack(list);
}

// Left, right or both mixed: what is heard on one side only must be learnt as well.
at::Tensor DacBatches::crop(const at::Tensor& clip, Generator& generator) const {
  int side = generator.below(3);
  auto mono = side < 2 ? clip[side] : clip.mean(0);
  at::Tensor loudest;
  double most = -1;
  for (int64_t i = 0; i < batches_.candidates; ++i) {
    auto part = mono.narrow(0, generator.below(static_cast<int>(mono.size(0) - crop_samples_ + 1)), crop_samples_);
    double energy = part.square().sum().item<double>();
    if (energy > most) most = energy, loudest = part;
  }
  double gain = std::pow(10.0, generator.uniform(batches_.gain_low_db, batches_.gain_high_db) / 20);
  double peak = loudest.abs().max().item<double>();
  return loudest * std::min(gain, 1 / std::max(peak, 1e-3));
}

at::Tensor DacBatches::held_out(int64_t index) const { return clip(data::kValidationSeeds + static_cast<uint64_t>(index)).mean(0); }

}  // namespace mg::train
