#include "moviegen/train/tasks/tae_batches.h"

#include "moviegen/core/error.h"

namespace mg::train {
namespace {

constexpr size_t kPoolsAhead = 1;  // ready and waiting; one more is being rendered

}  // namespace

at::Tensor cut(const world::Clip& clip, const Window& w) {
  check(w.t >= 0 && w.y >= 0 && w.x >= 0 && w.t + w.frames <= clip.frames && w.y + w.side <= clip.height && w.x + w.side <= clip.width,
        "tae batch: a window of {}×{}×{} at {},{},{} leaves a clip of {}×{}×{}", w.frames, w.side, w.side, w.t, w.y, w.x, clip.frames, clip.height, clip.width);
  auto pixels = at::from_blob(const_cast<uint8_t*>(clip.rgb.data()), {clip.frames, clip.height, clip.width, 3}, at::kByte);
  auto part = pixels.narrow(0, w.t, w.frames).narrow(1, w.y, w.side).narrow(2, w.x, w.side);
  return part.permute({3, 0, 1, 2}).contiguous().to(at::kFloat).mul_(2.0 / 255).sub_(1);
}

TaeBatches::TaeBatches(const TaeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed)
    : batches_(settings.batches), settings_(settings.world), seed_(seed), world_(std::move(world)),
      prefetch_([this](int64_t index) { return render_pool(index); }, kPoolsAhead) {}

TaeBatches::Pool TaeBatches::render_pool(int64_t index) const {
  auto pool = std::make_shared<std::vector<world::Clip>>();
  auto options = settings_.render(batches_.clip_side, batches_.clip_side, batches_.clip_frames);
  Generator seeds(seed_, "tae clips " + std::to_string(index));
  for (int64_t i = 0; i < batches_.pool_clips; ++i)
    pool->push_back(world_->render(data::kTrainSeeds + seeds.next() % data::kValidationSeeds, options));
  return pool;
}

at::Tensor TaeBatches::take(int64_t step, double* wait_s) {
  int64_t index = step / batches_.pool_steps;
  if (index != pool_index_) pool_ = prefetch_.take(index, wait_s), pool_index_ = index;
  Generator generator(seed_, "tae batch " + std::to_string(step));
  int64_t image = batches_.image_every, full = batches_.full_every;
  if (image && step % image == image - 1) return images(*pool_, generator);
  if (full && step % full == full / 2) return full_clips(*pool_, step);
  return crops(*pool_, generator);
}

at::Tensor TaeBatches::crops(const std::vector<world::Clip>& pool, Generator& generator) const {
  std::vector<at::Tensor> list;
  auto draw = [&](int64_t whole, int64_t part) { return generator.below(static_cast<int>(whole - part + 1)); };
  for (int64_t i = 0; i < batches_.crops; ++i) {
    const auto& clip = pool[static_cast<size_t>(i) % pool.size()];
    int64_t t = draw(clip.frames, batches_.crop_frames), y = draw(clip.height, batches_.crop_side), x = draw(clip.width, batches_.crop_side);
    list.push_back(cut(clip, {t, y, x, batches_.crop_frames, batches_.crop_side}));
  }
  return at::stack(list);
}

at::Tensor TaeBatches::full_clips(const std::vector<world::Clip>& pool, int64_t step) const {
  std::vector<at::Tensor> list;
  for (int64_t i = 0; i < batches_.full_clips; ++i)
    list.push_back(cut(pool[static_cast<size_t>(step + i) % pool.size()], {0, 0, 0, batches_.clip_frames, batches_.clip_side}));
  return at::stack(list);
}

at::Tensor TaeBatches::images(const std::vector<world::Clip>& pool, Generator& generator) const {
  std::vector<at::Tensor> list;
  for (int64_t i = 0; i < batches_.images; ++i) {
    const auto& clip = pool[static_cast<size_t>(i) % pool.size()];
    list.push_back(cut(clip, {generator.below(clip.frames), 0, 0, 1, batches_.clip_side}));
  }
  return at::stack(list);
}

std::vector<world::Clip> TaeBatches::held_out(int64_t first, int64_t count, int64_t frames) const {
  auto options = settings_.render(batches_.clip_side, batches_.clip_side, frames);
  std::vector<world::Clip> clips;
  for (int64_t i = first; i < first + count; ++i) clips.push_back(world_->render(data::kValidationSeeds + static_cast<uint64_t>(i), options));
  return clips;
}

}  // namespace mg::train
