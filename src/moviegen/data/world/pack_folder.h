// What making the pictures and making the sounds of a pack share: marks, attribution, and putting a finished folder in
// place.
#pragma once
#include <map>
#include <string>

#include "moviegen/data/world/source_package.h"

namespace mg::world {

// Short text that differs whenever `text` does.
std::string recipe_mark(const std::string& text);

// One file of the pack and where it came from.
struct PackedFile {
  std::string file, inside;
  const SourcePackage* package;
};
using PackedFiles = std::map<std::string, PackedFile>;  // by source

// ATTRIBUTION.md: each package with its licence and files. `what` names them ("pictures"), `change` how they were changed.
std::string attribution(const PackedFiles& files, const std::string& what, const std::string& change);

// Puts the finished folder `made` in the place of `folder`, if there is one, in one step.
void put_in_place(const std::string& made, const std::string& folder);

}  // namespace mg::world
