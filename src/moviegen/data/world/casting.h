// Which look of a subject can show what it does (outline.cpp and extras.cpp cast with it), and draws from lists.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

template <class T>
const T& pick(Generator& generator, const std::vector<T>& list) {
  return list[generator.below(static_cast<int>(list.size()))];
}

template <class T>
void shuffle(Generator& generator, std::vector<T>& list) {
  for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[generator.below(static_cast<int>(i))]);
}

// An empty list holds everything.
inline bool contains(const std::vector<std::string>& list, std::string_view name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

struct LookRules {
  const RenderOptions& options;
  bool plain = false;
};

// A look of the subject that can show the motion, or "".
std::string choose_look(Generator& generator, const Wardrobe& wardrobe, const Subject& subject, const Motion& motion, const LookRules& rules);

// A named colour for a role whose subject and look take one, with this chance; else "".
std::string choose_color(Generator& generator, const Wardrobe& wardrobe, const Role& role, double share);

}  // namespace mg::world
