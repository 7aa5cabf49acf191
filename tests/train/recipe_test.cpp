#include "moviegen/train/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/train/learning_rate.h"

namespace mg::train {
namespace {

using ::testing::HasSubstr;

class Recipes : public ::testing::Test {
 protected:
  Recipes() { std::filesystem::create_directories(folder_); }
  ~Recipes() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    write_text(folder_ / name, text);
    return folder_ / name;
  }
  std::string error_of(const std::string& text, const std::vector<std::string>& assignments = {}) {
    try {
      read_recipe(write("bad.toml", text), assignments);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("moviegen-recipes-" + std::to_string(::getpid()));
};

TEST_F(Recipes, AVariantStatesOnlyWhatDiffers) {
  write("base.toml", "task = \"tae\"\n[trainer]\nsteps = 10\nseed = 3\n[task_settings]\nmodel = \"mini\"\nbatch = 4\n");
  auto path = write("variant.toml", "extends = \"base.toml\"\n[trainer]\nsteps = 20\n[task_settings]\nbatch = 8\n");
  auto recipe = read_recipe(path, {"trainer.learning_rate=0.5", "task_settings.data.kind=world"});
  EXPECT_EQ(recipe.name, "variant");
  EXPECT_EQ(recipe.task, "tae");
  EXPECT_EQ(recipe.trainer.steps, 20);
  EXPECT_EQ(recipe.trainer.seed, 3u);
  EXPECT_EQ(recipe.trainer.learning_rate, 0.5);
  EXPECT_EQ(recipe.task_settings, Json::parse(R"({"model":"mini","batch":8,"data":{"kind":"world"}})"));
}

TEST_F(Recipes, TheResolvedRecipeReadsBackAsItself) {
  auto recipe = read_recipe(write("a.toml", "task = \"tae\"\n[trainer]\nlearning_rate = 1e-5\n[task_settings]\nnested = {list = [1, 2.5, \"x\"], on = true}\n"), {});
  auto again = read_recipe(write("b.toml", to_toml(resolved(recipe))), {});
  EXPECT_EQ(resolved(again), resolved(recipe));
}

TEST_F(Recipes, MistakesAreNamed) {
  EXPECT_THAT(error_of("task = \"tae\"\ntrainer_settings = 1\n"), HasSubstr("trainer_settings"));
  EXPECT_THAT(error_of("[trainer]\nsteps = 1\n"), HasSubstr("needs `task"));
  EXPECT_THAT(error_of("task = \"tae\"\n[trainer]\nstep = 1\n"), HasSubstr("step: unknown key"));
  EXPECT_THAT(error_of("task = \"tae\"\n[trainer]\nsteps = \"many\"\n"), HasSubstr("\"many\""));
  EXPECT_THAT(error_of("task = \"tae\"\n", {"trainer.steps=0"}), HasSubstr("1 or more"));
  EXPECT_THAT(error_of("task = \"tae\"\n", {"trainer.ema_decay=1.5"}), HasSubstr("below 1"));
  EXPECT_THAT(error_of("task = \"tae\"\n", {"trainer.compute=f64"}), HasSubstr("f64"));
  EXPECT_THROW(read_recipe("no/such/recipe", {}), NotFound);
}

TEST(LearningRate, RisesStaysAndFalls) {
  TrainerConfig config{.steps = 1000, .learning_rate = 2, .warmup_steps = 100, .decay_fraction = 0.2, .final_lr_fraction = 0.1};
  EXPECT_DOUBLE_EQ(learning_rate_at(config, 0), 0.02);
  for (int64_t step = 1; step < 1000; ++step) {
    double before = learning_rate_at(config, step - 1), now = learning_rate_at(config, step);
    EXPECT_TRUE(step < 100 ? now > before : step <= 800 ? now == 2 : now < before) << step << ": " << before << " " << now;
  }
  EXPECT_NEAR(learning_rate_at(config, 850), 2 * (1 - 0.9 * 0.5), 1e-12);  // a quarter of the fall is half of its depth
  EXPECT_NEAR(learning_rate_at(config, 1000), 0.2, 1e-12);
  config.decay_fraction = 0;
  EXPECT_EQ(learning_rate_at(config, 999), 2);
}

TEST(LearningRate, ALongerPlanSharesItsBeginning) {
  TrainerConfig brief{.steps = 1000}, longer{.steps = 5000};
  for (int64_t step = 0; step <= 800; ++step) ASSERT_EQ(learning_rate_at(brief, step), learning_rate_at(longer, step));
}

TEST(EmaDecay, WarmsUpToItsValue) {
  TrainerConfig config{.ema_decay = 0.999};
  EXPECT_DOUBLE_EQ(ema_decay_at(config, 0), 0.1);
  EXPECT_LT(ema_decay_at(config, 50), 0.9);
  EXPECT_EQ(ema_decay_at(config, 100000), 0.999);
}

}  // namespace
}  // namespace mg::train
