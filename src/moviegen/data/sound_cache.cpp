#include "moviegen/data/sound_cache.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/media/image.h"

namespace mg::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlockFrames = 512;  // frames rendered at a time: bounds memory
constexpr const char* kFiles[] = {"/latents.bf16", "/pictures.u8", "/items.jsonl"};

struct ItemBytes {
  int64_t latents, pictures;
};

Json key_of(const SoundCacheSpec& spec, const SoundCodec& codec) {
  return {{"clips", render_key(spec.render)}, {"first_seed", spec.first_seed}, {"picture_side", spec.picture_side}, {"codec", codec.fingerprint}};
}

std::string line_of(const SoundItem& item) {
  const auto& c = item.caption;
  return Json({{"quality", c.quality}, {"speech", c.speech}, {"singing", c.singing}, {"music", c.music}, {"sounds", c.sounds},
               {"music_description", c.music_description}, {"events", item.events}})
             .dump() +
         "\n";
}

std::vector<SoundItem> read_items(const std::string& path, int64_t limit) {
  std::vector<SoundItem> items;
  std::ifstream file(path);
  for (std::string line; static_cast<int64_t>(items.size()) < limit && std::getline(file, line) && !file.eof();) {
    auto json = Json::parse(line, nullptr, false);
    if (!json.is_object()) break;  // cut off by a crash: goes on from here
    try {
      SoundCaption caption{json.at("quality"), json.at("speech"), json.at("singing"), json.at("music"), json.at("sounds"), json.at("music_description")};
      items.push_back({caption, json.at("events")});
    } catch (const Json::exception& error) {
      throw DataError("{}: line {}: {}", path, items.size() + 1, error.what());
    }
  }
  return items;
}

// Pictures of a clip, shrunk: F·side·side·3 bytes.
std::vector<uint8_t> small_pictures(const world::Clip& clip, int64_t side) {
  std::vector<uint8_t> bytes;
  for (int f = 0; f < clip.frames; ++f) {
    media::Image frame(clip.width, clip.height);
    std::copy_n(clip.rgb.begin() + static_cast<long>(frame.rgb.size()) * f, frame.rgb.size(), frame.rgb.begin());
    auto small = media::resize(frame, static_cast<int>(side), static_cast<int>(side));
    bytes.insert(bytes.end(), small.rgb.begin(), small.rgb.end());
  }
  return bytes;
}

struct Block {
  at::Tensor latents;  // bf16 [count,C,S]
  std::vector<std::vector<uint8_t>> pictures;
  std::vector<SoundItem> items;
};

// Renders clips [first, first + count) on all cores and encodes their sound.
Block make_block(const SoundCacheSpec& spec, const world::World& world, const SoundCodec& codec, int64_t first, int64_t count, int64_t steps) {
  auto options = spec.render;
  options.pictures = options.sound = true;
  Block block{{}, std::vector<std::vector<uint8_t>>(static_cast<size_t>(count)), std::vector<SoundItem>(static_cast<size_t>(count))};
  std::vector<at::Tensor> sounds(static_cast<size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      auto clip = world.render(spec.first_seed + static_cast<uint64_t>(first + i), options);
      auto at = static_cast<size_t>(i);
      sounds[at] = mono_sound(clip);
      block.pictures[at] = small_pictures(clip, spec.picture_side);
      block.items[at] = {clip.sound_caption, clip.events.is_null() ? Json::array() : clip.events};
    }
  });
  at::NoGradGuard no_grad;
  block.latents = codec.encode(at::cat(sounds)).to(at::kBFloat16).contiguous();
  check(block.latents.dim() == 3 && block.latents.size(0) == count && block.latents.size(1) == codec.channels && block.latents.size(2) == steps,
        "sound cache: the codec gave latents [{}], expected [{},{},{}]", fmt::join(block.latents.sizes().vec(), ","), count, codec.channels, steps);
  return block;
}

