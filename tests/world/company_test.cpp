// Company, groups, riders, clothes, legs and what is in the air: who is drawn where, and that captions and labels say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "moviegen/core/error.h"
#include "moviegen/data/world/caption.h"
#include "moviegen/data/world/motion.h"
#include "moviegen/data/world/world.h"
#include "sample_world.h"

namespace mg::world {
namespace {

using nlohmann::json;

bool says_any(const std::string& caption, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return caption.find(word) != std::string::npos; });
}

double middle(const json& box) { return (box[0].get<double>() + box[2].get<double>()) / 2; }

TEST(Company, IsDrawnOftenStaysInsideAndIsNamed) {
  auto assets = sample_assets();
  int pairs = 0, groups = 0, dressed = 0, in_air = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Clip clip = sample_world()->render(seed, small_options(2));
    const json& subjects = clip.labels["subjects"];
    groups += clip.labels["count"].get<int>() > 1;
    dressed += !subjects[0]["wears"].empty() || subjects[0]["holds"] != "";
    in_air += clip.labels["particles"] != "none";
    if (clip.labels["relation"] == "") continue;
    ++pairs;
    ASSERT_GE(subjects.size(), 2u) << "seed " << seed;
    for (const json& subject : subjects) {
      // A falling leader is the one exception of the world's rule; company never falls.
      EXPECT_GE(subject["least_inside"].get<double>(), 0.75) << "seed " << seed << " " << subject["subject"] << " " << clip.captions.normal;
      std::vector<std::string> nouns = assets->subject(subject["subject"].get<std::string>()).synonyms;
      nouns.push_back(subject["subject"].get<std::string>());
      EXPECT_TRUE(says_any(clip.captions.normal, nouns)) << clip.captions.normal;
      EXPECT_TRUE(says_any(clip.captions.brief, nouns)) << clip.captions.brief;
    }
  }
  EXPECT_GT(pairs, 40);
  EXPECT_LT(pairs, 150);
  EXPECT_GT(groups, 8);
  EXPECT_GT(dressed, 20);
  EXPECT_GT(in_air, 8);
}

TEST(Company, ComesAsOftenAsAskedFor) {
  RenderOptions none = small_options(2), always = small_options(2);
  none.pictures = always.pictures = false;
  none.company = none.clothes = none.colors = 0;
  always.company = always.clothes = always.colors = 1;
  auto count = [](const RenderOptions& options) {
    std::array<int, 3> seen{};  // two kinds that neither ride nor are ridden, something worn, a colour
    for (uint64_t seed = 0; seed < 100; ++seed) {
      json labels = sample_world()->render(seed, options).labels;
      const json& lead = labels["subjects"][0];
      bool has_legs = std::find(lead["wears"].begin(), lead["wears"].end(), "legs") != lead["wears"].end();
      seen[0] += labels["relation"] != "" && labels["relation"] != "rides";
      seen[1] += !has_legs && (!lead["wears"].empty() || lead["holds"] != "");
      seen[2] += lead["color"] != "";
    }
    return seen;
  };
  EXPECT_EQ(count(none), (std::array<int, 3>{}));
  auto usual = count(small_options(2)), often = count(always);
  for (size_t i = 0; i < usual.size(); ++i) EXPECT_GT(often[i], usual[i]) << i;
  EXPECT_GT(often[0], 50);
  none.company = 1.5;
  EXPECT_THROW(sample_world()->render(0, none), UsageError);
}

TEST(Company, NobodyElseIsThereWhenOneSubjectIsAllowed) {
  RenderOptions options = small_options(1);
  options.max_subjects = 1;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    json labels = sample_world()->render(seed, options).labels;
    EXPECT_EQ(labels["subjects"].size(), 1u) << "seed " << seed;
    EXPECT_EQ(labels["count"], 1) << "seed " << seed;
  }
}

TEST(Company, WhoIsNamedTwiceComesTwiceAsOften) {
  RenderOptions options = small_options(1);
  options.pictures = false, options.max_subjects = 1;
  options.subjects = {"dog", "horse", "dog", "dog"};
  int dogs = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) dogs += sample_world()->render(seed, options).labels["subjects"][0]["subject"] == "dog";
  EXPECT_NEAR(dogs, 150, 25);
}

