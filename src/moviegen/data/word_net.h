// WordNet's files (Debian: wordnet-base): which words name a kind of something, "terrier" of "dog", "sprint" of "run".
#pragma once
#include <map>
#include <set>
#include <string>

namespace mg::data {

enum class WordKind { kNoun, kVerb };

// For every single word below one of `targets` in the hierarchy of kinds, or beside it as a synonym: the nearest target. Farther away, for
// those that are `relatives` too: what is one step above ("feline" of "cat") and its other kinds ("goose" of "duck"). Senses that a
// word seldom has count as farther away, and rare ones not at all. `folder` has data.noun, index.noun, data.verb and index.verb.
// Throws NotFound, DataError.
std::map<std::string, std::string> kinds_of(const std::set<std::string>& targets, const std::set<std::string>& relatives, WordKind kind, const std::string& folder);

// Words that name things and are neither adjectives nor adverbs.
std::set<std::string> plain_nouns(const std::string& folder);

}  // namespace mg::data
