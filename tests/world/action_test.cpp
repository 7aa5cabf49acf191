// What is done with things (eaten, thrown, kicked, juggled) and puppets: where everything is, what is heard, and that captions and labels say so.
#include "moviegen/data/world/actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "moviegen/core/error.h"
#include "moviegen/data/world/world.h"
#include "moviegen/data/world_settings.h"
#include "sample_world.h"

namespace mg::world {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

TEST(Actions, AThingIsEatenInFourBites) {
  Deed deed{.action = Action::kEat, .size = 0.3f, .start_s = 0.5};
  EXPECT_EQ(pieces_at(deed, 0).at(0).scale, 1);
  float before = 2;
  for (double t : {0.4, 0.6, 1.1, 1.6}) {
    auto pieces = pieces_at(deed, t);
    ASSERT_EQ(pieces.size(), 1u) << t;
    EXPECT_LT(pieces[0].scale, before) << t;
    before = pieces[0].scale;
  }
  EXPECT_TRUE(pieces_at(deed, 2.1).empty());
  EXPECT_TRUE(pieces_at(deed, 60).empty());
}

TEST(Actions, WhatIsThrownRisesFliesItsWayAndBouncesLowerEachTime) {
  for (Action action : {Action::kThrow, Action::kKick}) {
    Deed deed{.action = action, .size = 0.2f, .from = {0.3f, action == Action::kThrow ? 0.5f : 0.9f, true}, .start_s = 0.4, .way = -1};
    float ground = 1 - deed.from.y - deed.size / 2, highest = 0;
    EXPECT_EQ(pieces_at(deed, 0.39)[0].x, 0);
    for (double t = 0.4; t < 10; t += 0.01) {
      Piece piece = pieces_at(deed, t).at(0);
      highest = std::min(highest, piece.y);
      ASSERT_LE(piece.y, ground + 0.02f) << t;
      ASSERT_LE(piece.x, 0);
    }
    EXPECT_LT(highest, -0.1f);
    EXPECT_NEAR(pieces_at(deed, 10)[0].y, ground, 1e-4f) << "it lies";
    auto heard = strikes(deed, 10);
    ASSERT_GE(heard.size(), 3u);
    for (size_t i = action == Action::kKick ? 2 : 1; i < heard.size(); ++i) EXPECT_LT(heard[i].second, heard[i - 1].second);
    for (size_t i = action == Action::kKick ? 1 : 0; i + 1 < heard.size(); ++i) EXPECT_NEAR(pieces_at(deed, heard[i].first)[0].y, ground, 0.03f) << "heard when it lands";
    EXPECT_LT(strikes(deed, 1.5).size(), heard.size());
  }
}

TEST(Actions, ThreeThingsAreInTheAirAndNoneAtTheSamePlace) {
  Deed deed{.action = Action::kJuggle, .size = 0.2f};
  for (double t = 0; t < 2; t += 0.07) {
    auto pieces = pieces_at(deed, t);
    ASSERT_EQ(pieces.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      const Piece &one = pieces[i], &next = pieces[(i + 1) % 3];
      EXPECT_GT(std::abs(one.x - next.x) + std::abs(one.y - next.y), 0.05f) << t;
    }
  }
  EXPECT_TRUE(strikes(deed, 10).empty());
}

TEST(Actions, AreSeenNamedAndHeardWhereTheyHappen) {
  json scene = {{"subject", "man"}, {"action", "throws"}, {"thing", "ball"}, {"aim", "left"}, {"place", "meadow"}, {"camera", "static"}};
  Clip thrown = sample_clip(scene, 24);
  EXPECT_EQ(thrown.labels["subjects"][0]["action"], "throws");
  EXPECT_EQ(thrown.labels["subjects"][0]["thing"], "ball");
  EXPECT_EQ(thrown.labels["subjects"][0]["aim"], "left");
  EXPECT_THAT(thrown.captions.normal, AnyOf(HasSubstr("throws a "), HasSubstr("throwing a ")));
  EXPECT_THAT(thrown.captions.full, AnyOf(HasSubstr("left"), HasSubstr("Left")));
  int landings = 0;
  for (const json& event : thrown.events) landings += event["class"] == "ball_bounce" && event["subject"] == "ball" && event["x"] < 0;
  EXPECT_GE(landings, 1) << thrown.events.dump();
  scene["aim"] = "right";
  EXPECT_NE(sample_clip(scene, 24).rgb, thrown.rgb);
  Clip eaten = sample_clip({{"subject", "woman"}, {"action", "eats"}, {"thing", "donut"}, {"place", "beach"}});
  EXPECT_THAT(eaten.captions.brief, AnyOf(HasSubstr("eats a d"), HasSubstr("eating a d")));
  EXPECT_THAT(sample_clip({{"subject", "man"}, {"action", "juggles"}, {"place", "stage"}}).captions.normal, AnyOf(HasSubstr("juggles "), HasSubstr("juggling ")));
}

TEST(Actions, ComeAsOftenAsAskedForAndChangeNothingElse) {
  RenderOptions none = small_options(2), always = small_options(2);
  none.pictures = always.pictures = false;
  always.actions = 1;
  int doing = 0;
  for (uint64_t seed = 0; seed < 80; ++seed) {
    json labels = sample_world()->render(seed, none).labels, with = sample_world()->render(seed, always).labels;
    EXPECT_EQ(labels["subjects"][0]["action"], "");
    bool is_doing = with["subjects"][0]["action"] != "";
    doing += is_doing;
    if (!is_doing) {
      EXPECT_EQ(labels, with) << "seed " << seed;
    }
  }
  EXPECT_GT(doing, 10);
  none.actions = 2;
  EXPECT_THROW(sample_world()->render(0, none), UsageError);
}

TEST(Actions, RefuseWhatNobodyCanDo) {
  auto scene = [](const char* subject, const char* action, const char* thing) { return json{{"subject", subject}, {"action", action}, {"thing", thing}, {"place", "meadow"}}; };
  EXPECT_THROW(sample_clip(scene("man", "sells", "ball")), NotFound);
  EXPECT_THROW(sample_clip(scene("man", "throws", "spaceship")), NotFound);
  EXPECT_THROW(sample_clip(scene("man", "throws", "house")), UsageError);
  EXPECT_THROW(sample_clip(scene("tree", "eats", "donut")), UsageError);
  json fish = scene("fish", "throws", "ball");
  fish["place"] = "underwater";
  EXPECT_THROW(sample_clip(fish), UsageError);
  json up = scene("man", "throws", "ball"), aimless = {{"subject", "man"}, {"aim", "left"}};
  up["aim"] = "up";
  EXPECT_THROW(sample_clip(up), UsageError);
  EXPECT_THROW(sample_clip(aimless), UsageError);
}

TEST(Puppets, AreHeadsOnBodiesThatStayInThePicture) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Clip clip = sample_clip({{"subject", "fox"}, {"puppet", true}, {"wears", {"red coat"}}, {"motion", "walk"}, {"place", "snow field"}, {"direction", "left"}}, 16, seed);
    const json& fox = clip.labels["subjects"][0];
    EXPECT_EQ(fox["puppet"], true);
    EXPECT_GE(fox["least_inside"].get<double>(), 0.85);
    const json& box = fox["boxes"][0];
    EXPECT_GT(box[3].get<double>() - box[1].get<double>(), 1.5 * (box[2].get<double>() - box[0].get<double>())) << "taller than wide";
    EXPECT_THAT(clip.captions.normal, HasSubstr("red coat"));
    EXPECT_THAT(clip.captions.normal, Not(HasSubstr("face")));
  }
}

