#include "moviegen/data/world/world.h"

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"
#include "moviegen/data/world/held_out.h"
#include "moviegen/data/world/scene.h"
#include "moviegen/data/world/sound_stage.h"
#include "moviegen/data/world/stage.h"

namespace mg::world {
namespace {

constexpr int kMaxRedraws = 64;
constexpr int kMinSide = 16, kMaxSide = 2048, kMaxFrames = 4096;

void check_options(const RenderOptions& options) {
  bool fits = options.width >= kMinSide && options.width <= kMaxSide && options.height >= kMinSide && options.height <= kMaxSide;
  if (!fits) throw UsageError("a clip's sides are {} to {} pixels, got {}×{}", kMinSide, kMaxSide, options.width, options.height);
  if (options.frames < 1 || options.frames > kMaxFrames) throw UsageError("a clip has 1 to {} frames, got {}", kMaxFrames, options.frames);
  if (!(options.fps >= 1 && options.fps <= 120)) throw UsageError("frames per second are 1 to 120, got {}", options.fps);
  using Share = std::pair<const char*, double>;
  for (auto [name, share] : {Share{"plain", options.plain}, Share{"filters", options.filters}, Share{"company", options.company}, Share{"colors", options.colors}, Share{"clothes", options.clothes}, Share{"actions", options.actions},
                             Share{"puppets", options.puppets}})
    if (!(share >= 0 && share <= 1)) throw UsageError("{} is a share from 0 to 1, got {}", name, share);
}

class SharedWardrobe final : public Wardrobe {
 public:
  explicit SharedWardrobe(std::shared_ptr<Assets> assets) : assets_(std::move(assets)) {}
  const Assets& assets() const override { return *assets_; }
  std::shared_ptr<const Sprite> sprite(const std::string& id) const override { return assets_->sprite(id); }
  std::shared_ptr<const SpriteFacts> facts(const Sprite& sprite) const override {
    {
      std::lock_guard lock(mutex_);
      if (auto at = facts_.find(sprite.id); at != facts_.end()) return at->second;
    }
    auto measured = std::make_shared<const SpriteFacts>(measure(sprite));
    std::lock_guard lock(mutex_);
    return facts_.try_emplace(sprite.id, measured).first->second;
  }

 private:
  std::shared_ptr<Assets> assets_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const SpriteFacts>> facts_;
};

class OpenWorld final : public World {
 public:
  OpenWorld(const std::string& folder, HeldOut held_out) : wardrobe_(Assets::open(folder)), held_out_(std::move(held_out)), sound_stage_(folder) {}

  Clip render(uint64_t seed, const RenderOptions& options) const override {
    check_options(options);
    for (int redraw = 0; redraw < kMaxRedraws; ++redraw) {
      Generator generator = Generator(seed, "outline").fork(std::to_string(redraw));
      Outline outline = draw_outline(generator, wardrobe_, options);
      if (!held_out_.contains(outline)) return take(outline, seed, options);
    }
    throw UsageError("only held-out scenes fit these options (recipes/world/held_out.toml); render them with render --scene");
  }

  Clip render_scene(const nlohmann::json& scene, uint64_t seed, const RenderOptions& options) const override {
    check_options(options);
    Generator generator(seed, "scene");
    return take(outline_from_json(scene, generator, wardrobe_, options), seed, options);
  }

 private:
  Clip take(const Outline& outline, uint64_t seed, const RenderOptions& options) const {
    Scene scene = stage(outline, seed, wardrobe_, options);
    Clip clip = shoot(scene, options.pictures);
    sound_stage_.record(scene, options, clip);
    return clip;
  }

  SharedWardrobe wardrobe_;
  HeldOut held_out_;
  SoundStage sound_stage_;
};

}  // namespace

std::shared_ptr<World> World::open(const std::string& folder, const std::string& held_out) {
  std::string list = held_out.empty() ? program_folder() + "/recipes/world/held_out.toml" : held_out;
  return std::make_shared<OpenWorld>(folder, HeldOut::read(list));
}

std::string default_pack_folder() {
  if (const char* folder = std::getenv("MOVIEGEN_WORLD"); folder && *folder) return folder;
  return (std::filesystem::path(data_folder()) / "world" / "pack").string();
}

}  // namespace mg::world