TEST(Company, AChaserFollowsAtTheSameSpeed) {
  for (const char* direction : {"left", "right"})
    for (uint64_t seed = 0; seed < 6; ++seed) {
      Clip clip = sample_clip({{"subject", "dog"}, {"with", "horse"}, {"relation", "chases"}, {"motion", "run"}, {"place", "meadow"}, {"direction", direction}, {"camera", "static"}}, 12, seed);
      const json &dog = clip.labels["subjects"][0], &horse = clip.labels["subjects"][1];
      double sign = std::string(direction) == "left" ? -1 : 1;
      for (size_t frame = 0; frame < dog["boxes"].size(); ++frame) EXPECT_GT(sign * (middle(dog["boxes"][frame]) - middle(horse["boxes"][frame])), 0.1) << clip.captions.normal;
      double gap_first = middle(dog["boxes"].front()) - middle(horse["boxes"].front()), gap_last = middle(dog["boxes"].back()) - middle(horse["boxes"].back());
      EXPECT_NEAR(gap_first, gap_last, 0.06);
      EXPECT_TRUE(says_any(clip.captions.normal, {"chases", "chasing", "chased by"})) << clip.captions.normal;
    }
}

TEST(Company, ARiderStaysOnItsCarrier) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Clip clip = sample_clip({{"subject", "woman"}, {"with", "horse"}, {"with_color", "white"}, {"relation", "rides"}, {"place", "desert"}, {"motion", "walk"}, {"wears", "cowboy hat"}}, 12, seed);
    const json &rider = clip.labels["subjects"][0], &horse = clip.labels["subjects"][1];
    EXPECT_EQ(rider["subject"], "woman");
    EXPECT_EQ(horse["color"], "white");
    for (size_t frame = 0; frame < rider["boxes"].size(); ++frame) {
      const json &above = rider["boxes"][frame], &below = horse["boxes"][frame];
      EXPECT_GT(middle(above), below[0].get<double>());
      EXPECT_LT(middle(above), below[2].get<double>());
      EXPECT_LT(above[3].get<double>(), below[3].get<double>());
      EXPECT_GT(above[3].get<double>(), below[1].get<double>());
    }
    EXPECT_TRUE(says_any(clip.captions.normal, {"rid", "sits on", "sitting on"})) << clip.captions.normal;
  }
}

TEST(Company, AGroupHasItsNumber) {
  for (int count = 1; count <= 5; ++count) {
    Clip clip = sample_clip({{"subject", "cow"}, {"count", count}, {"place", "meadow"}, {"motion", "walk"}});
    EXPECT_EQ(clip.labels["subjects"].size(), static_cast<size_t>(count));
    EXPECT_EQ(clip.labels["count"], count);
    EXPECT_EQ(clip.captions.normal.find("cows") != std::string::npos, count > 1) << clip.captions.normal;
  }
}

TEST(Company, WhatIsWornIsDrawnOnItsWearerAndSaid) {
  json bare = {{"subject", "fox"}, {"place", "meadow"}, {"motion", "walk"}, {"direction", "left"}, {"camera", "static"}, {"time", "day"}, {"weather", "clear"}}, dressed = bare;
  dressed["wears"] = "red top hat", dressed["holds"] = "cup";
  Clip without = sample_clip(bare, 1), with = sample_clip(dressed, 1);
  ASSERT_EQ(without.labels["subjects"][0]["boxes"], with.labels["subjects"][0]["boxes"]);
  const json& box = with.labels["subjects"][0]["boxes"][0];
  double margin = 0.3 * (box[3].get<double>() - box[1].get<double>());
  int changed = 0;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) {
      size_t i = (static_cast<size_t>(y) * 64 + x) * 3;
      if (std::equal(&without.rgb[i], &without.rgb[i] + 3, &with.rgb[i])) continue;
      ++changed;
      double px = (x + 0.5) / 64, py = (y + 0.5) / 64;
      EXPECT_TRUE(px > box[0].get<double>() - margin && px < box[2].get<double>() + margin && py > box[1].get<double>() - margin && py < box[3].get<double>() + margin) << x << " " << y;
    }
  EXPECT_GT(changed, 30);
  EXPECT_NE(with.captions.normal.find("red top hat"), std::string::npos) << with.captions.normal;
  EXPECT_NE(with.captions.normal.find("cup"), std::string::npos) << with.captions.normal;
}

