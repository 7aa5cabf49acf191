#include "moviegen/data/word_net.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <unordered_map>
#include <vector>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"

namespace mg::data {
namespace {

constexpr int kTargetSenses = 2, kWordSenses = 3;  // of the first, which are the most frequent
constexpr int kDeepest = 6, kAbove = 6, kBeside = 7;  // levels, and what other relations cost in levels
constexpr int64_t kMostWords = 1 << 20;

struct Synset {
  std::string topic;                      // lexicographer file: 05 animals, 06 artefacts, 18 persons, …
  std::vector<std::string> words, below, above;  // lower case; offsets of narrower and wider synsets
};

using Synsets = std::unordered_map<std::string, Synset>;                // by offset
using Senses = std::unordered_map<std::string, std::vector<std::string>>;  // offsets of a word's synsets, most frequent first

std::vector<std::string> fields_of(const std::string& line) {
  std::istringstream stream(line.substr(0, line.find('|')));
  std::vector<std::string> fields;
  for (std::string field; stream >> field;) fields.push_back(field);
  return fields;
}

int64_t number(const std::string& text, int base, const std::string& name) {
  int64_t value = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > kMostWords) throw DataError("{}: expected a count, got '{}'", name, text.substr(0, 40));
  return value;
}

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// Lines of the licence begin with spaces.
template <class Visit>
void for_each_line(const std::string& path, const Visit& visit) {
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != ' ') visit(fields_of(line));
}

// offset file type count {word id}… count {symbol offset type source}…
Synsets read_synsets(const std::string& path) {
  Synsets synsets;
  for_each_line(path, [&](const std::vector<std::string>& f) {
    auto at = [&](size_t i) -> const std::string& {
      if (i >= f.size()) throw DataError("{}: a line ends early", path);
      return f[i];
    };
    Synset synset{.topic = at(1), .words = {}, .below = {}, .above = {}};
    auto words = static_cast<size_t>(number(at(3), 16, path));
    for (size_t i = 0; i < words; ++i) synset.words.push_back(lower(at(4 + 2 * i)));
    size_t first = 4 + 2 * words;
    auto pointers = static_cast<size_t>(number(at(first), 10, path));
    for (size_t i = 0; i < pointers; ++i) {
      const auto& symbol = at(first + 1 + 4 * i);
      if (symbol.starts_with('~')) synset.below.push_back(at(first + 2 + 4 * i));
      if (symbol.starts_with('@')) synset.above.push_back(at(first + 2 + 4 * i));
    }
    synsets[at(0)] = std::move(synset);
  });
  return synsets;
}

// word type senses …: the offsets come last.
Senses read_senses(const std::string& path) {
  Senses senses;
  for_each_line(path, [&](const std::vector<std::string>& f) {
    auto count = f.size() > 2 ? static_cast<size_t>(number(f[2], 10, path)) : f.size() + 1;
    if (count > f.size()) throw DataError("{}: a line ends early", path);
    senses[f[0]].assign(f.end() - static_cast<std::ptrdiff_t>(count), f.end());
  });
  return senses;
}

// Of the frequent senses the first that is an animal or a made thing, else the first: a tiger is a fierce person before it is a cat.
std::string as_a_thing(const std::vector<std::string>& offsets, const Synsets& synsets) {
  for (size_t i = 0; i < std::min<size_t>(kTargetSenses, offsets.size()); ++i)
    if (auto synset = synsets.find(offsets[i]); synset != synsets.end() && (synset->second.topic == "05" || synset->second.topic == "06")) return offsets[i];
  return offsets.front();
}

}  // namespace

std::map<std::string, std::string> kinds_of(const std::set<std::string>& targets, const std::set<std::string>& relatives, WordKind kind, const std::string& folder) {
  const char* ending = kind == WordKind::kNoun ? "noun" : "verb";
  auto synsets = read_synsets(folder + "/data." + ending);
  auto senses = read_senses(folder + "/index." + ending);
  struct Near {
    int cost;
    std::string target;
  };
  std::map<std::string, Near> nearest;
  auto take = [&](const std::string& word, const std::string& offset, int cost, const std::string& target) {
    if (word.find('_') != std::string::npos || targets.contains(word)) return;
    const auto& own = senses[word];
    auto rank = std::find(own.begin(), own.end(), offset) - own.begin();
    if (rank >= std::min<std::ptrdiff_t>(kWordSenses, std::ssize(own))) return;
    cost += 2 * static_cast<int>(rank);
    auto [at, is_new] = nearest.try_emplace(word, Near{cost, target});
    if (!is_new && cost < at->second.cost) at->second = {cost, target};
  };
  auto take_all = [&](const std::string& offset, int cost, const std::string& target) {
    if (auto synset = synsets.find(offset); synset != synsets.end())
      for (const auto& word : synset->second.words) take(word, offset, cost, target);
  };
  auto take_around = [&](const Synset& synset, const std::string& target) {
    for (const auto& offset : synset.above) {
      take_all(offset, kAbove, target);
      if (auto wider = synsets.find(offset); wider != synsets.end())
        for (const auto& other : wider->second.below) take_all(other, kBeside, target);
    }
  };
  for (const auto& target : targets) {
    auto found = senses.find(target);
    if (found == senses.end()) continue;
    auto starts = found->second;
    if (relatives.contains(target) && !starts.empty())
      if (auto common = synsets.find(as_a_thing(starts, synsets)); common != synsets.end()) take_around(common->second, target);
    for (int sense = 0; sense < std::min<int>(kTargetSenses, static_cast<int>(starts.size())); ++sense) {
      std::vector<std::string> level{starts[static_cast<size_t>(sense)]};
      std::set<std::string> seen(level.begin(), level.end());
      for (int depth = 0; depth <= kDeepest && !level.empty(); ++depth) {
        std::vector<std::string> below;
        for (const auto& offset : level) {
          auto synset = synsets.find(offset);
          if (synset == synsets.end()) continue;
          take_all(offset, depth + 2 * sense, target);
          for (const auto& next : synset->second.below)
            if (seen.insert(next).second) below.push_back(next);
        }
        level = std::move(below);
      }
    }
  }
  std::map<std::string, std::string> kinds;
  for (const auto& [word, near] : nearest) kinds[word] = near.target;
  return kinds;
}

std::map<std::string, NounSense> noun_senses(const std::string& folder) {
  constexpr int kStepsAbove = 3;
  constexpr const char* kWidest = "03";
  auto synsets = read_synsets(folder + "/data.noun");
  std::map<std::string, NounSense> nouns;
  for (const auto& [word, senses] : read_senses(folder + "/index.noun")) {
    auto at = senses.empty() ? synsets.end() : synsets.find(senses.front());
    if (at == synsets.end()) continue;
    auto& sense = nouns[word];
    sense.synset = at->first, sense.topic = at->second.topic;
    std::copy_if(at->second.words.begin(), at->second.words.end(), std::back_inserter(sense.names), [](const std::string& name) { return name.find('_') == std::string::npos; });
    for (int step = 0; at != synsets.end() && at->second.topic != kWidest && step <= kStepsAbove; ++step) {
      sense.kinds.insert(at->first);
      at = at->second.above.empty() ? synsets.end() : synsets.find(at->second.above.front());
    }
  }
  for (const char* other : {"/index.adj", "/index.adv"})
    for (const auto& [word, senses] : read_senses(folder + other)) nouns.erase(word);
  return nouns;
}

}  // namespace mg::data
