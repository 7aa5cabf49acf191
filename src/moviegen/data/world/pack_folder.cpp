#include "moviegen/data/world/pack_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/random.h"

namespace mg::world {

namespace fs = std::filesystem;

std::string recipe_mark(const std::string& text) { return fmt::format("{:016x}{:016x}", Generator(1, text).next(), Generator(2, text).next()); }

std::string attribution(const PackedFiles& files, const std::string& what, const std::string& change) {
  std::string text = fmt::format("# Attribution\n\nThe {} of this pack are the work of others. Each package, its licence, and each file taken from it, {}:\n", what, change);
  std::set<const SourcePackage*> packages;
  for (const auto& [source, packed] : files) packages.insert(packed.package);
  std::vector<const SourcePackage*> sorted(packages.begin(), packages.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  for (const SourcePackage* package : sorted) {
    text += fmt::format("\n## {} {} ({})\n\n{}. Copyright: {}. Licence: {}. May be passed on: {}.\n\n", package->name, package->version,
                        package->kind, package->about, package->holder, package->licence, package->redistribute);
    if (!package->notice.empty()) text += package->notice + "\n";
    for (const auto& [source, packed] : files)
      if (packed.package == package) text += fmt::format("- `{}` is `{}`\n", packed.file, packed.inside);
  }
  return text;
}

void put_in_place(const std::string& made, const std::string& folder) {
  make_folder(fs::path(folder).parent_path().string());
  if (!fs::exists(folder)) {
    fs::rename(made, folder);
  } else if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(made);
  } else {  // a file system without exchange
    fs::remove_all(folder);
    fs::rename(made, folder);
  }
}

}  // namespace mg::world
