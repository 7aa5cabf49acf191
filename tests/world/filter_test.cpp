// Filters over frames, and the camera moves that show a part of the picture.
#include "moviegen/data/world/filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "moviegen/core/error.h"
#include "moviegen/data/world/world.h"
#include "sample_world.h"

namespace mg::world {
namespace {

using nlohmann::json;

Clip clip_of(const json& more, int frames = 2) {
  RenderOptions options;
  options.width = options.height = 64, options.frames = frames, options.fps = 8, options.animated_assets = false;
  json scene = {{"subject", "fox"}, {"place", "meadow"}, {"motion", "walk"}, {"direction", "left"}, {"time", "day"}, {"weather", "clear"}, {"color", ""}, {"camera", "static"}};
  if (more.is_object()) scene.update(more);
  return sample_world()->render_scene(scene, 4, options);
}

TEST(Filter, EachChangesTheFrameAndIsLabelled) {
  Clip plain = clip_of({});
  EXPECT_EQ(plain.labels["style"], "3d cartoon");
  std::set<std::string> looks = {std::string(plain.rgb.begin(), plain.rgb.end())};
  for (int i = 1; i <= kFilters; ++i) {
    std::string name(name_of(static_cast<Filter>(i)));
    Clip clip = clip_of({{"filter", name}});
    EXPECT_TRUE(looks.insert(std::string(clip.rgb.begin(), clip.rgb.end())).second) << name;
    EXPECT_EQ(clip.rgb, clip_of({{"filter", name}}).rgb) << name;
    EXPECT_EQ(clip.labels["style"], name);
    EXPECT_EQ(clip.labels["subjects"], plain.labels["subjects"]) << name;
  }
  EXPECT_THROW(clip_of({{"filter", "rosy"}}), NotFound);
}

TEST(Filter, BlackAndWhiteHasNoColour) {
  Clip clip = clip_of({{"filter", "black and white"}});
  for (size_t i = 0; i < clip.rgb.size(); i += 3) ASSERT_TRUE(clip.rgb[i] == clip.rgb[i + 1] && clip.rgb[i] == clip.rgb[i + 2]) << i;
  EXPECT_THAT(clip.captions.full, testing::HasSubstr("lack"));
}

TEST(Filter, PixelArtIsMadeOfBlocks) {
  Clip clip = clip_of({{"filter", "pixel art"}}, 1);
  constexpr int kBlock = 2;  // 64 pixels in 40 blocks
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      for (int c = 0; c < 3; ++c) ASSERT_EQ(clip.rgb[(y * 64 + x) * 3 + c], clip.rgb[(y / kBlock * kBlock * 64 + x / kBlock * kBlock) * 3 + c]) << x << " " << y;
}

TEST(Camera, TiltsAndTheHandShowOnlyWhatIsDrawn) {
  for (const char* move : {"tilt up", "tilt down", "handheld"}) {
    Clip clip = clip_of({{"camera", move}}, 16);
    const json& camera = clip.labels["camera"];
    double sign = std::string(move) == "tilt down" ? 1 : -1, room = (1 - 1 / camera["zoom"][0].get<double>()) / 2;
    for (const auto& y : camera["pan_y"]) EXPECT_LE(std::abs(y.get<double>()), room + 1e-3) << move;
    if (std::string(move) == "handheld") EXPECT_NE(camera["pan_x"][3], camera["pan_x"][7]);
    else EXPECT_GT(sign * (camera["pan_y"].back().get<double>() - camera["pan_y"].front().get<double>()), 0.1) << move;
    EXPECT_GE(clip.labels["subjects"][0]["least_inside"].get<double>(), 0.85) << move;
  }
}

TEST(Camera, OnlyMovesThatAreAskedForAreDrawn) {
  RenderOptions options;
  options.width = options.height = 32, options.frames = 8;
  options.cameras = {"static", "handheld"};
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 60; ++seed) seen.insert(sample_world()->render(seed, options).labels["camera"]["move"].get<std::string>());
  // What does not fit a still picture is followed.
  for (const auto& move : seen) EXPECT_THAT(move, testing::AnyOf("static", "handheld", "tracking"));
  EXPECT_TRUE(seen.contains("handheld"));
  options.cameras = {"crane"};
  EXPECT_THROW(sample_world()->render(1, options), NotFound);
}

}  // namespace
}  // namespace mg::world
