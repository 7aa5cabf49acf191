// Makes the sounds of a pack from recipes/world/sounds.toml (sound_pack.h). fetch.h is the door.
#pragma once
#include <string>
#include <vector>

#include "moviegen/data/world/source_package.h"

namespace mg::world {

// Downloads what is missing below `raw`, and makes <pack>/sounds unless it is there and of this recipe. `packages` are
// those that may be used; recordings of others are left out. Throws as fetch() does.
void fetch_sounds(const std::string& recipe, const std::vector<SourcePackage>& packages, const std::string& raw, const std::string& pack, bool force);

}  // namespace mg::world
