#include "moviegen/data/latent_cache.h"

#include <ATen/Parallel.h>

#include <filesystem>
#include <fstream>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/weights/fingerprint.h"

namespace mg::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlockFrames = 256;  // frames rendered and encoded at a time: bounds memory to about 100 MB

std::vector<int64_t> latent_shape(const tae::TaeConfig& c, const world::RenderOptions& r) {
  int64_t space = c.spatial_factor(), time = c.temporal_factor();
  return {c.latent_channels, (r.frames + time - 1) / time, r.height / space, r.width / space};
}

// Of a map [frames,H,W,3] what two frames of each latent frame show: [6,T,H,W].
at::Tensor sampled_map(const world::Clip& clip, int64_t cell, int64_t factor) {
  int64_t H = clip.height / cell, W = clip.width / cell, T = (clip.frames + factor - 1) / factor;
  auto map = at::from_blob(const_cast<float*>(clip.subject_map.data()), {clip.frames, H, W, 3}, at::kFloat);
  std::vector<at::Tensor> frames;
  for (int64_t t = 0; t < T; ++t)
    for (int64_t quarter : {1, 3}) frames.push_back(map[std::min<int64_t>(t * factor + quarter * factor / 4, clip.frames - 1)]);
  return at::stack(frames).view({T, 2, H, W, 3}).permute({1, 4, 0, 2, 3}).reshape({LatentCache::kMapChannels, T, H, W});
}

int64_t values_of(const std::vector<int64_t>& shape) { return shape[0] * shape[1] * shape[2] * shape[3]; }

Json key_of(const LatentCacheSpec& spec, const tae::Autoencoder& autoencoder) {
  const auto& r = spec.render;
  return {{"world_version", world::kWorldVersion}, {"first_seed", spec.first_seed}, {"width", r.width}, {"height", r.height},
          {"frames", r.frames}, {"fps", r.fps}, {"subjects", r.subjects}, {"places", r.places}, {"motions", r.motions},
          {"styles", r.styles}, {"max_subjects", r.max_subjects}, {"plain", r.plain}, {"animated_assets", r.animated_assets},
          {"maps", spec.maps}, {"autoencoder", weights::fingerprint(*autoencoder)}};
}

std::vector<world::Captions> read_captions(const std::string& path, int64_t limit) {
  std::vector<world::Captions> captions;
  std::ifstream file(path);
  for (std::string line; static_cast<int64_t>(captions.size()) < limit && std::getline(file, line) && !file.eof();) {
    auto item = Json::parse(line, nullptr, false);
    if (!item.is_array() || item.size() != 3) break;  // cut off by a crash: goes on from here
    captions.push_back({item[0], item[1], item[2]});
  }
  return captions;
}

struct Block {
  at::Tensor latents, maps;  // bf16 [count,C,T,H,W] and, where asked for, [count,6,T,H,W]
};

// Renders clips [first, first + count) on all cores and encodes them.
Block make_block(const LatentCacheSpec& spec, const world::World& world, tae::Autoencoder& autoencoder, int64_t first, int64_t count,
                 std::vector<world::Captions>& captions) {
  std::vector<at::Tensor> clips(static_cast<size_t>(count)), maps(static_cast<size_t>(count));
  auto render = spec.render;
  int64_t cell = autoencoder->config.spatial_factor();
  if (spec.maps) render.map_cell = static_cast<int>(cell);
  std::vector<world::Captions> texts(static_cast<size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      auto clip = world.render(spec.first_seed + static_cast<uint64_t>(first + i), render);
      clips[static_cast<size_t>(i)] = clip_tensor(clip);
      texts[static_cast<size_t>(i)] = clip.captions;
      if (spec.maps) maps[static_cast<size_t>(i)] = sampled_map(clip, cell, autoencoder->config.temporal_factor());
    }
  });
  captions.insert(captions.end(), texts.begin(), texts.end());
  at::NoGradGuard no_grad;
  return {autoencoder->encode(at::stack(clips)).to(at::kBFloat16).contiguous(), spec.maps ? at::stack(maps).to(at::kBFloat16) : at::Tensor()};
}

