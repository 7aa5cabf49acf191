#include "moviegen/data/world/caption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "moviegen/data/world/world.h"
#include "sample_world.h"

namespace mg::world {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool says_any(const std::string& caption, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return lower(caption).find(lower(word)) != std::string::npos; });
}

TEST(Caption, ArticlesFollowTheSound) {
  EXPECT_EQ(with_article("fox"), "a fox");
  EXPECT_EQ(with_article("elephant"), "an elephant");
  EXPECT_EQ(with_article("orange cat"), "an orange cat");
  EXPECT_EQ(with_article("unicorn"), "a unicorn");
  EXPECT_EQ(with_article("umbrella"), "an umbrella");
  EXPECT_EQ(with_article("UFO"), "a UFO");
  EXPECT_EQ(with_article("SUV"), "an SUV");
  EXPECT_EQ(with_article("T-Rex"), "a T-Rex");
}

TEST(Caption, ParticiplesAreSpelled) {
  for (auto [third, ing] : {std::pair{"runs", "running"}, {"hops", "hopping"}, {"walks", "walking"}, {"dances", "dancing"}, {"flies", "flying"},
                            {"lies", "lying"}, {"swims", "swimming"}, {"speeds", "speeding"}, {"waddles", "waddling"}, {"gallops", "galloping"},
                            {"races", "racing"}, {"charges", "charging"}, {"dashes", "dashing"}, {"goes away", "going away"}, {"scurries", "scurrying"},
                            {"rolls", "rolling"}, {"blasts off", "blasting off"}, {"bobs", "bobbing"}, {"trots", "trotting"}})
    EXPECT_EQ(participle(third), ing);
}

TEST(Caption, NormalNamesSubjectPlaceAndDirection) {
  RenderOptions options;
  options.width = options.height = 32, options.frames = 2;
  auto assets = sample_assets();
  for (uint64_t seed = 0; seed < 120; ++seed) {
    Clip clip = sample_world()->render(seed, options);
    const auto& lead = clip.labels["subjects"][0];
    const Subject& subject = assets->subject(lead["subject"].get<std::string>());
    std::vector<std::string> nouns = subject.synonyms;
    nouns.push_back(subject.name);
    if (clip.labels["count"] > 1) std::transform(nouns.begin(), nouns.end(), nouns.begin(), plural_of);
    for (const std::string& caption : {clip.captions.normal, clip.captions.full}) {
      EXPECT_TRUE(says_any(caption, nouns)) << caption;
      std::vector<std::string> ends;
      // A place phrase may change its preposition ("through the snow"); its last words stay.
      for (const std::string& phrase : place_named(clip.labels["place"].get<std::string>()).phrases)
        ends.push_back(phrase.substr(phrase.rfind(' ') + 1));
      EXPECT_TRUE(says_any(caption, ends)) << caption;
      std::string direction = lead["direction"];
      bool says_left = says_any(caption.substr(0, caption.find(". ")), {"left"}), says_right = says_any(caption.substr(0, caption.find(". ")), {"right", "rightwards"});
      EXPECT_TRUE(direction != "left" || says_left) << caption;
      EXPECT_TRUE(direction != "right" || says_right) << caption;
    }
    EXPECT_TRUE(says_any(clip.captions.brief, nouns)) << clip.captions.brief;
  }
}

TEST(Caption, ConditionsAreOnlySaidWhenTrue) {
  RenderOptions options;
  options.width = options.height = 32, options.frames = 2;
  const std::vector<std::pair<std::string, std::vector<std::string>>> times = {
      {"night", {"at night", "in the dark", "by night"}}, {"sunset", {"at sunset", "evening sun"}}, {"dawn", {"at dawn", "at sunrise"}}};
  const std::vector<std::pair<std::string, std::vector<std::string>>> weathers = {
      {"rain", {"in the rain", "it rains", "rainy weather"}}, {"fog", {"the fog", "foggy", "thick fog"}}, {"storm", {"a storm", "stormy"}}};
  for (uint64_t seed = 0; seed < 120; ++seed) {
    Clip clip = sample_world()->render(seed, options);
    for (const auto& [name, words] : times)
      EXPECT_TRUE(clip.labels["time"] == name || !says_any(clip.captions.full, words)) << clip.captions.full;
    for (const auto& [name, words] : weathers)
      EXPECT_TRUE(clip.labels["weather"] == name || clip.labels["place"] == "stormy sea" || !says_any(clip.captions.full, words)) << clip.captions.full;
  }
}

TEST(Caption, WordingVaries) {
  RenderOptions options;
  options.width = options.height = 32, options.frames = 1;
  std::set<std::string> captions;
  const std::string subject = sample_assets()->subjects().front().name;
  options.subjects = {subject}, options.places = {"meadow"}, options.motions = {"stand"};
  for (uint64_t seed = 0; seed < 40; ++seed) captions.insert(sample_world()->render(seed, options).captions.normal);
  EXPECT_GT(captions.size(), 20u);
}

}  // namespace
}  // namespace mg::world
