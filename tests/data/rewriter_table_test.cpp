#include "moviegen/data/rewriter_table.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"

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

WorldSettings sample() {
  WorldSettings settings;
  settings.folder = MG_SOURCE_DIR "/tests/data/world_sample";
  return settings;
}

// "terrier" and "cur" below "dog", whose second sense is a person; "dogie" in a rare sense; "sprint" below "run".
std::string wordnet() {
  auto folder = testing::TempDir() + "wordnet";
  make_folder(folder);
  write_text(folder + "/data.noun",
             "  1 a licence\n00000001 05 n 02 dog 0 domestic_dog 0 002 ~ 00000002 n 0000 @ 00000009 n 0000 | a member of the genus Canis\n"
             "00000009 05 n 01 canine 0 002 ~ 00000001 n 0000 ~ 00000008 n 0000 | dogs and wolves\n00000008 05 n 01 wolf 0 001 @ 00000009 n 0000 | a wild one\n"
             "00000002 05 n 03 Terrier 0 cur 0 dogie 0 002 @ 00000001 n 0000 ~ 00000001 n 0000 | a small one, and back in a circle\n"
             "00000003 18 n 02 dog 1 rascal 0 000 | a person\n00000004 18 n 01 cur 1 000 | another\n");
  write_text(folder + "/index.noun", "dog n 2 1 ~ 2 1 00000001 00000003\ndomestic_dog n 1 0 1 0 00000001\nterrier n 1 0 1 0 00000002\ncur n 2 0 2 0 00000004 00000002\n"
                                     "dogie n 4 0 4 0 00000005 00000006 00000007 00000002\nrascal n 1 0 1 0 00000003\n"
                                     "canine n 1 0 1 0 00000009\nwolf n 1 0 1 0 00000008\n");
  write_text(folder + "/index.adj", "merry a 1 0 1 0 00000001\n"), write_text(folder + "/index.adv", "");
  write_text(folder + "/data.verb", "00000001 38 v 01 run 0 001 ~ 00000002 v 0000 01 + 02 00 | move fast\n00000002 38 v 03 sprint 0 jog 0 hurry 0 000 01 + 02 00 | faster\n");
  write_text(folder + "/index.verb", "run v 1 0 1 0 00000001\nsprint v 1 0 1 0 00000002\njog v 1 0 1 0 00000002\nhurry v 1 0 1 0 00000002\n");
  return folder;
}

TEST(RewriterTable, GivesWordsTheKindOfThingTheyAre) {
  CaptionWorld world;
  auto rewriter = make_rewriter(world, sample(), {.wordnet = wordnet(), .clips = 4});
  EXPECT_EQ(rewriter.rewrite("the terrier sprints").prompt, "the dog runs");
  EXPECT_EQ(rewriter.rewrite("the cur jogs").prompt, "the dog runs");
  EXPECT_EQ(rewriter.rewrite("the rascal hurries").prompt, "the dog runs");
  EXPECT_EQ(rewriter.rewrite("the wolf runs").prompt, "the dog runs");    // another kind of canine
  EXPECT_EQ(rewriter.rewrite("the canine runs").prompt, "the dog runs");  // the wider word
  EXPECT_EQ(rewriter.rewrite("the dogie runs").prompt, "the runs");  // too rare a sense
  EXPECT_EQ(rewriter.rewrite("the dog sprinting").prompt, "the dog");  // captions never say "running"
}

TEST(RewriterTable, RefusesBrokenWordNet) {
  CaptionWorld world;
  EXPECT_THROW(make_rewriter(world, sample(), {.wordnet = "/nowhere", .clips = 4}), NotFound);
  EXPECT_THROW(make_rewriter(world, sample(), {.clips = 4}), UsageError);
  for (const char* line : {"00000001 05 n 02 dog 0\n", "00000001 05 n zz dog 0 000\n", "00000001 05 n 01 dog 0 999999999999 ~\n", "1\n"}) {
    auto folder = wordnet();
    write_text(folder + "/data.noun", line);
    EXPECT_THROW(make_rewriter(world, sample(), {.wordnet = folder, .clips = 4}), DataError) << line;
  }
  auto folder = wordnet();
  write_text(folder + "/index.noun", "dog n 9 1\n");
  EXPECT_THROW(make_rewriter(world, sample(), {.wordnet = folder, .clips = 4}), DataError);
}

TEST(RewriterTable, GivesWordsTheNearestOfTheCaptions) {
  CaptionWorld world;
  auto path = vectors_file("vectors.json", {{"the", {50, 0}}, {"dog", {0, 0}}, {"runs", {10, 0}}, {"beach", {20, 0}}, {"puppy", {0, 1}}, {"dashes", {10, 0.5}}, {"thee", {50, 0.1}},
                                            {"far", {30, 0}}, {"it", {0, 0}}, {"no1", {0, 0}}, {"rare", {0, 0.1}}});
  auto rewriter = make_rewriter(world, sample(), {.vectors = path, .clips = 4, .words = 10});
  EXPECT_EQ(rewriter.rewrite("the puppy dashes").prompt, "the dog runs");
  EXPECT_EQ(rewriter.rewrite("dog far thee").prompt, "dog");  // too far; grammar is no target
  EXPECT_EQ(rewriter.rewrite("dog rare").prompt, "dog");      // not among the ten
  EXPECT_EQ(rewriter.rewrite("dog-like dog's").changes.size(), 0u);
}