void build(const std::string& folder, const SoundCacheSpec& spec, const world::World& world, const SoundCodec& codec, std::vector<SoundItem>& items,
           int64_t steps, const ItemBytes& bytes) {
  auto complete = [&](const char* name, int64_t item_bytes) { return static_cast<int64_t>(fs::file_size(folder + name)) / item_bytes; };
  int64_t done = std::min({static_cast<int64_t>(items.size()), complete(kFiles[0], bytes.latents), complete(kFiles[1], bytes.pictures)});
  items.resize(static_cast<size_t>(done));
  fs::resize_file(folder + kFiles[0], static_cast<uintmax_t>(done * bytes.latents));
  fs::resize_file(folder + kFiles[1], static_cast<uintmax_t>(done * bytes.pictures));
  std::string kept;
  for (const auto& item : items) kept += line_of(item);
  write_text(folder + kFiles[2], kept);
  std::ofstream latents(folder + kFiles[0], std::ios::app | std::ios::binary), pictures(folder + kFiles[1], std::ios::app | std::ios::binary),
      lines(folder + kFiles[2], std::ios::app);
  Progress progress(fmt::format("render and encode {} clips of {:.3g} s with sound", spec.items, spec.render.frames / spec.render.fps), spec.items);
  int64_t per_block = std::max<int64_t>(2, kBlockFrames / spec.render.frames);
  while (done < spec.items) {
    process_cancel().throw_if_cancelled();
    int64_t count = std::min(per_block, spec.items - done);
    auto block = make_block(spec, world, codec, done, count, steps);
    latents.write(static_cast<const char*>(block.latents.data_ptr()), count * bytes.latents);
    for (const auto& item : block.pictures) pictures.write(reinterpret_cast<const char*>(item.data()), static_cast<std::streamsize>(item.size()));
    for (const auto& item : block.items) lines << line_of(item);
    latents.flush(), pictures.flush(), lines.flush();
    if (!latents || !pictures || !lines) throw ResourceError("{}: could not write the sound cache; is the disk full?", folder);
    items.insert(items.end(), block.items.begin(), block.items.end());
    progress.update(done += count);
  }
  progress.finish();
}

}  // namespace

at::Tensor mono_sound(const world::Clip& clip) {
  auto samples = std::llround(clip.frames / clip.fps * world::kSoundRate);
  check(static_cast<int64_t>(clip.sound.size()) == 2 * samples, "sound of a clip: {} values for {} stereo samples", clip.sound.size(), samples);
  return at::from_blob(const_cast<float*>(clip.sound.data()), {1, samples, 2}).mean(2).unsqueeze(1);
}

at::Tensor pixels_of(const at::Tensor& pictures) {
  auto flat = pictures.reshape({-1, pictures.size(-3), pictures.size(-2), 3});
  return flat.permute({0, 3, 1, 2}).to(at::kFloat).mul_(2.0f / 255).sub_(1);
}

std::shared_ptr<SoundCache> SoundCache::open_or_build(const std::string& folder, const SoundCacheSpec& spec, const world::World& world,
                                                      const SoundCodec& codec) {
  if (spec.items < 1 || spec.render.frames < 2 || spec.picture_side < 1)
    throw UsageError("sound cache: expected at least 1 item of at least 2 frames, pictures of at least 1 pixel; got {} of {}, {}", spec.items,
                     spec.render.frames, spec.picture_side);
  make_folder(folder);
  auto cache = std::make_shared<SoundCache>();
  auto samples = std::llround(spec.render.frames / spec.render.fps * world::kSoundRate);
  cache->channels_ = codec.channels, cache->steps_ = (samples + codec.hop - 1) / codec.hop;
  cache->frames_ = spec.render.frames, cache->side_ = spec.picture_side;
  ItemBytes bytes{cache->channels_ * cache->steps_ * 2, cache->frames_ * cache->side_ * cache->side_ * 3};
  auto key = key_of(spec, codec);
  auto key_path = folder + "/cache.json";
  if (!fs::exists(key_path) || Json::parse(read_text(key_path), nullptr, false) != key) {
    for (const char* name : kFiles) fs::remove(folder + name), std::ofstream(folder + name);
    write_text(key_path, key.dump(2) + "\n");
  }
  cache->items_ = read_items(folder + kFiles[2], spec.items);
  auto holds = [&](const char* name, int64_t item_bytes) { return static_cast<int64_t>(fs::file_size(folder + name)) >= spec.items * item_bytes; };
  if (cache->size() < spec.items || !holds(kFiles[0], bytes.latents) || !holds(kFiles[1], bytes.pictures))
    build(folder, spec, world, codec, cache->items_, cache->steps_, bytes);
  cache->latents_ = std::make_unique<MappedFile>(folder + kFiles[0]);
  cache->pictures_ = std::make_unique<MappedFile>(folder + kFiles[1]);
  return cache;
}

void SoundCache::check_range(const char* what, int64_t item, int64_t first, int64_t count, int64_t most) const {
  check(item >= 0 && item < size() && first >= 0 && count >= 0 && first + count <= most, "sound cache: item {} of {}, {} {} + {} of {}", item, size(), what,
        first, count, most);
}

at::Tensor SoundCache::latents(int64_t item, int64_t first, int64_t count) const {
  check_range("steps", item, first, count, steps_);
  const char* data = latents_->bytes().data() + item * channels_ * steps_ * 2;
  return at::from_blob(const_cast<char*>(data), {channels_, steps_}, at::kBFloat16).narrow(1, first, count).to(at::kFloat).contiguous();
}

at::Tensor SoundCache::pictures(int64_t item, int64_t first, int64_t count) const {
  check_range("frames", item, first, count, frames_);
  const char* data = pictures_->bytes().data() + (item * frames_ + first) * side_ * side_ * 3;
  return at::from_blob(const_cast<char*>(data), {count, side_, side_, 3}, at::kByte).clone();
}

}  // namespace mg::data