TEST(Company, ATreadmillRunsUnderWhoStaysInPlace) {
  json scene = {{"subject", "computer mouse"}, {"place", "gym"}, {"motion", "run"}, {"direction", "left"}, {"wears", "legs"}, {"on", "treadmill"}, {"camera", "static"}};
  Clip clip = sample_clip(scene);
  const json& boxes = clip.labels["subjects"][0]["boxes"];
  EXPECT_NEAR(middle(boxes[0]), middle(boxes[11]), 0.05);
  EXPECT_LT(boxes[0][3].get<double>(), 0.97) << "it stands above the floor";
  EXPECT_EQ(clip.labels["on"], "treadmill");
  EXPECT_NE(clip.captions.normal.find("on a treadmill"), std::string::npos) << clip.captions.normal;
  bool steps = std::any_of(clip.events.begin(), clip.events.end(), [](const json& event) { return event["kind"] == "contact"; });
  bool rolls = std::any_of(clip.events.begin(), clip.events.end(), [](const json& event) { return event["sound"] == "rolling"; });
  EXPECT_TRUE(steps && rolls) << clip.events;
  for (const json& wrong : {json{{"place", "meadow"}}, json{{"motion", "stand"}, {"direction", "none"}, {"wears", ""}}, json{{"camera", "tracking"}}, json{{"on", "carpet"}}}) {
    json other = scene;
    other.update(wrong);
    EXPECT_THROW(sample_clip(other), UsageError) << other;
  }
}

TEST(Company, LegsMakeAThingWalk) {
  Clip clip = sample_clip({{"subject", "computer mouse"}, {"place", "gym"}, {"motion", "run"}, {"direction", "right"}, {"wears", "legs"}, {"camera", "static"}});
  const json& mouse = clip.labels["subjects"][0];
  EXPECT_EQ(mouse["motion"], "run");
  EXPECT_GT(middle(mouse["boxes"].back()) - middle(mouse["boxes"].front()), 0.08);
  EXPECT_NE(clip.captions.normal.find("with legs"), std::string::npos) << clip.captions.normal;
}

TEST(Company, ScenesThatCannotBeAreRefused) {
  EXPECT_THROW(sample_clip({{"subject", "ball"}, {"wears", "sunglasses"}}, 1), UsageError);     // no eyes
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"wears", "a smile"}}, 1), NotFound);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"with", "dog"}, {"relation", "above"}, {"motion", "walk"}}, 1), NotFound);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"with", "car"}, {"relation", "rides"}}, 1), UsageError);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"count", 6}, {"motion", "walk"}}, 1), UsageError);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"count", 2}, {"with", "dog"}, {"motion", "walk"}}, 1), UsageError);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"with_color", "red"}, {"motion", "walk"}}, 1), UsageError);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"particles", "soup"}}, 1), NotFound);
}

TEST(Company, PluralsAndInfinitivesAreSpelled) {
  for (auto [one, many] : {std::pair{"fox", "foxes"}, {"butterfly", "butterflies"}, {"mouse", "mice"}, {"woman", "women"}, {"snowman", "snowmen"}, {"sheep", "sheep"},
                           {"police car", "police cars"}, {"computer mouse", "computer mice"}, {"bus", "buses"}, {"monkey", "monkeys"}, {"T-Rex", "T-Rexes"}})
    EXPECT_EQ(plural_of(one), many);
  for (auto [third, base] : {std::pair{"runs", "run"}, {"flies", "fly"}, {"lies", "lie"}, {"races", "race"}, {"dashes", "dash"}, {"goes away", "go away"}, {"jumps up and down", "jump up and down"}})
    EXPECT_EQ(infinitive(third), base);
}

}  // namespace
}  // namespace mg::world
