// The packages of recipes/world/sources.toml: getting their archives, and files out of them.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mg::world {

struct SourcePackage {
  std::string kind;          // "npm" or "deb"
  std::string name, version, archive, sha256;
  std::string set, path, sounds;  // see sources.toml; a package has pictures at `path`, sounds, or both
  std::string licence, holder, redistribute, about, notice;
  bool animated = false;
  bool container = false;    // sounds lie in resource_container.h files

  // The path inside the package of a source such as "anim/1f415".
  std::string path_of(const std::string& source) const;
  // The same of a sound; of its container if it lies in one, in which it is the entry that ends with entry_of().
  std::string sound_path_of(const std::string& source) const;
  std::string entry_of(const std::string& source) const;
  // Both together, for people.
  std::string inside_of_sound(const std::string& source) const;
  bool holds_set_of(const std::string& source) const { return source.starts_with(set + "/"); }
};

std::vector<SourcePackage> read_packages(const nlohmann::json& tree, const std::string& name);

// The checked archive of a package below `raw`, downloaded if it is missing or not what it should be.
std::string archive_of(const SourcePackage& package, const std::string& raw);

// Unpacks from `archive` those of `paths` it holds into `folder`; of Debian packages everything.
void unpack(const SourcePackage& package, const std::string& archive, const std::vector<std::string>& paths,
            const std::string& folder);

}  // namespace mg::world