void build(const std::string& folder, const LatentCacheSpec& spec, const world::World& world, tae::Autoencoder& autoencoder,
           std::vector<world::Captions>& captions, int64_t item_bytes, int64_t map_bytes) {
  auto done = std::min<int64_t>({std::ssize(captions), static_cast<int64_t>(fs::file_size(folder + "/latents.bf16")) / item_bytes,
                                 spec.maps ? static_cast<int64_t>(fs::file_size(folder + "/maps.bf16")) / map_bytes : std::ssize(captions)});
  captions.resize(static_cast<size_t>(done));
  fs::resize_file(folder + "/latents.bf16", static_cast<uintmax_t>(done * item_bytes));
  if (spec.maps) fs::resize_file(folder + "/maps.bf16", static_cast<uintmax_t>(done * map_bytes));
  std::string kept;
  for (const auto& c : captions) kept += Json({c.brief, c.normal, c.full}).dump() + "\n";
  write_text(folder + "/captions.jsonl", kept);
  std::ofstream latents(folder + "/latents.bf16", std::ios::app | std::ios::binary), lines(folder + "/captions.jsonl", std::ios::app), maps;
  if (spec.maps) maps.open(folder + "/maps.bf16", std::ios::app | std::ios::binary);
  Progress progress(fmt::format("render and encode {} clips of {} frames, {}×{}", spec.items, spec.render.frames, spec.render.width, spec.render.height),
                    spec.items);
  int64_t together = std::max<int64_t>(2, kBlockFrames / spec.render.frames);
  while (done < spec.items) {
    process_cancel().throw_if_cancelled();
    int64_t count = std::min(together, spec.items - done);
    auto block = make_block(spec, world, autoencoder, done, count, captions);
    latents.write(static_cast<const char*>(block.latents.data_ptr()), count * item_bytes);
    if (spec.maps) maps.write(static_cast<const char*>(block.maps.data_ptr()), count * map_bytes);
    for (int64_t i = done; i < done + count; ++i) {
      const auto& c = captions[static_cast<size_t>(i)];
      lines << Json({c.brief, c.normal, c.full}).dump() << "\n";
    }
    latents.flush(), lines.flush(), maps.flush();
    if (!latents || !lines || !maps) throw ResourceError("{}: could not write the latent cache; is the disk full?", folder);
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
  int64_t item_bytes = values_of(cache->shape_) * 2, map_bytes = item_bytes / cache->shape_[0] * kMapChannels;
  auto key = key_of(spec, autoencoder);
  auto key_path = folder + "/cache.json";
  if (!fs::exists(key_path) || Json::parse(read_text(key_path), nullptr, false) != key) {
    for (const char* name : {"/latents.bf16", "/maps.bf16", "/captions.jsonl"}) fs::remove(folder + name), std::ofstream(folder + name);
    write_text(key_path, key.dump(2) + "\n");
  }
  cache->captions_ = read_captions(folder + "/captions.jsonl", spec.items);
  auto is_short = [&](const char* name, int64_t bytes) { return static_cast<int64_t>(fs::file_size(folder + name)) < spec.items * bytes; };
  if (cache->size() < spec.items || is_short("/latents.bf16", item_bytes) || (spec.maps && is_short("/maps.bf16", map_bytes)))
    build(folder, spec, world, autoencoder, cache->captions_, item_bytes, map_bytes);
  cache->latents_ = std::make_unique<MappedFile>(folder + "/latents.bf16");
  if (spec.maps) cache->maps_ = std::make_unique<MappedFile>(folder + "/maps.bf16");
  return cache;
}

at::Tensor LatentCache::latents(const std::vector<int64_t>& items) const { return read(*latents_, items, shape_); }

at::Tensor LatentCache::subject_maps(const std::vector<int64_t>& items) const {
  check(maps_ != nullptr, "latent cache: it was opened without subject maps");
  return read(*maps_, items, {kMapChannels, shape_[1], shape_[2], shape_[3]});
}

at::Tensor LatentCache::read(const MappedFile& file, const std::vector<int64_t>& items, std::vector<int64_t> shape) const {
  int64_t bytes = values_of(shape) * 2;
  shape.insert(shape.begin(), std::ssize(items));
  auto out = at::empty(shape, at::kBFloat16);
  for (size_t i = 0; i < items.size(); ++i) {
    check(items[i] >= 0 && items[i] < size(), "latent cache: item {} of {}", items[i], size());
    std::copy_n(file.bytes().data() + items[i] * bytes, bytes, static_cast<char*>(out.data_ptr()) + static_cast<int64_t>(i) * bytes);
  }
  return out.to(at::kFloat);
}

}  // namespace mg::data
