#include "moviegen/weights/average_models.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/weights/model_folder.h"

namespace mg::weights {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class AverageModels : public testing::Test {
 protected:
  AverageModels() : folder_(fs::temp_directory_path() / fmt::format("moviegen-average-{}", ::getpid())) {
    write_part(path("one"), "net", "Net", {{"width", 2}}, {{"weight", torch::tensor({1.0f, 2.0f})}, {"count", torch::tensor({7})}});
    write_part(path("two"), "net", "Net", {{"width", 2}}, {{"weight", torch::tensor({5.0f, -2.0f})}, {"count", torch::tensor({7})}});
    write_part(path("one"), "words", "Words", {}, {{"weight", torch::tensor({3.0f})}});
    write_part(path("other"), "net", "Net", {{"width", 3}}, {{"weight", torch::zeros({3})}, {"count", torch::tensor({7})}});
    write_part(path("lacking"), "net", "Net", {{"width", 2}}, {{"weight", torch::zeros({2})}});
    write_part(path("renamed"), "net", "Net", {{"width", 2}}, {{"bias", torch::zeros({2})}, {"count", torch::tensor({7})}});
  }
  ~AverageModels() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  fs::path folder_;
};

TEST_F(AverageModels, TakesTheMeanOfWhatAllHaveAndTheRestFromTheFirst) {
  EXPECT_EQ(average_models({.models = {path("one"), path("two")}}, path("out")), Names{"net"});
  auto net = read_part_state(path("out"), "net");
  EXPECT_TRUE(at::equal(net.at("weight"), torch::tensor({3.0f, 0.0f})));
  EXPECT_EQ(net.at("count").item<int64_t>(), 7);
  EXPECT_EQ(read_part_config(path("out"), "net", "Net")["width"], 2);
  EXPECT_EQ(read_part_state(path("out"), "words").at("weight").item<float>(), 3);
}

TEST_F(AverageModels, SharesWeighTheModels) {
  average_models({.models = {path("one"), path("two")}, .shares = {6, 2}, .parts = {"net"}, .dtype = "bf16"}, path("out"));
  auto weight = read_part_state(path("out"), "net").at("weight");
  EXPECT_EQ(weight.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::equal(weight.to(at::kFloat), torch::tensor({2.0f, 1.0f})));
}

TEST_F(AverageModels, MistakesLeaveNothing) {
  auto average = [&](AverageOptions options) { average_models(options, path("out")); };
  EXPECT_THROW(average({.models = {path("one")}}), UsageError);
  EXPECT_THROW(average({.models = {path("one"), path("none")}}), NotFound);
  EXPECT_THROW(average({.models = {path("one"), path("two")}, .shares = {1}}), UsageError);
  EXPECT_THROW(average({.models = {path("one"), path("two")}, .shares = {1, -1}}), UsageError);
  EXPECT_THROW(average({.models = {path("one"), path("two")}, .parts = {"words"}}), NotFound);
  EXPECT_THROW(average({.models = {path("one"), path("two")}, .parts = {"../two/net"}}), NotFound);
  EXPECT_THROW(average({.models = {path("one"), path("other")}}), DataError);    // another config
  EXPECT_THROW(average({.models = {path("one"), path("lacking")}}), DataError);  // a tensor is missing
  EXPECT_THROW(average({.models = {path("one"), path("renamed")}}), DataError);
  EXPECT_THROW(average({.models = {path("one"), path("two")}, .dtype = "f16"}), std::exception);
  EXPECT_FALSE(fs::exists(path("out")));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 5);
  EXPECT_THROW(average_models({.models = {path("one"), path("two")}}, path("two")), UsageError);  // exists
}

}  // namespace
}  // namespace mg::weights
