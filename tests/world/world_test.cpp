#include "moviegen/data/world/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <thread>

#include "moviegen/core/error.h"
#include "moviegen/data/world/held_out.h"
#include "moviegen/data/world/motion.h"
#include "moviegen/data/world/place.h"
#include "moviegen/data/world/scene.h"
#include "moviegen/data/world/sprite.h"
#include "sample_world.h"

namespace mg::world {
namespace {

RenderOptions small(int frames = 12) {
  RenderOptions options;
  options.width = options.height = 64;
  options.frames = frames, options.fps = 8;
  return options;
}

bool same(const Clip& a, const Clip& b) { return a.rgb == b.rgb && a.captions.full == b.captions.full && a.labels == b.labels && a.events == b.events; }

TEST(World, AClipIsAFunctionOfItsSeed) {
  auto first = sample_world()->render(7, small()), again = World::open(kSamplePack, kHeldOutList)->render(7, small());
  EXPECT_TRUE(same(first, again));
  EXPECT_NE(first.rgb, sample_world()->render(8, small()).rgb);
}

TEST(World, ThreadsDoNotChangeAClip) {
  auto world = sample_world();
  constexpr int kClips = 8;
  std::vector<Clip> serial(kClips), parallel(kClips);
  for (int i = 0; i < kClips; ++i) serial[i] = world->render(i, small(4));
  auto fresh = World::open(kSamplePack, kHeldOutList);
  std::vector<std::thread> threads;
  for (int i = 0; i < kClips; ++i) threads.emplace_back([&, i] { parallel[i] = fresh->render(i, small(4)); });
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < kClips; ++i) EXPECT_TRUE(same(serial[i], parallel[i])) << "seed " << i;
}

TEST(World, HeldOutTriplesAreNeverRendered) {
  // A list that forbids almost everything the filters allow makes every redraw count.
  auto path = std::filesystem::temp_directory_path() / "moviegen_held_out_test.toml";
  RenderOptions options = small(1);
  auto assets = sample_assets();
  const Subject& subject = assets->subjects().front();
  options.subjects = {subject.name};
  const PlaceInfo& place = place_named("snow field");
  options.places = {place.name};
  auto able = motions_for(subject, place);
  ASSERT_GE(able.size(), 2u);
  std::string triples = "triples = [";
  for (size_t i = 1; i < able.size(); ++i) triples += "[\"" + subject.name + "\", \"snow field\", \"" + able[i]->name + "\"], ";
  {
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs((triples + "]\n").c_str(), file);
    std::fclose(file);
  }
  auto world = World::open(kSamplePack, path.string());
  for (uint64_t seed = 0; seed < 12; ++seed)
    EXPECT_EQ(world->render(seed, options).labels["subjects"][0]["motion"], able[0]->name) << "seed " << seed;
  // The same triple is drawn when asked for by name, and refused when it is all that is left.
  nlohmann::json scene = {{"subject", subject.name}, {"place", place.name}, {"motion", able[1]->name}};
  EXPECT_EQ(world->render_scene(scene, 1, small(1)).labels["subjects"][0]["motion"], able[1]->name);
  options.motions = {able[1]->name};
  EXPECT_THROW(world->render(1, options), UsageError);
  std::filesystem::remove(path);
}

TEST(World, CorePromptsAreHeldOut) {
  HeldOut held_out = HeldOut::read(kHeldOutList);
  FILE* file = std::fopen((std::string(MG_SOURCE_DIR) + "/tests/prompts/core.txt").c_str(), "r");
  ASSERT_NE(file, nullptr);
  char line[512];
  int count = 0;
  std::set<std::string> subjects;
  while (std::fgets(line, sizeof line, file)) {
    std::vector<std::string> cells(1);
    for (char* c = line; *c && *c != '\n'; ++c) {
      if (*c == '\t') cells.emplace_back();
      else cells.back().push_back(*c);
    }
    ASSERT_EQ(cells.size(), 5u) << line;
    EXPECT_TRUE(count++ > 0 || cells[0] == "a red fox runs to the left through snow") << cells[0];
    Outline outline;
    outline.place = place_named(cells[2]).name;
    outline.roles.resize(1);
    outline.roles[0].subject = cells[1], outline.roles[0].motion = motion_named(cells[3]).name;
    direction_named(cells[4]);
    EXPECT_TRUE(held_out.contains(outline)) << line;
    subjects.insert(cells[1]);
  }
  std::fclose(file);
  EXPECT_EQ(count, 24);
  EXPECT_EQ(subjects.size(), 24u);
}

// The way of the box's centre relative to the background, in frame widths, between the first and the last frame.
double way(const nlohmann::json& labels, double frame_units) {
  const auto& boxes = labels["subjects"][0]["boxes"];
  const auto& pan = labels["camera"]["pan_x"];
  auto centre = [](const nlohmann::json& box) { return (box[0].get<double>() + box[2].get<double>()) / 2; };
  return centre(boxes.back()) - centre(boxes.front()) + (pan.back().get<double>() - pan.front().get<double>()) / frame_units;
}

TEST(World, DirectionIsMovementRelativeToTheBackground) {
  RenderOptions options = small(24);
  options.motions = {"walk", "run", "hop", "fly", "swim", "drive", "roll", "drift", "slide"};
  int tracking = 0, sideways = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    nlohmann::json labels = sample_world()->render(seed, options).labels;
    const auto& lead = labels["subjects"][0];
    double sign = lead["direction"] == "left" ? -1 : lead["direction"] == "right" ? 1 : 0;
    if (sign == 0 || labels["camera"]["move"] == "zoom in" || labels["camera"]["move"] == "zoom out") continue;
    EXPECT_GT(sign * way(labels, 1), 0.08) << "seed " << seed << " " << lead["motion"];
    EXPECT_TRUE(lead["faces"] == "front" || lead["faces"] == lead["direction"]) << "seed " << seed;
    tracking += labels["camera"]["move"] == "tracking";
    ++sideways;
  }
  EXPECT_GT(tracking, 3);
  EXPECT_GT(sideways, 20);
}

