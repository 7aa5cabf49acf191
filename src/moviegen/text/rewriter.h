// Prompt rewriting (facts 5.2), built in: words that the model's captions never used become the nearest ones that they did, "a puppy
// dashes across the seaside" → "a dog runs across the beach". The table comes with the model (part "rewriter", made by
// data/rewriter_table.h from word vectors), so that nothing large is loaded.
//
//   if (auto rewriter = Rewriter::load(folder)) auto [prompt, changes] = rewriter->rewrite("a majestic feline naps");
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "moviegen/core/config.h"

namespace mg::text {

inline constexpr const char* kRewriterPart = "rewriter";

struct Rewritten {
  std::string prompt;
  std::vector<std::string> changes;  // "feline → cat", "left out: majestic"
};

class Rewriter {
 public:
  // Words in lower case. Keys of `words` are not among the known; their values are.
  Rewriter(std::set<std::string> known, std::map<std::string, std::string> words);
  // The part of a model folder, or nothing if it has none. Throws DataError.
  static std::optional<Rewriter> load(const std::string& folder);
  void save(const std::string& folder) const;

  // What stands in double quotes, numbers and words in other scripts stay. If nothing would be left, the prompt comes back as it was.
  Rewritten rewrite(const std::string& prompt) const;

 private:
  std::set<std::string> known_;
  std::map<std::string, std::string> words_;
};

}  // namespace mg::text
