#include "moviegen/train/tasks/contrastive.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/text/text_encoders.h"
#include "moviegen/train/tasks/contrastive_pairs.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kNames = {"red", "green", "blue", "yellow", "white", "black"};
constexpr uint8_t kColors[6][3] = {{220, 30, 30}, {30, 200, 40}, {30, 40, 220}, {230, 220, 30}, {245, 245, 245}, {10, 10, 10}};

// Pictures of one colour on another: enough to check that pictures and captions find each other.
class FlagWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    Generator generator(seed, "flag");
    int top = generator.below(6), bottom = generator.below(6);
    world::Clip clip;
    clip.width = options.width, clip.height = options.height, clip.frames = options.frames, clip.fps = options.fps;
    clip.rgb.resize(static_cast<size_t>(clip.width) * clip.height * clip.frames * 3);
    for (size_t i = 0; i < clip.rgb.size(); ++i) clip.rgb[i] = kColors[i < clip.rgb.size() / 2 ? top : bottom][i % 3];
    clip.captions = {fmt::format("{} over {}", kNames[top], kNames[bottom]),
                     fmt::format("A flag, {} over {}.", kNames[top], kNames[bottom]),
                     fmt::format("A flag in two halves, the upper one {}, the lower one {}.", kNames[top], kNames[bottom])};
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t, const world::RenderOptions&) const override { throw NotFound("flags have no scenes"); }
};

world::RenderOptions of_size(int width, int height) {
  world::RenderOptions options;
  options.width = width, options.height = height;
  return options;
}

struct RunFolder {
  RunFolder() : path(fs::temp_directory_path() / fmt::format("moviegen_contrastive_{}", ::getpid())) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~RunFolder() { fs::remove_all(path); }
  fs::path path;
};

TaskContext context_in(const RunFolder& folder, Json settings = {}) {
  Json tree = {{"batch", 12}, {"caption_scenes", 60}, {"vocabulary", 360}, {"held_out_groups", 1}};
  if (settings.is_object()) tree.update(settings);
  return {.settings = tree, .recipe = "test.toml", .run_folder = folder.path.string(), .seed = 11};
}

std::unique_ptr<Task> flag_task(const RunFolder& folder) { return make_contrastive_task_on(context_in(folder), std::make_shared<FlagWorld>()); }

double loss_at(Task& task, int64_t step) {
  Generator generator(0);
  return task.step(step, generator).scalars.at("loss");
}

TEST(ContrastivePairs, ABatchIsAFunctionOfSeedAndStep) {
  auto world = std::make_shared<FlagWorld>();
  auto tokenizer = std::make_shared<text::SentencePieceTokenizer>(
      text::train_sentencepiece(draw_captions(*world, {}, 60), 360, text::frame_rate_symbols()));
  PairSource source(world, of_size(24, 16), tokenizer, 64);
  auto one = source.training_batch(5, 7, 9), again = source.training_batch(5, 7, 9);
  EXPECT_TRUE(at::equal(one.pixels_BCHW, again.pixels_BCHW));
  EXPECT_TRUE(at::equal(one.ids_BL, again.ids_BL));
  EXPECT_EQ(one.texts, again.texts);
  EXPECT_NE(one.texts, source.training_batch(5, 8, 9).texts);
  EXPECT_NE(one.texts, source.training_batch(6, 7, 9).texts);
  EXPECT_EQ(one.pixels_BCHW.sizes().vec(), (std::vector<int64_t>{9, 3, 16, 24}));
}

TEST(ContrastivePairs, FitsSaysWhichTextsAreTrue) {
  auto world = std::make_shared<FlagWorld>();
  auto tokenizer = std::make_shared<text::SentencePieceTokenizer>(text::train_sentencepiece(draw_captions(*world, {}, 60), 360));
  auto pairs = PairSource(world, of_size(8, 8), tokenizer, 64).training_batch(1, 0, 64);
  EXPECT_TRUE(pairs.fits_BB.diagonal().all().item<bool>());
  EXPECT_GT(pairs.fits_BB.sum().item<int64_t>(), 64);  // 36 flags: some come twice
  auto pixels = pairs.pixels_BCHW.flatten(1);
  for (int64_t i = 0; i < 64; ++i)
    for (int64_t j = 0; j < 64; ++j) EXPECT_EQ(pairs.fits_BB[i][j].item<bool>(), at::equal(pixels[i], pixels[j]));
  auto top_left = pairs.float_pixels().select(2, 0).select(2, 0)[0];
  auto name = std::find_if(kNames.begin(), kNames.end(), [&](const char* n) { return pairs.texts[0].find(n) != std::string::npos; });
  EXPECT_NE(name, kNames.end());
  EXPECT_LE(top_left.abs().max().item<double>(), 1);
}

