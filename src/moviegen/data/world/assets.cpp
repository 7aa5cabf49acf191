// The opened pack: subjects at once, sprites on first use, each decoded once however many threads ask.
#include <mutex>

#include "moviegen/core/error.h"
#include "moviegen/data/world/pack.h"

namespace mg::world {
namespace {

class PackAssets : public Assets {
 public:
  explicit PackAssets(Pack pack) : pack_(std::move(pack)) {
    for (size_t i = 0; i < pack_.cast.subjects.size(); ++i) by_name_[pack_.cast.subjects[i].name] = i;
    for (const auto& [id, recipe] : pack_.cast.looks) loaded_[id] = std::make_unique<Loaded>();
  }

  const std::vector<Subject>& subjects() const override { return pack_.cast.subjects; }

  const Subject& subject(std::string_view name) const override {
    const auto found = by_name_.find(std::string(name));
    if (found != by_name_.end()) return pack_.cast.subjects[found->second];
    std::string names;
    for (const Subject& each : pack_.cast.subjects) names += (names.empty() ? "" : ", ") + each.name;
    throw NotFound("no subject '{}' in {}; there are: {}", name, pack_.folder, names);
  }

  bool has_sprite(const std::string& id) const override { return pack_.cast.looks.contains(id); }

  const Sprite& look(const std::string& id) const override { return recipe(id).look; }

  std::shared_ptr<const Sprite> sprite(const std::string& id) const override {
    const LookRecipe& made_from = recipe(id);
    Loaded& slot = *loaded_.at(id);
    std::lock_guard lock(slot.mutex);
    if (!slot.sprite) slot.sprite = std::make_shared<const Sprite>(make_sprite(made_from, pack_));
    return slot.sprite;
  }

 private:
  struct Loaded {
    std::mutex mutex;
    std::shared_ptr<const Sprite> sprite;
  };

  const LookRecipe& recipe(const std::string& id) const {
    const auto found = pack_.cast.looks.find(id);
    if (found == pack_.cast.looks.end()) throw NotFound("no look '{}' in {}", id, pack_.folder);
    return found->second;
  }

  Pack pack_;
  std::unordered_map<std::string, size_t> by_name_;
  std::unordered_map<std::string, std::unique_ptr<Loaded>> loaded_;
};

}  // namespace

std::shared_ptr<Assets> Assets::open(const std::string& folder) { return std::make_shared<PackAssets>(read_pack(folder)); }

}  // namespace mg::world