TEST(World, SubjectsStayInsideTheFrame) {
  RenderOptions options = small(16);
  options.plain = 1;
  for (auto [width, height] : {std::pair{64, 64}, {80, 48}, {48, 80}}) {
    options.width = width, options.height = height;
    for (uint64_t seed = 0; seed < 25; ++seed) {
      nlohmann::json labels = sample_world()->render(seed, options).labels;
      const auto& lead = labels["subjects"][0];
      if (lead["motion"] == "fall") continue;
      for (const auto& position : lead["boxes"]) {
        double area = (position[2].get<double>() - position[0].get<double>()) * (position[3].get<double>() - position[1].get<double>());
        EXPECT_GT(area, 0.01) << "seed " << seed << " " << lead["motion"];
      }
      EXPECT_GE(lead["least_inside"].get<double>(), 0.85) << "seed " << seed << " " << width << "×" << height << " " << lead["motion"];
    }
  }
}

TEST(World, FiltersRestrictAndUnknownNamesListTheKnown) {
  RenderOptions options = small(1);
  options.places = {"snow field", "meadow"};
  options.motions = {"stand"};
  for (uint64_t seed = 0; seed < 10; ++seed) {
    nlohmann::json labels = sample_world()->render(seed, options).labels;
    EXPECT_THAT(labels["place"].get<std::string>(), testing::AnyOf("snow field", "meadow"));
    EXPECT_EQ(labels["subjects"][0]["motion"], "stand");
  }
  options.motions = {"teleport"};
  try {
    sample_world()->render(1, options);
    FAIL() << "an unknown motion was accepted";
  } catch (const NotFound& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("walk"));
  }
  options.motions = {}, options.places = {"Atlantis"};
  EXPECT_THROW(sample_world()->render(1, options), NotFound);
  options.places = {}, options.subjects = {"nobody"};
  EXPECT_THROW(sample_world()->render(1, options), NotFound);
}

TEST(World, PlainScenesArePlain) {
  RenderOptions options = small(4);
  options.plain = 1;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    nlohmann::json labels = sample_world()->render(seed, options).labels;
    EXPECT_EQ(labels["subjects"].size(), 1u);
    // Indoors there is neither, and a stormy sea is never calm.
    EXPECT_THAT(labels["time"].get<std::string>(), testing::AnyOf("day", "none"));
    EXPECT_TRUE(labels["weather"] == "clear" || labels["weather"] == "none" || labels["place"] == "stormy sea") << labels["weather"];
    EXPECT_THAT(labels["camera"]["move"].get<std::string>(), testing::AnyOf("static", "tracking"));
  }
}

TEST(World, ForgedScenesAreRefused) {
  auto refuse = [](const nlohmann::json& scene) { EXPECT_ANY_THROW(sample_world()->render_scene(scene, 1, small(1))) << scene; };
  refuse("fox");
  refuse({{"subjct", "fox"}});
  refuse({{"subject", 7}});
  refuse({{"motion", "walk"}, {"direction", "up"}});
  RenderOptions options = small(1);
  options.width = 8;
  EXPECT_THROW(sample_world()->render(1, options), UsageError);
  options = small(0);
  EXPECT_THROW(sample_world()->render(1, options), UsageError);
}

TEST(World, FootstepsFallOnFramesAndStillsAreSilent) {
  RenderOptions options = small(32);
  options.motions = {"walk", "run"};
  for (uint64_t seed = 0; seed < 5; ++seed) {
    int steps = 0;
    for (const auto& event : sample_world()->render(seed, options).events) {
      EXPECT_GE(event["frame"].get<int>(), 0);
      EXPECT_LT(event["frame"].get<int>(), options.frames);
      EXPECT_LE(std::abs(event["x"].get<double>()), 1.0);
      steps += event["sound"] == "footsteps";
    }
    EXPECT_GE(steps, 3) << "seed " << seed;
  }
  options.frames = 1;
  EXPECT_TRUE(sample_world()->render(1, options).events.empty());
}

}  // namespace
}  // namespace mg::world