TEST(ContrastivePairs, HeldOutScenesAreNeverTrained) {
  // A world whose caption is its seed shows which seeds are asked for.
  class SeedWorld : public FlagWorld {
   public:
    world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
      auto clip = FlagWorld::render(seed, options);
      clip.captions = {std::to_string(seed), std::to_string(seed), std::to_string(seed)};
      return clip;
    }
  };
  auto tokenizer = std::make_shared<text::SentencePieceTokenizer>(text::train_sentencepiece(draw_captions(FlagWorld(), {}, 60), 360));
  PairSource source(std::make_shared<SeedWorld>(), of_size(8, 8), tokenizer, 64);
  for (const auto& text : source.training_batch(3, 4, 200).texts) EXPECT_LT(std::stoull(text), data::kValidationSeeds);
  for (const auto& text : source.held_out_group(2, 32).texts) {
    EXPECT_GE(std::stoull(text), data::kValidationSeeds);
    EXPECT_LT(std::stoull(text), data::kEvaluationSeeds);
  }
}

TEST(ContrastiveTask, AStepDoesNotDependOnThoseBefore) {
  RunFolder folder;
  auto first = flag_task(folder), second = flag_task(folder);
  loss_at(*first, 0);
  loss_at(*first, 1);
  EXPECT_EQ(loss_at(*first, 2), loss_at(*second, 2));  // no update in between: same weights, same batch
  EXPECT_NE(loss_at(*first, 3), loss_at(*first, 2));   // a step back restarts the reader
}

TEST(ContrastiveTask, TheRunKeepsItsTokenizer) {
  RunFolder folder;
  flag_task(folder);
  auto model = read_text((folder.path / "tokenizer.model").string());
  // Another number of scenes would train another vocabulary; the run's own file wins.
  make_contrastive_task_on(context_in(folder, {{"caption_scenes", 10}}), std::make_shared<FlagWorld>());
  EXPECT_EQ(read_text((folder.path / "tokenizer.model").string()), model);
}

TEST(ContrastiveTask, LearnsFlagsAndExportsThem) {
  RunFolder folder;
  auto task = flag_task(folder);
  auto untrained = task->validate();
  auto groups = task->groups();
  ASSERT_EQ(groups.size(), 1u);
  nn::AdamW optimizer(groups[0].module->parameters(), {.weight_decay = 0});
  for (int64_t step = 0; step < 30; ++step) {
    loss_at(*task, step);
    optimizer.step(5e-4, 1.0 / std::max(1.0, optimizer.gradient_norm()));
  }
  auto trained = task->validate();
  EXPECT_LT(trained.at("loss"), untrained.at("loss") - 0.5);
  EXPECT_GT(trained.at("image_to_text_top_1"), 0.4);  // chance is about 2 of 32
  EXPECT_GT(trained.at("text_to_image_top_1"), 0.4);

  auto sheet = folder.path / "sample", model = folder.path / "model";
  fs::create_directories(sheet);
  task->sample(sheet.string());
  EXPECT_TRUE(fs::exists(sheet / "pictures.png"));
  EXPECT_NE(read_text((sheet / "captions.txt").string()).find("A flag, "), std::string::npos);

  task->export_model(model.string());
  torch::NoGradGuard no_grad;
  auto encoders = text::load_text_encoders(model.string());
  auto tower = text::load_image_encoder(model.string());
  auto pairs = PairSource(std::make_shared<FlagWorld>(), {}, encoders->tokenizer, 64).held_out_group(0, 32);
  auto similarity = tower(pairs.float_pixels()).matmul(encoders->metaclip(pairs.ids_BL, pairs.mask_BL).second.t());
  auto hits = pairs.fits_BB.gather(1, similarity.argmax(1, true)).to(at::kFloat).mean().item<double>();
  EXPECT_NEAR(hits, trained.at("image_to_text_top_1"), 1e-6);
  EXPECT_TRUE(encoders->encode({"A flag, red over blue."}, 16).ul2_BLD.isfinite().all().item<bool>());
}

TEST(ContrastiveTask, WrongSettingsAreNamed) {
  RunFolder folder;
  auto world = std::make_shared<FlagWorld>();
  for (Json wrong : {Json{{"batch", 1}}, Json{{"vocabulary", 5000}}, Json{{"vocabulary", 10}}, Json{{"pair", "huge"}}, Json{{"dtype", "f8"}},
                     Json{{"batches", 3}}, Json{{"held_out_groups", 0}}, Json{{"world", {{"subject", "fox"}}}}})
    EXPECT_THROW(make_contrastive_task_on(context_in(folder, wrong), world), UsageError) << wrong;
}

}  // namespace
}  // namespace mg::train
