#include "moviegen/data/latent_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "moviegen/core/error.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/data/world_settings.h"

namespace mg::data {
namespace {

namespace fs = std::filesystem;

// Clips of one colour that count how often they were rendered, with one subject that moves to the right.
class ColourWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& o) const override {
    ++rendered;
    world::Clip clip;
    clip.width = o.width, clip.height = o.height, clip.frames = o.frames;
    clip.rgb.assign(static_cast<size_t>(o.width) * o.height * o.frames * 3, static_cast<uint8_t>(37 * seed));
    clip.captions = {std::to_string(seed), "colour " + std::to_string(seed), "a \"long\"\ncaption"};
    auto boxes = nlohmann::json::array();
    for (int f = 0; f < o.frames; ++f) boxes.push_back({0.1 + 0.05 * f, 0.25, 0.3 + 0.05 * f, 0.75});
    clip.labels = {{"subjects", {{{"boxes", boxes}}}}};
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& o) const override { return render(seed, o); }
  mutable std::atomic<int> rendered{0};
};

struct LatentCacheTest : testing::Test {
  LatentCacheTest() : folder(fs::path(testing::TempDir()) / "latent_cache") {
    fs::remove_all(folder);
    torch::manual_seed(1);
    tae::TaeConfig config;
    config.encoder_widths = config.decoder_widths = {8, 8, 8, 8};
    autoencoder = tae::Autoencoder(config);
    autoencoder->eval();
    spec.render.width = spec.render.height = 32, spec.render.frames = 9;
    spec.first_seed = 5, spec.items = 7;
  }
  std::shared_ptr<LatentCache> open() { return LatentCache::open_or_build(folder, spec, world, autoencoder); }
  std::string folder;
  ColourWorld world;
  tae::Autoencoder autoencoder{nullptr};
  LatentCacheSpec spec;
};

TEST_F(LatentCacheTest, HoldsTheEncodedClipsAndTheirCaptions) {
  auto cache = open();
  ASSERT_EQ(cache->size(), 7);
  EXPECT_EQ(cache->captions(3).normal, "colour 8");
  EXPECT_EQ(cache->captions(3).full, "a \"long\"\ncaption");
  auto got = cache->latents({3, 0});
  ASSERT_EQ(got.sizes(), (std::vector<int64_t>{2, 16, 2, 4, 4}));
  at::NoGradGuard no_grad;
  auto expected = autoencoder->encode(clip_tensor(world.render(8, spec.render)).unsqueeze(0));
  EXPECT_LT((got[0] - expected[0]).abs().max().item<float>(), 0.02f * expected.abs().max().item<float>());  // bf16
}

TEST_F(LatentCacheTest, KnowsWhereSubjectsAre) {
  auto shares = open()->subjects({2, 6});
  ASSERT_EQ(shares.sizes(), (std::vector<int64_t>{2, 1, 2, 4, 4}));
  // Frames 0 to 7 go from 0.1 to 0.65 of the width and from 0.25 to 0.75 of the height: rows 1 and 2 of four.
  auto first = torch::tensor({{0.0f, 0.0f, 0.0f, 0.0f}, {0.6f, 1.0f, 0.6f, 0.0f}, {0.6f, 1.0f, 0.6f, 0.0f}, {0.0f, 0.0f, 0.0f, 0.0f}});
  EXPECT_TRUE(at::allclose(shares[0][0][0], first, 1e-4, 1e-4)) << shares[0][0][0];
  EXPECT_NEAR(shares[1][0][1].sum().item<float>(), 2 * 0.2f * 4, 1e-3f);  // frame 8 alone: 0.5 to 0.7
  EXPECT_TRUE(open()->subjects({2, 6}).equal(shares)) << "read back from the file";
}

TEST_F(LatentCacheTest, IsBuiltOnceAndServesFewerItems) {
  open();
  int after_building = world.rendered;
  EXPECT_EQ(open()->size(), 7);
  spec.items = 4;
  EXPECT_EQ(open()->size(), 4);
  EXPECT_EQ(world.rendered, after_building);
}

TEST_F(LatentCacheTest, GoesOnAfterACrash) {
  auto whole = open()->latents({0, 1, 2, 3, 4, 5, 6});
  fs::resize_file(folder + "/latents.bf16", fs::file_size(folder + "/latents.bf16") * 5 / 7 + 3);  // cut inside item 5
  std::ofstream(folder + "/clips.jsonl", std::ios::app) << "[\"cut";
  EXPECT_TRUE(open()->latents({0, 1, 2, 3, 4, 5, 6}).equal(whole));
}

TEST_F(LatentCacheTest, IsReplacedWhenTheAutoencoderChanges) {
  auto before = open()->latents({0});
  {
    at::NoGradGuard no_grad;
    for (auto& p : autoencoder->encoder->parameters()) p.add_(0.1);
  }
  EXPECT_FALSE(open()->latents({0}).equal(before));
}

TEST_F(LatentCacheTest, OfAnotherRunIsOpenedAsFarAsItGot) {
  open();
  fs::resize_file(folder + "/latents.bf16", fs::file_size(folder + "/latents.bf16") - 1);
  spec.render.subjects = {"fox"};
  auto cache = LatentCache::open(folder, spec.render, autoencoder);
  ASSERT_EQ(cache->size(), 6);
  EXPECT_EQ(cache->captions(5).normal, "colour 10");
  EXPECT_EQ(cache->latents({5}).sizes(), (std::vector<int64_t>{1, 16, 2, 4, 4}));
}

TEST_F(LatentCacheTest, OfAnotherRunIsRefusedWhereItDoesNotFit) {
  EXPECT_THROW(LatentCache::open(folder, spec.render, autoencoder), NotFound);
  open();
  auto size = spec.render;
  size.frames = 17;
  EXPECT_THROW(LatentCache::open(folder, size, autoencoder), DataError);
  tae::Autoencoder other(autoencoder->config);
  EXPECT_THROW(LatentCache::open(folder, spec.render, other), DataError);
  std::ofstream(folder + "/latents.bf16");
  EXPECT_THROW(LatentCache::open(folder, spec.render, autoencoder), DataError);
  std::ofstream(folder + "/cache.json") << "[1]";
  EXPECT_THROW(LatentCache::open(folder, spec.render, autoencoder), DataError);
  spec.first_seed = kValidationSeeds;
  open();
  EXPECT_THROW(LatentCache::open(folder, spec.render, autoencoder), DataError);
}

TEST(ClipTensor, RoundTripsThroughPictures) {
  world::Clip clip;
  clip.width = 3, clip.height = 2, clip.frames = 2;
  for (int i = 0; i < 36; ++i) clip.rgb.push_back(static_cast<uint8_t>(7 * i));
  auto pixels = clip_tensor(clip);
  ASSERT_EQ(pixels.sizes(), (std::vector<int64_t>{3, 2, 2, 3}));
  EXPECT_FLOAT_EQ(pixels[1][0][0][2].item<float>(), 7.0f * 7 * 2 / 255 - 1);
  auto images = images_of(pixels);
  ASSERT_EQ(images.size(), 2u);
  EXPECT_TRUE(std::equal(images[1].rgb.begin(), images[1].rgb.end(), clip.rgb.begin() + 18));
}

}  // namespace
}  // namespace mg::data
