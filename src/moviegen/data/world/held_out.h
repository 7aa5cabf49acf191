// Scenes that are never rendered for training: (subject, place, motion) triples, and the acceptance scenes as exact
// combinations. Read from recipes/world/held_out.toml.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

struct HeldOut {
  struct Combination {
    std::string name, subject, place, motion, holds, relation;  // "" = any
    std::vector<std::string> wears;                             // all of them
  };
  std::vector<std::array<std::string, 3>> triples;  // subject, place, motion
  std::vector<Combination> combinations;

  static HeldOut read(const std::string& path);  // throws NotFound, DataError
  bool contains(const Outline& outline) const;
};

}  // namespace mg::world
