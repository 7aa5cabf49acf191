#include "moviegen/data/latent_cache.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/weights/fingerprint.h"

namespace mg::data {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 2;
constexpr int64_t kBlockFrames = 256;  // frames rendered and encoded at a time: bounds memory to about 100 MB

std::vector<int64_t> latent_shape(const tae::TaeConfig& c, const world::RenderOptions& r) {
  int64_t space = c.spatial_factor(), time = c.temporal_factor();
  return {c.latent_channels, (r.frames + time - 1) / time, r.height / space, r.width / space};
}

int64_t values_of(const std::vector<int64_t>& shape) { return shape[0] * shape[1] * shape[2] * shape[3]; }

Json key_of(const LatentCacheSpec& spec, const tae::Autoencoder& autoencoder) {
  return {{"format", kFormat}, {"clips", render_key(spec.render)}, {"first_seed", spec.first_seed}, {"autoencoder", weights::fingerprint(*autoencoder)}};
}

Json json_of(const CachedClip& clip) {
  const auto& c = clip.captions;
  return {c.brief, c.normal, c.full, clip.subjects};
}

std::vector<CachedClip> read_clips(const std::string& path, int64_t limit) {
  std::vector<CachedClip> clips;
  std::ifstream file(path);
  for (std::string line; static_cast<int64_t>(clips.size()) < limit && std::getline(file, line) && !file.eof();) {
    auto item = Json::parse(line, nullptr, false);
    if (!item.is_array() || item.size() != 4) break;  // cut off by a crash: goes on from here
    clips.push_back({{item[0], item[1], item[2]}, item[3].get<std::vector<std::vector<Box>>>()});
  }
  return clips;
}

// The labels' boxes, joined over the `per_latent` frames of each latent frame.
std::vector<std::vector<Box>> subject_boxes(const Json& labels, int64_t frames, int64_t per_latent) {
  std::vector<std::vector<Box>> all;
  for (int64_t first = 0; first < frames; first += per_latent) {
    auto& boxes = all.emplace_back();
    for (const auto& subject : labels.at("subjects")) {
      Box joined{1, 1, 0, 0};
      for (int64_t f = first; f < std::min(frames, first + per_latent); ++f) {
        auto box = subject.at("boxes").at(static_cast<size_t>(f)).get<Box>();
        joined = {std::min(joined[0], box[0]), std::min(joined[1], box[1]), std::max(joined[2], box[2]), std::max(joined[3], box[3])};
      }
      boxes.push_back(joined);
    }
  }
  return all;
}

// Renders clips [first, first + count) on all cores and encodes them → bf16 [count, C, T, H, W].
at::Tensor make_block(const LatentCacheSpec& spec, const world::World& world, tae::Autoencoder& autoencoder, int64_t first, int64_t count,
                      std::vector<CachedClip>& clips) {
  std::vector<at::Tensor> pixels(static_cast<size_t>(count));
  clips.resize(static_cast<size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      auto clip = world.render(spec.first_seed + static_cast<uint64_t>(first + i), spec.render);
      pixels[static_cast<size_t>(i)] = clip_tensor(clip);
      clips[static_cast<size_t>(i)] = {clip.captions, subject_boxes(clip.labels, clip.frames, autoencoder->config.temporal_factor())};
    }
  });
  at::NoGradGuard no_grad;
  return autoencoder->encode(at::stack(pixels)).to(at::kBFloat16).contiguous();
}

// What is made is written and let go: small blocks that stay would lie in the holes of large ones, which then fit no more.
void build(const std::string& folder, const LatentCacheSpec& spec, const world::World& world, tae::Autoencoder& autoencoder,
           std::vector<CachedClip> clips, int64_t item_bytes) {
  auto done = std::min<int64_t>(static_cast<int64_t>(clips.size()), static_cast<int64_t>(fs::file_size(folder + "/latents.bf16")) / item_bytes);
  clips.resize(static_cast<size_t>(done));
  fs::resize_file(folder + "/latents.bf16", static_cast<uintmax_t>(done * item_bytes));
  std::string kept;
  for (const auto& clip : clips) kept += json_of(clip).dump() + "\n";
  write_text(folder + "/clips.jsonl", kept);
  std::ofstream latents(folder + "/latents.bf16", std::ios::app | std::ios::binary), lines(folder + "/clips.jsonl", std::ios::app);
  Progress progress(fmt::format("render and encode {} clips of {} frames, {}×{}", spec.items, spec.render.frames, spec.render.width, spec.render.height),
                    spec.items);
  int64_t block = std::max<int64_t>(2, kBlockFrames / spec.render.frames);
  while (done < spec.items) {
    process_cancel().throw_if_cancelled();
    int64_t count = std::min(block, spec.items - done);
    std::vector<CachedClip> made;
    auto values = make_block(spec, world, autoencoder, done, count, made);
    latents.write(static_cast<const char*>(values.data_ptr()), count * item_bytes);
    for (const auto& clip : made) lines << json_of(clip).dump() << "\n";
    latents.flush(), lines.flush();
    if (!latents || !lines) throw ResourceError("{}: could not write the latent cache; is the disk full?", folder);
    progress.update(done += count);
  }
  progress.finish();
}

}  // namespace

