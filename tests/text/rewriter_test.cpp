#include "moviegen/text/rewriter.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"

namespace mg::text {
namespace {

Rewriter rewriter() {
  return {{"a", "an", "the", "dog", "runs", "across", "beach", "elephant", "to", "left", "in"}, {{"puppy", "dog"}, {"dashes", "runs"}, {"seaside", "beach"}, {"mammoth", "elephant"}}};
}

TEST(Rewriter, TurnsUnknownWordsIntoKnownOnes) {
  auto [prompt, changes] = rewriter().rewrite("A majestic puppy dashes across the seaside!");
  EXPECT_EQ(prompt, "A dog runs across the beach!");
  EXPECT_EQ(changes, (std::vector<std::string>{"puppy → dog", "dashes → runs", "seaside → beach", "left out: majestic"}));
}

TEST(Rewriter, LeavesAloneWhatItKnowsOrCannotRead) {
  for (const char* prompt : {"the dog runs to the left", "", "12 34", "\xE7\x8A\xAC runs", "caf\xC3\xA9 in 4k", "dog in \"puppy\"", "majestic splendour"}) {
    auto [rewritten, changes] = rewriter().rewrite(prompt);
    EXPECT_EQ(rewritten, prompt);
    EXPECT_TRUE(changes.empty()) << prompt;
  }
}

TEST(Rewriter, KeepsArticlesAndSpacesInOrder) {
  EXPECT_EQ(rewriter().rewrite("a mammoth runs").prompt, "an elephant runs");
  EXPECT_EQ(rewriter().rewrite("An ugly puppy, very wet, runs").prompt, "A dog, , runs");
  EXPECT_EQ(rewriter().rewrite("splendid dog").prompt, "dog");
  EXPECT_EQ(rewriter().rewrite("a dog runs across a treadmill in the beach").prompt, "a dog runs across in the beach");
  EXPECT_EQ(rewriter().rewrite("the dog runs to the zeppelin").prompt, "the dog runs to");
  EXPECT_EQ(rewriter().rewrite("a zeppelin").prompt, "a zeppelin");
  EXPECT_EQ(rewriter().rewrite("a dog runs \"puppy love\" puppy").prompt, "a dog runs \"puppy love\" dog");
}

TEST(Rewriter, ComesBackFromAModelFolder) {
  auto folder = testing::TempDir() + "rewriter-model";
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(Rewriter::load(folder));
  rewriter().save(folder);
  auto loaded = Rewriter::load(folder);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->rewrite("puppy").prompt, "dog");
  EXPECT_NE(read_text(folder + "/model_index.json").find("rewriter"), std::string::npos);
  auto broken = [&](const std::string& fields) {
    write_text(folder + "/rewriter/config.json", R"({"_class_name": "MovieGenRewriter", )" + fields + "}");
    EXPECT_THROW(Rewriter::load(folder), DataError) << fields;
  };
  broken(R"("known": ["dog"])");
  broken(R"("known": "dog", "words": {})");
  broken(R"("known": ["dog", 3], "words": {})");
  broken(R"("known": ["dog"], "words": {"puppy": "cat"})");
  broken(R"("known": ["dog"], "words": {"puppy": ["dog"]})");
  broken(R"("known": ["Dog"], "words": {})");
  broken(R"("known": ["d og"], "words": {})");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mg::text
