#include "moviegen/weights/join_models.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "moviegen/core/error.h"
#include "moviegen/weights/model_folder.h"

namespace mg::weights {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class JoinModels : public testing::Test {
 protected:
  JoinModels() : folder_(fs::temp_directory_path() / fmt::format("moviegen-join-{}", ::getpid())) {
    fs::create_directories(folder_);
    for (const char* model : {"one", "two"})
      for (const char* part : {"shared", "own"}) {
        auto name = std::string(part) == "own" ? "only_" + std::string(model) : part;
        write_part(path(model), name, "Class", {{"of", model}}, {{"weight", torch::full({3}, std::string(model) == "one" ? 1.001 : 2.0)}}, "f32");
      }
    fs::create_directories(folder_ / "one/scheduler");
    std::ofstream(folder_ / "one/scheduler/scheduler_config.json") << "{}";
    std::ofstream(folder_ / "one/README.md") << "a card";
  }
  ~JoinModels() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  float value(const std::string& model, const std::string& part) const { return read_part_state(path(model), part).at("weight")[0].to(at::kFloat).item<float>(); }
  fs::path folder_;
};

TEST_F(JoinModels, LaterSourcesWinAndTheIndexNamesEveryPart) {
  EXPECT_EQ(join_models({{path("one"), {}}, {path("two"), {}}}, path("both")), (Names{"only_one", "only_two", "scheduler", "shared"}));
  EXPECT_EQ(value("both", "shared"), 2.0f);
  EXPECT_EQ(value("both", "only_one"), 1.001f);
  EXPECT_EQ(read_part_config(path("both"), "only_two", "Class")["of"], "two");
  std::ifstream file(path("both") + "/model_index.json");
  Json index = Json::parse(file);
  EXPECT_EQ(index.size(), 4u);  // three parts with weights and the class
  EXPECT_FALSE(fs::exists(path("both") + "/README.md"));
}

TEST_F(JoinModels, TakesNamedPartsInAnotherType) {
  EXPECT_EQ(join_models({{path("two"), {}}, parse_part_source(path("one") + ":shared")}, path("some"), "bf16"), (Names{"only_two", "shared"}));
  EXPECT_EQ(value("some", "shared"), 1.0f);  // 1.001 in bf16
  EXPECT_EQ(read_part_state(path("some"), "shared").at("weight").scalar_type(), at::kBFloat16);
}

TEST_F(JoinModels, MistakesLeaveNothing) {
  EXPECT_THROW(join_models({{path("one"), {"missing"}}}, path("out")), NotFound);
  EXPECT_THROW(join_models({{path("one"), {"../two/shared"}}}, path("out")), NotFound);
  EXPECT_THROW(join_models({{path("none"), {}}}, path("out")), NotFound);
  EXPECT_THROW(join_models({{path("one"), {}}}, path("out"), "f16"), UsageError);
  EXPECT_THROW(join_models({{path("one"), {}}}, path("two")), UsageError);
  EXPECT_THROW(join_models({}, path("out")), UsageError);
  std::ofstream(folder_ / "one/shared/diffusion_pytorch_model.safetensors") << "broken";
  EXPECT_THROW(join_models({{path("one"), {}}}, path("out"), "bf16"), DataError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
}

TEST(PartSource, IsAModelWithOrWithoutParts) {
  EXPECT_TRUE(parse_part_source("mini").parts.empty());
  auto source = parse_part_source("runs/a/model:sound_codec,sound_ranker");
  EXPECT_EQ(source.model, "runs/a/model");
  EXPECT_EQ(source.parts, (Names{"sound_codec", "sound_ranker"}));
  for (const char* text : {"", ":part", "model:", "model:a,,b"}) EXPECT_THROW(parse_part_source(text), UsageError) << text;
}

}  // namespace
}  // namespace mg::weights
