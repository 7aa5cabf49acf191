#include "moviegen/train/tasks/video_judge_batches.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "moviegen/core/error.h"
#include "moviegen/train/tasks/movement.h"

namespace mg::train {
namespace {

constexpr size_t kPoolsAhead = 1;

}  // namespace

void collect_values(const world::World& world, const data::WorldSettings& settings, int64_t clips, video::VideoJudgeConfig& config) {
  auto options = settings.render(config.size, config.size, 2);
  options.pictures = false;
  std::map<std::string, std::set<std::string>> all;
  for (int64_t i = 0; i < clips; ++i)
    for (const auto& [attribute, words] : eval::words_of(world.render(data::kTrainSeeds + static_cast<uint64_t>(i), options).labels)) all[attribute].insert(words.begin(), words.end());
  auto fill = [&](const char* attribute, std::vector<std::string>& list) {
    if (list.empty()) list.assign(all[attribute].begin(), all[attribute].end());
  };
  fill("subject", config.subjects), fill("color", config.colors), fill("motion", config.motions), fill("direction", config.directions), fill("place", config.places);
  fill("time", config.times), fill("weather", config.weathers), fill("camera", config.cameras), fill("style", config.styles);
  fill("extra", config.extras);
}

at::Tensor spot_truths(const Json& labels, const video::SpotGrid& grid, const std::vector<video::Attribute>& attributes, std::array<size_t, 2> asked) {
  int64_t times = std::ssize(grid.frames), side = grid.side;
  auto truths = torch::empty({times, std::ssize(asked), side, side}, at::kLong), smallest = torch::ones({times, side, side});
  for (size_t a = 0; a < asked.size(); ++a) truths.select(1, static_cast<int64_t>(a)).fill_(std::ssize(attributes[asked[a]].values));
  auto truth = truths.accessor<int64_t, 4>();
  auto area = smallest.accessor<float, 3>();
  auto is_inside = [&](int64_t i, float from, float to) {
    float middle = (static_cast<float>(i) + 0.5f) / static_cast<float>(side);
    return middle >= from && middle < to;
  };
  for (const auto& subject : labels.at("subjects")) {
    std::vector<int64_t> said;
    for (size_t attribute : asked) {
      const auto& [name, values] = attributes[attribute];
      said.push_back(std::find(values.begin(), values.end(), subject.value(name, "")) - values.begin());
    }
    for (int64_t s = 0; s < times; ++s) {
      auto box = subject.at("boxes").at(static_cast<size_t>(grid.frames[static_cast<size_t>(s)])).get<std::array<float, 4>>();  // left, top, right, bottom
      float size = (box[2] - box[0]) * (box[3] - box[1]);
      for (int64_t y = 0; y < side; ++y)
        for (int64_t x = 0; x < side; ++x)
          if (is_inside(x, box[0], box[2]) && is_inside(y, box[1], box[3]) && size <= area[s][y][x]) {
            area[s][y][x] = size;
            for (size_t a = 0; a < said.size(); ++a) truth[s][static_cast<int64_t>(a)][y][x] = said[a];
          }
    }
  }
  return truths;
}

VideoJudgeBatches::VideoJudgeBatches(const VideoJudgeBatchSettings& batches, const data::WorldSettings& settings, const video::VideoJudgeConfig& model,
                                     std::shared_ptr<const world::World> world, uint64_t seed)
    : batches_(batches), settings_(settings), model_(model), attributes_(video::attributes_of(model)), mirrored_values_(video::mirrored_values(model)), world_(std::move(world)), seed_(seed),
      prefetch_([this](int64_t index) { return render_pool(index); }, kPoolsAhead) {}

VideoJudgeBatches::Film VideoJudgeBatches::render(uint64_t seed) const {
  auto options = settings_.render(model_.size, model_.size, model_.frames);
  options.fps = static_cast<double>(model_.frames) / batches_.seconds;
  auto clip = world_->render(seed, options);
  auto bytes = at::from_blob(const_cast<uint8_t*>(clip.rgb.data()), {clip.frames, clip.height, clip.width, 3}, at::kByte);
  Film film{bytes.permute({3, 0, 1, 2}).contiguous(), eval::truths_of(clip.labels, attributes_), {}, {}};
  if (model_.spots) film.spots_SAHW = spot_truths(clip.labels, video::still_spot_grid(model_), attributes_, kSpotAttributes);
  if (model_.film_spots) film.film_spots_ATHW = spot_truths(clip.labels, video::film_spot_grid(model_), attributes_, kFilmSpotAttributes).transpose(0, 1);
  return film;
}

VideoJudgeBatches::Pool VideoJudgeBatches::render_pool(int64_t index) const {
  auto pool = std::make_shared<std::vector<Film>>();
  Generator seeds(seed_, "video judge clips " + std::to_string(index));
  for (int64_t i = 0; i < batches_.pool_clips; ++i) pool->push_back(render(data::kTrainSeeds + seeds.next() % data::kValidationSeeds));
  return pool;
}

VideoJudgeBatch VideoJudgeBatches::take(int64_t step, double* wait_s) {
  int64_t index = step / batches_.pool_steps;
  if (index != pool_index_) pool_ = prefetch_.take(index, wait_s), pool_index_ = index;
  Generator generator(seed_, "video judge batch " + std::to_string(step));
  std::vector<const Film*> films;
  std::vector<bool> mirrored;
  for (int64_t i = 0; i < batches_.batch; ++i) {
    films.push_back(&(*pool_)[static_cast<size_t>(generator.below(static_cast<int>(pool_->size())))]);
    mirrored.push_back(generator.chance(0.5));
  }
  auto batch = collate(films, mirrored);
  batch.pixels_BCTHW = soften_movement(batch.pixels_BCTHW, batches_.soft, generator);
  return batch;
}

VideoJudgeBatch VideoJudgeBatches::held_out(int64_t first, int64_t count) const {
  std::vector<Film> films;
  for (int64_t i = first; i < first + count; ++i) films.push_back(render(data::kValidationSeeds + static_cast<uint64_t>(i)));
  std::vector<const Film*> all;
  for (const auto& film : films) all.push_back(&film);
  return collate(all, std::vector<bool>(all.size(), false));
}

at::Tensor VideoJudgeBatches::mirrored_spots(const at::Tensor& spots_ATHW) const {
  std::vector<at::Tensor> turned;
  int64_t first = 0;
  for (size_t a = 0; a < attributes_.size(); ++a) {
    auto count = std::ssize(attributes_[a].values);
    auto asked = std::find(kFilmSpotAttributes.begin(), kFilmSpotAttributes.end(), a);
    if (asked != kFilmSpotAttributes.end()) {
      std::vector<int64_t> other;
      for (int64_t i = 0; i < count; ++i) other.push_back(mirrored_values_[static_cast<size_t>(first + i)] - first);
      other.push_back(count);  // nothing stays nothing
      turned.push_back(torch::tensor(other).index({spots_ATHW[asked - kFilmSpotAttributes.begin()].flip(2)}));
    }
    first += count;
  }
  return at::stack(turned);
}

VideoJudgeBatch VideoJudgeBatches::collate(const std::vector<const Film*>& films, const std::vector<bool>& mirrored) const {
  auto count = std::ssize(mirrored_values_);
  VideoJudgeBatch batch{.pixels_BCTHW = {}, .true_BN = torch::zeros({std::ssize(films), count}), .spots_MAHW = {}, .film_spots_BATHW = {}};
  auto truth = batch.true_BN.accessor<float, 2>();
  std::vector<at::Tensor> pixels, spots, film_spots;
  for (size_t i = 0; i < films.size(); ++i) {
    pixels.push_back(mirrored[i] ? films[i]->pixels.flip(3) : films[i]->pixels);
    if (model_.spots) spots.push_back(mirrored[i] ? films[i]->spots_SAHW.flip(3) : films[i]->spots_SAHW);
    if (model_.film_spots) film_spots.push_back(mirrored[i] ? mirrored_spots(films[i]->film_spots_ATHW) : films[i]->film_spots_ATHW);
    int64_t first = 0;
    for (size_t a = 0; a < attributes_.size(); first += std::ssize(attributes_[a++].values))
      for (int64_t value : films[i]->truths[a]) {
        int64_t at = first + value;
        truth[static_cast<int64_t>(i)][mirrored[i] ? mirrored_values_[static_cast<size_t>(at)] : at] = 1;
      }
  }
  batch.pixels_BCTHW = at::stack(pixels).to(at::kFloat).mul_(2.0f / 255).sub_(1);
  if (model_.spots) batch.spots_MAHW = at::cat(spots);
  if (model_.film_spots) batch.film_spots_BATHW = at::stack(film_spots);
  return batch;
}

}  // namespace mg::train