std::shared_ptr<LatentCache> LatentCache::open_or_build(const std::string& folder, const LatentCacheSpec& spec, const world::World& world,
                                                        tae::Autoencoder& autoencoder) {
  if (spec.items < 1) throw UsageError("latent cache: expected at least 1 item, got {}", spec.items);
  make_folder(folder);
  auto cache = std::make_shared<LatentCache>();
  cache->shape_ = latent_shape(autoencoder->config, spec.render);
  int64_t item_bytes = values_of(cache->shape_) * 2;
  auto key = key_of(spec, autoencoder);
  auto key_path = folder + "/cache.json";
  if (!fs::exists(key_path) || Json::parse(read_text(key_path), nullptr, false) != key) {
    for (const char* name : {"/latents.bf16", "/clips.jsonl"}) fs::remove(folder + name), std::ofstream(folder + name);
    write_text(key_path, key.dump(2) + "\n");
  }
  cache->clips_ = read_clips(folder + "/clips.jsonl", spec.items);
  if (cache->size() < spec.items || static_cast<int64_t>(fs::file_size(folder + "/latents.bf16")) < spec.items * item_bytes)
    build(folder, spec, world, autoencoder, std::move(cache->clips_), item_bytes), cache->clips_ = read_clips(folder + "/clips.jsonl", spec.items);
  cache->file_ = std::make_unique<MappedFile>(folder + "/latents.bf16");
  return cache;
}

std::shared_ptr<LatentCache> LatentCache::open(const std::string& folder, const world::RenderOptions& size, const tae::Autoencoder& autoencoder) {
  if (!fs::exists(folder + "/cache.json")) throw NotFound("{}: expected a latent cache (cache.json) of another run; there is none", folder);
  auto key = Json::parse(read_text(folder + "/cache.json"), nullptr, false);
  LatentCacheSpec own{size, 0, 1};
  auto expected = key_of(own, autoencoder);
  auto text = [&](const Json& k, const char* name) { return k.at("clips").at(name).dump(); };
  try {
    for (const char* name : {"format", "autoencoder"})
      if (key.at(name) != expected.at(name)) throw DataError("{}: a latent cache of another {}: {}, expected {}", folder, name, key.at(name).dump(), expected.at(name).dump());
    for (const char* name : {"width", "height", "frames"})
      if (text(key, name) != text(expected, name)) throw DataError("{}: clips of {} {}, expected {}", folder, name, text(key, name), text(expected, name));
    if (key.at("first_seed").get<uint64_t>() >= kValidationSeeds) throw DataError("{}: these clips are held out for measuring; training needs others", folder);
  } catch (const Json::exception& e) {
    throw DataError("{}/cache.json: not the key of a latent cache ({})", folder, e.what());
  }
  auto cache = std::make_shared<LatentCache>();
  cache->shape_ = latent_shape(autoencoder->config, size);
  auto stored = fs::exists(folder + "/latents.bf16") ? static_cast<int64_t>(fs::file_size(folder + "/latents.bf16")) / (values_of(cache->shape_) * 2) : 0;
  cache->clips_ = read_clips(folder + "/clips.jsonl", stored);
  if (cache->clips_.empty()) throw DataError("{}: the latent cache has no complete clip", folder);
  cache->file_ = std::make_unique<MappedFile>(folder + "/latents.bf16");
  return cache;
}

at::Tensor LatentCache::latents(const std::vector<int64_t>& items) const {
  std::vector<int64_t> shape{static_cast<int64_t>(items.size())};
  shape.insert(shape.end(), shape_.begin(), shape_.end());
  auto out = at::empty(shape, at::kBFloat16);
  int64_t bytes = values_of(shape_) * 2;
  for (size_t i = 0; i < items.size(); ++i) {
    check(items[i] >= 0 && items[i] < size(), "latent cache: item {} of {}", items[i], size());
    std::copy_n(file_->bytes().data() + items[i] * bytes, bytes, static_cast<char*>(out.data_ptr()) + static_cast<int64_t>(i) * bytes);
  }
  return out.to(at::kFloat);
}

at::Tensor LatentCache::subjects(const std::vector<int64_t>& items) const {
  int64_t T = shape_[1], H = shape_[2], W = shape_[3];
  auto shares = torch::zeros({static_cast<int64_t>(items.size()), 1, T, H, W});
  // How much of cell i of `cells` lies between two shares of the side.
  auto overlap = [](int64_t i, int64_t cells, float from, float to) {
    auto n = static_cast<float>(cells), first = static_cast<float>(i);
    return std::clamp(std::min(to * n, first + 1) - std::max(from * n, first), 0.0f, 1.0f);
  };
  auto out = shares.accessor<float, 5>();
  for (size_t b = 0; b < items.size(); ++b) {
    const auto& frames = clips_.at(static_cast<size_t>(items[b])).subjects;
    for (int64_t t = 0; t < std::min<int64_t>(T, std::ssize(frames)); ++t)
      for (const Box& box : frames[static_cast<size_t>(t)])
        for (int64_t y = 0; y < H; ++y)
          for (int64_t x = 0; x < W; ++x) {
            auto& share = out[static_cast<int64_t>(b)][0][t][y][x];
            share = std::max(share, overlap(y, H, box[1], box[3]) * overlap(x, W, box[0], box[2]));
          }
  }
  return shares;
}

}  // namespace mg::data