TEST(RewriterTable, OnlyThingsBecomeOthersByTheirVectors) {
  CaptionWorld world;
  auto path = vectors_file("things.json", {{"dog", {0, 0}}, {"merry", {0, 0.1}}, {"wolf", {20, 0}}, {"beach", {20, 0}}});
  auto rewriter = make_rewriter(world, sample(), {.wordnet = wordnet(), .vectors = path, .clips = 4});
  EXPECT_EQ(rewriter.rewrite("the merry wolf").prompt, "the dog");  // an adjective is left out; WordNet comes first
}

// The sample world's captions say "beach"; a shore is near to a dog here, a cove to nothing much, and both are formations like the beach.
TEST(RewriterTable, PlacesBecomePlaces) {
  CaptionWorld world;
  auto folder = wordnet();
  auto add = [&](const char* file, const std::string& lines) { write_text(folder + file, read_text(folder + file) + lines); };
  add("/data.noun", "00000020 17 n 01 formation 0 001 @ 00000030 n 0000 | of the ground\n00000030 03 n 01 object 0 000 | anything\n00000021 17 n 01 beach 0 001 @ 00000020 n 0000 | sand\n"
                    "00000022 17 n 01 shore 0 001 @ 00000020 n 0000 | edge\n00000023 17 n 01 cove 0 001 @ 00000020 n 0000 | bay\n00000024 06 n 01 lamp 0 001 @ 00000030 n 0000 | light\n"
                    "00000025 17 n 02 seashore 0 coast 0 001 @ 00000030 n 0000 | two words for it\n00000026 17 n 01 lido 0 001 @ 00000021 n 0000 | a kind of beach\n");
  add("/index.noun", "beach n 1 0 1 0 00000021\nshore n 1 0 1 0 00000022\ncove n 1 0 1 0 00000023\nlamp n 1 0 1 0 00000024\nseashore n 1 0 1 0 00000025\ncoast n 1 0 1 0 00000025\nlido n 1 0 1 0 00000026\n");
  auto path = vectors_file("places.json", {{"dog", {0, 0}}, {"beach", {20, 0}}, {"shore", {0, 0.1}}, {"shores", {20, 2}}, {"lamp", {0, 0.1}}, {"lamps", {0, 0.1}}, {"cove", {19, 1.2}},
                                           {"seashore", {0, 0.1}}, {"coast", {20, 0}}, {"lido", {19, 0.7}}});
  auto rewriter = make_rewriter(world, sample(), {.wordnet = folder, .vectors = path, .clips = 4});
  EXPECT_EQ(rewriter.rewrite("dog shores").prompt, "dog beach");  // a plural
  EXPECT_EQ(rewriter.rewrite("dog cove").prompt, "dog beach");    // 0.37 by the vectors alone
  EXPECT_EQ(rewriter.rewrite("dog shore").prompt, "dog");         // not a dog, though the vectors say so, and by them not a beach
  EXPECT_EQ(rewriter.rewrite("dog seashore").prompt, "dog beach");  // its other name is near
  EXPECT_EQ(rewriter.rewrite("dog lido").prompt, "dog beach");      // 0.23 by the vectors alone, and below it
  EXPECT_EQ(rewriter.rewrite("lamp").prompt, "dog");              // what is made may be named by what is seen with it
  EXPECT_EQ(rewriter.rewrite("dog lamps").prompt, "dog");
}

TEST(RewriterTable, RefusesWhatAreNoVectors) {
  CaptionWorld world;
  EXPECT_THROW(make_rewriter(world, sample(), {.vectors = "/nowhere.json", .clips = 4}), NotFound);
  for (const char* text : {"", "[1, 2", "{\"words\": [\"dog\"]}", "{\"words\": [\"dog\"], \"vectors\": {\"dog\": [1, 2]}}", "3"}) {
    auto path = testing::TempDir() + "broken.json";
    write_text(path, text);
    EXPECT_THROW(make_rewriter(world, sample(), {.vectors = path, .clips = 4}), DataError) << text;
  }
  auto strange = vectors_file("strange.json", {{"cat", {0, 0}}});
  EXPECT_THROW(make_rewriter(world, sample(), {.vectors = strange, .clips = 4}), DataError);
  EXPECT_THROW(make_rewriter(world, sample(), {.vectors = strange, .clips = 0}), UsageError);
}

}  // namespace
}  // namespace mg::data
