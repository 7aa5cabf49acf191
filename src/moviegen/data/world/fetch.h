// Fetching the raw material of the training world: packages of pictures and sounds, checked and copied into a pack.
//
//   <data folder>/world/raw/{npm,deb}/…   the packages as downloaded; kept, so that a second run needs no network
//   <pack folder>/…                       what Assets::open reads (pack.h)
#pragma once
#include <string>
#include <vector>

namespace mg::world {

struct FetchOptions {
  bool animated_assets = true;        // false leaves out packages marked `animated`
  bool sounds = true;                 // false: pictures only; everything is heard as made by code then
  bool force = false;                 // makes the pack anew even if it is complete
  std::vector<std::string> sets;      // only these sets of sources ("3d"); empty = all
  std::vector<std::string> subjects;  // only these; empty = all
  std::string recipes;                // folder with sources.toml and subjects.toml; empty = the program's recipes/world
  std::string raw;                    // where packages are kept; empty = <data folder>/world/raw
  std::string pack;                   // the pack to make; empty = default_pack_folder()
};

// Downloads what is missing, checks every archive, and makes the pack. Pictures and sounds are made each on their own, and
// only if they are missing or of another recipe; the old pack stays until the new one is whole.
// Throws NotFound or ResourceError with the package and the command that failed, DataError for an archive that differs.
void fetch(const FetchOptions& options);

}  // namespace mg::world
