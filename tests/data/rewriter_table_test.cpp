#include "moviegen/data/rewriter_table.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"

namespace mg::data {
namespace {

class CaptionWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    EXPECT_FALSE(options.pictures);
    world::Clip clip;
    clip.captions = {"a dog", seed % 2 ? "the dog runs" : "A dog-like dog.", "the dog's beach"};
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& options) const override { return render(seed, options); }
};

// Vectors that point along an axis, with a little of the next.
std::string vectors_file(const std::string& name, const std::vector<std::pair<std::string, std::pair<int, double>>>& words) {
  nlohmann::ordered_json file = {{"precision", 8}, {"size", words.size()}, {"words", Json::array()}, {"vectors", Json::object()}, {"unkVector", Json::array({1, 2})}};
  for (const auto& [word, place] : words) {
    std::vector<double> vector(102, 0);
    vector[static_cast<size_t>(place.first)] = 3, vector[static_cast<size_t>(place.first) + 1] = place.second;
    file["words"].push_back(word);
    file["vectors"][word] = vector;
  }
  auto path = testing::TempDir() + name;
  write_text(path, file.dump());
  return path;
}

TEST(RewriterTable, GivesWordsTheNearestOfTheCaptions) {
  CaptionWorld world;
  auto path = vectors_file("vectors.json", {{"the", {50, 0}}, {"dog", {0, 0}}, {"runs", {10, 0}}, {"beach", {20, 0}}, {"puppy", {0, 1}}, {"dashes", {10, 0.5}}, {"thee", {50, 0.1}},
                                            {"far", {30, 0}}, {"it", {0, 0}}, {"no1", {0, 0}}, {"rare", {0, 0.1}}});
  auto rewriter = make_rewriter(world, {}, {.vectors = path, .clips = 4, .words = 10});
  EXPECT_EQ(rewriter.rewrite("the puppy dashes").prompt, "the dog runs");
  EXPECT_EQ(rewriter.rewrite("dog far thee").prompt, "dog ");  // too far; grammar is no target
  EXPECT_EQ(rewriter.rewrite("dog rare").prompt, "dog ");      // not among the ten
  EXPECT_EQ(rewriter.rewrite("dog-like dog's").changes.size(), 0u);
}

TEST(RewriterTable, RefusesWhatAreNoVectors) {
  CaptionWorld world;
  EXPECT_THROW(make_rewriter(world, {}, {.vectors = "/nowhere.json", .clips = 4}), NotFound);
  for (const char* text : {"", "[1, 2", "{\"words\": [\"dog\"]}", "{\"words\": [\"dog\"], \"vectors\": {\"dog\": [1, 2]}}", "3"}) {
    auto path = testing::TempDir() + "broken.json";
    write_text(path, text);
    EXPECT_THROW(make_rewriter(world, {}, {.vectors = path, .clips = 4}), DataError) << text;
  }
  auto strange = vectors_file("strange.json", {{"cat", {0, 0}}});
  EXPECT_THROW(make_rewriter(world, {}, {.vectors = strange, .clips = 4}), DataError);
  EXPECT_THROW(make_rewriter(world, {}, {.vectors = strange, .clips = 0}), UsageError);
}

}  // namespace
}  // namespace mg::data