TEST(Puppets, WearWhatIsAskedForInItsColour) {
  json scene = {{"subject", "lion"}, {"puppet", true}, {"wears", "red shirt"}, {"motion", "stand"}, {"place", "gym"}, {"camera", "static"}};
  Clip red = sample_clip(scene, 1);
  scene["wears"] = "green shirt";
  Clip green = sample_clip(scene, 1);
  ASSERT_EQ(red.rgb.size(), green.rgb.size());
  int redder = 0, greener = 0;
  for (size_t i = 0; i < red.rgb.size(); i += 3) redder += red.rgb[i] > green.rgb[i] + 20, greener += green.rgb[i + 1] > red.rgb[i + 1] + 20;
  EXPECT_GT(redder, 20);
  EXPECT_GT(greener, 20);
}

TEST(Puppets, ComeAsOftenAsAskedForAndOnlyOfHeads) {
  RenderOptions options = small_options(2);
  options.pictures = false, options.puppets = 1;
  int puppets = 0;
  for (uint64_t seed = 0; seed < 80; ++seed) puppets += sample_world()->render(seed, options).labels["subjects"][0]["puppet"] == true;
  EXPECT_GT(puppets, 3);
  EXPECT_THROW(sample_clip({{"subject", "horse"}, {"puppet", true}}), UsageError);
  EXPECT_THROW(sample_clip({{"subject", "fox"}, {"puppet", "yes"}}), UsageError);
}

TEST(RenderKey, NamesActionsAndPuppetsWhereTheyAreUsed) {
  RenderOptions options;
  json key = data::render_key(options);
  EXPECT_FALSE(key.contains("actions"));
  options.actions = 0.1, options.puppets = 0.2;
  EXPECT_EQ(data::render_key(options)["actions"], 0.1);
  EXPECT_EQ(data::render_key(options)["puppets"], 0.2);
}

}  // namespace
}  // namespace mg::world
