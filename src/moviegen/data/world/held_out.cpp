#include "moviegen/data/world/held_out.h"

#include <algorithm>

#include "moviegen/core/config.h"

namespace mg::world {
namespace {

std::string text_of(const Json& table, const char* key, const std::string& path) {
  auto at = table.find(key);
  if (at == table.end()) return "";
  if (!at->is_string()) throw DataError("{}: '{}' must be a text, got {}", path, key, at->dump());
  return at->get<std::string>();
}

bool agrees(const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; }

bool matches(const HeldOut::Combination& one, const Outline& outline, const Role& role) {
  bool wears_all = std::all_of(one.wears.begin(), one.wears.end(), [&](const std::string& worn) {
    return std::find(role.wears.begin(), role.wears.end(), worn) != role.wears.end();
  });
  return wears_all && agrees(one.subject, role.subject) && agrees(one.place, outline.place) && agrees(one.motion, role.motion) &&
         agrees(one.holds, role.holds) && agrees(one.relation, outline.relation);
}

}  // namespace

HeldOut HeldOut::read(const std::string& path) {
  Json tree = read_toml(path);
  HeldOut out;
  for (const Json& triple : tree.value("triples", Json::array())) {
    bool is_triple = triple.is_array() && triple.size() == 3 && std::all_of(triple.begin(), triple.end(), [](const Json& v) { return v.is_string(); });
    if (!is_triple) throw DataError("{}: a triple is [subject, place, motion], got {}", path, triple.dump());
    out.triples.push_back({triple[0].get<std::string>(), triple[1].get<std::string>(), triple[2].get<std::string>()});
  }
  for (const Json& table : tree.value("combination", Json::array())) {
    if (!table.is_object()) throw DataError("{}: a [[combination]] is a table, got {}", path, table.dump());
    Combination one;
    one.name = text_of(table, "name", path), one.subject = text_of(table, "subject", path), one.place = text_of(table, "place", path);
    one.motion = text_of(table, "motion", path), one.holds = text_of(table, "holds", path), one.relation = text_of(table, "relation", path);
    for (const Json& worn : table.value("wears", Json::array())) {
      if (!worn.is_string()) throw DataError("{}: 'wears' is a list of names, got {}", path, worn.dump());
      one.wears.push_back(worn.get<std::string>());
    }
    if (one.subject.empty()) throw DataError("{}: combination '{}' names no subject", path, one.name);
    out.combinations.push_back(one);
  }
  return out;
}

bool HeldOut::contains(const Outline& outline) const {
  return std::any_of(outline.roles.begin(), outline.roles.end(), [&](const Role& role) {
    std::array<std::string, 3> triple = {role.subject, outline.place, role.motion};
    return std::find(triples.begin(), triples.end(), triple) != triples.end() ||
           std::any_of(combinations.begin(), combinations.end(), [&](const Combination& one) { return matches(one, outline, role); });
  });
}

}  // namespace mg::world
