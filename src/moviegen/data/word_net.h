// WordNet's files (Debian: wordnet-base): which words name a kind of something, "terrier" of "dog", "sprint" of "run".
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mg::data {

enum class WordKind { kNoun, kVerb };

// For every single word below one of `targets` in the hierarchy of kinds, or beside it as a synonym: the nearest target. Farther away, for
// those that are `relatives` too: what is one step above ("feline" of "cat") and its other kinds ("goose" of "duck"). Senses that a
// word seldom has count as farther away, and rare ones not at all. `folder` has data.noun, index.noun, data.verb and index.verb.
// Throws NotFound, DataError.
std::map<std::string, std::string> kinds_of(const std::set<std::string>& targets, const std::set<std::string>& relatives, WordKind kind, const std::string& folder);

// The most frequent sense of a noun.
struct NounSense {
  std::string synset;               // offset of the sense in data.noun
  std::vector<std::string> names;   // single words for it, itself among them
  std::string topic;                // WordNet's lexicographer file: "05" animals, "06" what is made, "15" places, "17" what is in nature, "20" plants, …
  std::set<std::string> kinds;      // its synset and what is up to three steps above it, but for the widest ones ("object")
};
// Of words that name things and are neither adjectives nor adverbs.
std::map<std::string, NounSense> noun_senses(const std::string& folder);

}  // namespace mg::data
