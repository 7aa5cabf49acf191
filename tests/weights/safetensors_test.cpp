#include "moviegen/weights/safetensors.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/core/random.h"
#include "moviegen/weights/model_folder.h"
#include "moviegen/weights/state.h"

namespace mg::weights {
namespace {

std::string forge(const std::string& header, size_t data_bytes) {
  uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(data_bytes, 'x');
}

std::string temporary(const char* name) { return (std::filesystem::temp_directory_path() / name).string(); }

TEST(Safetensors, ReadsAWellFormedFile) {
  auto file = forge(R"({"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"e":{"dtype":"I8","shape":[0],"data_offsets":[8,8]}})", 8);
  auto header = parse_safetensors(file, "test");
  EXPECT_EQ(header.tensors.at("w").shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(header.tensors.at("w").bytes.size(), 8u);
  EXPECT_EQ(header.metadata.at("a"), "b");
}

class Forged : public ::testing::TestWithParam<std::pair<const char*, size_t>> {};
TEST_P(Forged, IsRefused) {
  auto file = forge(GetParam().first, GetParam().second);
  EXPECT_THROW(parse_safetensors(file, "test"), DataError) << GetParam().first;
}
INSTANTIATE_TEST_SUITE_P(
    Files, Forged,
    ::testing::Values(
        std::pair{"", 0}, std::pair{"[]", 0}, std::pair{"{", 0}, std::pair{"{}", 4},
        std::pair{R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 8},
        std::pair{R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4},
        std::pair{R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8},
        std::pair{R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8},
        std::pair{R"({"w":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", 8},
        std::pair{R"({"w":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]}})", 0},
        std::pair{R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8},
        std::pair{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8},
        std::pair{R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4},
        std::pair{R"({"__metadata__":{"a":1}})", 0}, std::pair{R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4},
        std::pair{R"({"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4}));

TEST(Safetensors, TruncationAndFlippedBytesNeverCrash) {
  auto file = forge(R"({"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"v":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]}})", 14);
  for (size_t size = 0; size < file.size(); ++size) EXPECT_THROW(parse_safetensors({file.data(), size}, "test"), DataError) << size;
  Generator random(1);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    auto bad = file;
    for (int flips = 1 + random.below(3); flips > 0; --flips) bad[static_cast<size_t>(random.below(static_cast<int>(bad.size())))] ^= static_cast<char>(1 << random.below(8));
    try {
      parse_safetensors(bad, "test");
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1500);
}

TEST(State, RoundTripsInBothPrecisions) {
  auto path = temporary("moviegen-state.safetensors");
  State state{{"a", torch::randn({3, 4})}, {"b", torch::arange(5)}};
  write_state(path, state, "f32", {{"k", "v"}});
  Metadata metadata;
  auto back = read_state(path, &metadata);
  EXPECT_TRUE(at::equal(back["a"], state["a"]));
  EXPECT_TRUE(at::equal(back["b"], state["b"]));
  EXPECT_EQ(metadata["k"], "v");
  write_state(path, state, "bf16");
  EXPECT_EQ(read_state(path)["a"].scalar_type(), at::kBFloat16);
  std::filesystem::remove(path);
}

TEST(State, StrictLoadListsEverythingAndChangesNothing) {
  torch::nn::Linear model(3, 2);
  auto before = model->weight.clone();
  try {
    load_into(*model, {{"weight", torch::zeros({3, 3})}, {"extra", torch::zeros({1})}}, "decoder.safetensors");
    FAIL() << "accepted";
  } catch (const DataError& error) {
    std::string text = error.what();
    for (const char* part : {"decoder.safetensors", "'weight' is [3×3], the model expects [2×3]", "missing 'bias'", "unexpected 'extra'"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_TRUE(at::equal(before, model->weight));
}

TEST(ModelFolder, PartsRoundTripAndClassIsChecked) {
  auto folder = temporary("moviegen-model-folder");
  std::filesystem::remove_all(folder);
  write_part(folder, "vae", "A", {{"x", 1}}, {{"w", torch::ones({2})}});
  write_part(folder, "text_encoder", "B", {{"y", 2}}, {{"w", torch::ones({2})}});
  EXPECT_EQ(resolve_model(folder), folder);
  EXPECT_EQ(read_part_config(folder, "vae", "A")["x"], 1);
  EXPECT_EQ(read_part_state(folder, "text_encoder").size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(folder + "/text_encoder/model.safetensors"));
  EXPECT_THROW(read_part_config(folder, "vae", "B"), DataError);
  EXPECT_THROW(resolve_model("no-such-model"), NotFound);
  std::filesystem::remove_all(folder);
}

TEST(State, Int8LeavesTheSmallestMatricesAsTheyAre) {
  auto path = (std::filesystem::temp_directory_path() / fmt::format("moviegen-int8-small-{}.safetensors", ::getpid())).string();
  State state{{"wide", torch::randn({256, 256})}, {"next to the pixels", torch::randn({48, 108})}};
  write_state(path, state, "int8");
  auto back = read_state(path);
  EXPECT_EQ(back.at("wide").scalar_type(), at::kFloat);
  EXPECT_EQ(back.at("next to the pixels").scalar_type(), at::kBFloat16);
  std::filesystem::remove(path);
}

TEST(State, Int8KeepsRowsToHalfAPercentOfTheirLargest) {
  auto path = (std::filesystem::temp_directory_path() / fmt::format("moviegen-int8-{}.safetensors", ::getpid())).string();
  torch::manual_seed(1);
  State state{{"kernel", torch::randn({64, 16, 7}) * torch::logspace(-3, 3, 64).view({64, 1, 1})}, {"zero", torch::zeros({64, 64})},
              {"bias", torch::randn({64})}, {"ids", torch::arange(5)}};
  write_state(path, state, "int8");
  EXPECT_LT(std::filesystem::file_size(path), 64u * (16 * 7 + 64) + 2000u);
  auto back = read_state(path);
  ASSERT_EQ(back.size(), 4u);
  EXPECT_EQ(back.at("kernel").scalar_type(), at::kFloat);
  auto error = (back.at("kernel") - state.at("kernel")).abs().flatten(1).amax(1) / state.at("kernel").abs().flatten(1).amax(1);
  EXPECT_LT(error.max().item<double>(), 0.5 / 127 + 1e-4);
  EXPECT_EQ(back.at("zero").abs().max().item<float>(), 0);
  EXPECT_EQ(back.at("bias").scalar_type(), at::kBFloat16);
  EXPECT_TRUE(back.at("ids").equal(state.at("ids")));
  std::string four(4, '\0');  // one scale for two rows
  write_safetensors(path, {{"w", {"I8", {2, 2}, four}}, {"w_scale", {"F32", {1}, four}}}, {});
  EXPECT_THROW(read_state(path), DataError);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace mg::weights
