#include "moviegen/data/sound_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "moviegen/core/error.h"

namespace mg::data {
namespace {

namespace fs = std::filesystem;

// Grey clips with a constant sound, and a count of how often they were rendered.
class ConstantWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& o) const override {
    ++rendered;
    EXPECT_TRUE(o.pictures && o.sound);
    world::Clip clip;
    clip.width = o.width, clip.height = o.height, clip.frames = o.frames, clip.fps = o.fps;
    for (int f = 0; f < o.frames; ++f) clip.rgb.insert(clip.rgb.end(), static_cast<size_t>(o.width) * o.height * 3, static_cast<uint8_t>(10 * seed + f));
    auto samples = static_cast<size_t>(std::llround(o.frames / o.fps * world::kSoundRate));
    for (size_t i = 0; i < samples; ++i) clip.sound.insert(clip.sound.end(), {0.25f, static_cast<float>(seed) * 0.125f});
    clip.sound_caption.sounds = "sound \"" + std::to_string(seed) + "\"\n";
    clip.events = {{{"frame", seed}, {"sound", "thud"}}};
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& o) const override { return render(seed, o); }
  mutable std::atomic<int> rendered{0};
};

struct SoundCacheTest : testing::Test {
  SoundCacheTest() : folder((fs::path(testing::TempDir()) / "sound_cache").string()) {
    fs::remove_all(folder);
    spec.render.width = 32, spec.render.height = 16, spec.render.frames = 4, spec.render.fps = 16;  // 0.25 s: 12000 samples, 6.25 latents
    spec.first_seed = 3, spec.items = 5, spec.picture_side = 8;
    codec = {[](const at::Tensor& sound) {
               auto mean = at::constant_pad_nd(sound, {0, 1440}).view({sound.size(0), 7, 1920}).mean(2);
               return at::stack({mean, mean * 2, mean * 3}, 1);
             },
             3, 1920, "one"};
  }
  ~SoundCacheTest() override { fs::remove_all(folder); }
  std::shared_ptr<SoundCache> open() { return SoundCache::open_or_build(folder, spec, world, codec); }
  std::string folder;
  ConstantWorld world;
  SoundCacheSpec spec;
  SoundCodec codec;
};

TEST_F(SoundCacheTest, HoldsLatentsOfTheMonoSoundPicturesCaptionsAndEvents) {
  auto cache = open();
  ASSERT_EQ(cache->size(), 5);
  EXPECT_EQ(cache->steps(), 7);
  EXPECT_EQ(cache->frames(), 4);
  auto latents = cache->latents(2, 1, 4);
  ASSERT_EQ(latents.sizes(), (std::vector<int64_t>{3, 4}));
  double mono = (0.25 + 5 * 0.125) / 2;
  for (int64_t c = 0; c < 3; ++c) EXPECT_NEAR(latents[c][3].item<double>(), mono * static_cast<double>(c + 1), 0.01);
  auto pictures = cache->pictures(2, 1, 2);
  ASSERT_EQ(pictures.sizes(), (std::vector<int64_t>{2, 8, 8, 3}));
  EXPECT_EQ(pictures[1][4][4][0].item<int>(), 52);  // seed 5, frame 2
  EXPECT_NEAR(pixels_of(pictures)[1][0][0][0].item<double>(), 52 * 2 / 255.0 - 1, 1e-5);
  EXPECT_EQ(cache->item(2).caption.sounds, "sound \"5\"\n");
  EXPECT_EQ(cache->item(2).events[0]["frame"], 5);
  EXPECT_THROW(cache->latents(0, 5, 3), InternalError);
  EXPECT_THROW(cache->pictures(5, 0, 1), InternalError);
}

TEST_F(SoundCacheTest, IsBuiltOnceGoesOnAfterACrashAndServesFewerItems) {
  auto whole = open()->latents(4, 0, 7);
  int after_building = world.rendered;
  spec.items = 3;
  EXPECT_EQ(open()->size(), 3);
  EXPECT_EQ(world.rendered, after_building);
  spec.items = 5;
  fs::resize_file(folder + "/pictures.u8", fs::file_size(folder + "/pictures.u8") * 3 / 5 + 7);  // cut inside item 3
  std::ofstream(folder + "/items.jsonl", std::ios::app) << "{\"cut";
  EXPECT_TRUE(open()->latents(4, 0, 7).equal(whole));
  EXPECT_EQ(world.rendered, after_building + 2);
}

TEST_F(SoundCacheTest, IsReplacedWhenTheCodecChangesAndRefusesOneThatMiscounts) {
  open();
  int after_building = world.rendered;
  codec.fingerprint = "two";
  open();
  EXPECT_EQ(world.rendered, 2 * after_building);
  codec.fingerprint = "three", codec.channels = 4;
  EXPECT_THROW(open(), InternalError);
  spec.items = 0;
  EXPECT_THROW(open(), UsageError);
}

}  // namespace
}  // namespace mg::data
