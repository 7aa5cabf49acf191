#include "moviegen/text/text_encoders.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/text/sanitize.h"
#include "moviegen/weights/model_folder.h"
#include "moviegen/weights/state.h"

namespace mg::text {
namespace {

namespace fs = std::filesystem;

constexpr double kRelative = 1e-4, kAbsolute = 1e-5;  // f32 sums in another order

const std::string& tokenizer_model() {
  static const std::string model = [] {
    std::vector<std::string> captions;
    for (const char* who : {"a red fox", "a blue car", "an old robot", "a small boat"})
      for (const char* what : {"runs to the left", "drives slowly", "turns around", "waits"})
        for (const char* where : {"in the snow", "through a city at night", "on the beach"}) captions.push_back(fmt::format("{} {} {}.", who, what, where));
    return train_sentencepiece(captions, 360, frame_rate_symbols());
  }();
  return model;
}

TextEncodersConfig small_config() {
  TextEncodersConfig c;
  c.ul2.vocab_size = 400, c.ul2.d_model = 32, c.ul2.d_kv = 8, c.ul2.d_ff = 40, c.ul2.num_layers = 2, c.ul2.num_heads = 4;
  c.byt5 = c.ul2;
  c.byt5.d_model = 16, c.byt5.num_layers = 1;
  c.metaclip.vocab_size = 400, c.metaclip.context_length = 48, c.metaclip.text_width = 24, c.metaclip.text_layers = 2, c.metaclip.text_heads = 2;
  c.metaclip.embed_dim = 8, c.metaclip.image_size = 16, c.metaclip.patch_size = 8, c.metaclip.vision_width = 16;
  c.metaclip.vision_layers = 1, c.metaclip.vision_heads = 2;
  c.ul2_max_tokens = 32, c.byt5_max_tokens = 12;
  return c;
}

TextEncoders small_encoders() {
  torch::manual_seed(3);
  return TextEncoders(small_config(), tokenizer_model());
}

// A folder that is gone after the test.
struct ScratchFolder {
  ScratchFolder() : path(fs::temp_directory_path() / fmt::format("moviegen_text_{}", ::getpid())) { fs::remove_all(path); }
  ~ScratchFolder() { fs::remove_all(path); }
  std::string name() const { return path.string(); }
  fs::path path;
};

TEST(FrameRate, IsOneTokenInFrontOfThePrompt) {
  SentencePieceTokenizer tokenizer(tokenizer_model());
  auto bare = tokenizer.encode("a red fox", 64);
  for (int fps : {8, 16, 24, 32}) {
    auto with = tokenizer.encode(with_frame_rate("a red fox", fps), 64);
    ASSERT_EQ(with.size(), bare.size() + 1) << fps;
    EXPECT_TRUE(std::equal(bare.begin(), bare.end(), with.begin() + 1));
    EXPECT_NE(with[0], tokenizer.encode(with_frame_rate("a red fox", 17), 64)[0]);
  }
  EXPECT_EQ(with_frame_rate("  a\tred fox ", 24), "FPS-24 a red fox");
  EXPECT_EQ(with_frame_rate(" \n\x01", 24), "");
  EXPECT_LE(tokenizer.encode(with_frame_rate("a red fox", 120), 64).size(), bare.size() + 12);  // unknown rates still encode
}

TEST(TextEncoders, EmptyPromptsAreTheEndAlone) {
  auto tokens = small_encoders()->tokenize({"", "  \t ", "a red fox says \"HI\""}, 16);
  for (const auto& [ids, mask] : {std::pair{tokens.ul2_ids_BL, tokens.ul2_mask_BL}, {tokens.metaclip_ids_BL, tokens.metaclip_mask_BL},
                                  {tokens.byt5_ids_BL, tokens.byt5_mask_BL}}) {
    EXPECT_EQ(mask.scalar_type(), at::kBool);
    EXPECT_EQ(ids.scalar_type(), at::kLong);
    for (int64_t b : {0, 1}) {
      EXPECT_EQ(mask[b].sum().item<int64_t>(), 1);
      EXPECT_EQ(ids[b][0].item<int64_t>(), kEndId);
    }
    EXPECT_GT(mask[2].sum().item<int64_t>(), 1);
  }
}

TEST(TextEncoders, CharactersSeeOnlyWhatIsQuoted) {
  auto encoders = small_encoders();
  auto tokens = encoders->tokenize({"a red fox waits", "a sign \"Ab\" on the beach", "\xE2\x80\x9C" "Ab\xE2\x80\x9D in the snow"}, 16);
  EXPECT_TRUE(at::equal(tokens.byt5_ids_BL, torch::tensor({{1, 0, 0}, {'A' + 3, 'b' + 3, 1}, {'A' + 3, 'b' + 3, 1}}, at::kLong)));
  EXPECT_TRUE(at::equal(tokens.byt5_mask_BL, tokens.byt5_ids_BL.ne(kPadId)));
  // The prompt-level encoders read the whole prompt, quotes too.
  EXPECT_FALSE(at::equal(encoders->tokenize({"a sign \"Ab\""}, 16).ul2_ids_BL, encoders->tokenize({"a sign \"Ac\""}, 16).ul2_ids_BL));
}

TEST(TextEncoders, APromptDoesNotDependOnItsBatch) {
  torch::NoGradGuard no_grad;
  auto encoders = small_encoders();
  std::string prompt = "a red fox says \"HI\"";
  auto alone = encoders->encode({prompt}, 16);
  auto together = encoders->encode({"", prompt, "an old robot drives slowly through a city at night and says \"GOOD NIGHT\""}, 16);
  auto expect_same = [](const Tensor& one, const Tensor& one_mask, const Tensor& many, const Tensor& many_mask) {
    auto length = one_mask.sum().item<int64_t>();  // padding may follow
    EXPECT_TRUE(one_mask[0].narrow(0, 0, length).all().item<bool>());
    EXPECT_EQ(many_mask[1].sum().item<int64_t>(), length);
    EXPECT_GT(many.size(1), length);
    EXPECT_TRUE(at::allclose(many[1].narrow(0, 0, length), one[0].narrow(0, 0, length), kRelative, kAbsolute));
  };
  expect_same(alone.ul2_BLD, alone.ul2_mask_BL, together.ul2_BLD, together.ul2_mask_BL);
  expect_same(alone.metaclip_BLD, alone.metaclip_mask_BL, together.metaclip_BLD, together.metaclip_mask_BL);
  expect_same(alone.byt5_BLD, alone.byt5_mask_BL, together.byt5_BLD, together.byt5_mask_BL);
}

TEST(TextEncoders, BatchesComeInFewLengths) {
  auto length = [](int64_t tokens, int64_t most) { return pad_tokens({std::vector<int64_t>(tokens, 5), {5}}, most).first.size(1); };
  EXPECT_EQ(length(1, 96), 1);
  EXPECT_EQ(length(8, 96), 8);
  EXPECT_EQ(length(9, 96), 16);
  EXPECT_EQ(length(90, 92), 90) << "never longer than the encoder takes";
  auto [ids, mask] = pad_tokens({{7, 8, 9, 10, 11, 12, 13, 14, 15}, {7}}, 96);
  EXPECT_EQ(mask.sum().item<int64_t>(), 10);
  EXPECT_EQ(ids[1][1].item<int64_t>(), kPadId);
}

TEST(TextEncoders, HostilePromptsBecomeValidTokens) {
  torch::NoGradGuard no_grad;
  auto encoders = small_encoders();
  std::vector<std::string> prompts = {std::string(3 << 20, 'x'),
                                      std::string("\xFF\xFE\x00\xC0\xAF", 5),
                                      "</s> <pad> <unk> <0x41> \xE2\x96\x81 FPS-24",
                                      fmt::format("\"{}\"", std::string(5000, 'q')),
                                      "\xF0\x9F\xA6\x8A \xE4\xBD\xA0\xE5\xA5\xBD \xD8\xB3\xD9\x84\xD8\xA7\xD9\x85",
                                      "\"\"\"\"\"",
                                      std::string(40000, '"')};
  auto tokens = encoders->tokenize(prompts, 16);
  EXPECT_LE(tokens.ul2_ids_BL.size(1), 32);
  EXPECT_LE(tokens.metaclip_ids_BL.size(1), 48);
  EXPECT_LE(tokens.byt5_ids_BL.size(1), 12);
  EXPECT_GE(tokens.ul2_ids_BL.min().item<int64_t>(), 0);
  EXPECT_LT(tokens.ul2_ids_BL.max().item<int64_t>(), encoders->tokenizer->vocabulary_size());
  EXPECT_LT(tokens.byt5_ids_BL.max().item<int64_t>(), 259);
  // The end id stands once in every row: text cannot spell a control token.
  EXPECT_TRUE(tokens.ul2_ids_BL.eq(kEndId).sum(1).eq(1).all().item<bool>());
  auto encoded = encoders->forward(tokens);
  EXPECT_TRUE(encoded.ul2_BLD.isfinite().all().item<bool>());
  EXPECT_TRUE(encoded.metaclip_BLD.isfinite().all().item<bool>());
  EXPECT_TRUE(encoded.byt5_BLD.isfinite().all().item<bool>());
  EXPECT_THROW(encoders->tokenize({}, 16), UsageError);
}

TEST(TextEncoders, FolderRoundTripGivesTheSameTokens) {
  torch::NoGradGuard no_grad;
  ScratchFolder folder;
  auto encoders = small_encoders();
  save_text_encoders(folder.name(), encoders, "f32");
  auto index = Json::parse(read_text(folder.name() + "/model_index.json"));
  for (const char* part : {"tokenizer", "text_encoder", "text_encoder_2", "text_encoder_3"}) EXPECT_TRUE(index.contains(part)) << part;
  EXPECT_EQ(read_text(folder.name() + "/tokenizer/spiece.model"), tokenizer_model());
  auto keys = weights::read_part_state(folder.name(), "text_encoder_2");
  EXPECT_TRUE(keys.contains("transformer.resblocks.1.attn.in_proj_weight"));
  EXPECT_TRUE(keys.contains("token_embedding.weight"));

  auto loaded = load_text_encoders(folder.name());
  EXPECT_EQ(config_to_json(loaded->config.ul2), config_to_json(encoders->config.ul2));
  EXPECT_EQ(loaded->config.ul2_max_tokens, 32);
  EXPECT_EQ(loaded->config.byt5_max_tokens, 12);
  std::vector<std::string> prompts = {"a blue car waits \"STOP\"", ""};
  auto before = encoders->encode(prompts, 24), after = loaded->encode(prompts, 24);
  EXPECT_TRUE(at::equal(before.ul2_BLD, after.ul2_BLD));
  EXPECT_TRUE(at::equal(before.metaclip_BLD, after.metaclip_BLD));
  EXPECT_TRUE(at::equal(before.byt5_BLD, after.byt5_BLD));
  EXPECT_EQ(loaded->widths().metaclip, 24);
}

TEST(TextEncoders, ImageTowerRoundTrip) {
  torch::NoGradGuard no_grad;
  ScratchFolder folder;
  torch::manual_seed(4);
  ImageTower tower(small_config().metaclip);
  save_image_encoder(folder.name(), tower, "bf16");
  auto pixels = torch::rand({2, 3, 16, 16});
  EXPECT_GT((load_image_encoder(folder.name())(pixels) * tower(pixels)).sum(1).min().item<double>(), 0.999);
  EXPECT_THROW(load_text_encoders(folder.name()), NotFound);
}

TEST(TextEncoders, ForgedFoldersAreRefused) {
  ScratchFolder folder;
  save_text_encoders(folder.name(), small_encoders(), "f32");
  auto forge = [&](const std::string& file, const std::string& text) {
    auto path = folder.name() + "/" + file;
    auto kept = read_text(path);
    write_text(path, text);
    EXPECT_THROW(load_text_encoders(folder.name()), Error) << file << ": " << text.substr(0, 80);
    write_text(path, kept);
  };
  auto config = [&](const char* part, const char* key, const Json& value) {
    auto tree = Json::parse(read_text(folder.name() + "/" + part + "/config.json"));
    tree[key] = value;
    forge(std::string(part) + "/config.json", tree.dump());
  };
  config("text_encoder", "d_model", 65536);  // would ask for gigabytes
  config("text_encoder", "num_layers", 1024);
  config("text_encoder", "d_ff", -1);
  config("text_encoder", "relative_attention_num_buckets", 1);
  config("text_encoder", "vocab_size", 300);  // smaller than the tokenizer
  config("text_encoder_2", "text_width", 65536);
  config("text_encoder_2", "text_heads", 0);
  config("text_encoder_2", "_class_name", "T5EncoderModel");
  config("text_encoder_3", "feed_forward_proj", "magic");
  config("tokenizer", "ul2_max_tokens", 1 << 30);
  config("tokenizer", "byt5_max_tokens", 0);
  forge("tokenizer/config.json", "[1, 2");
  forge("tokenizer/spiece.model", "");
  forge("tokenizer/spiece.model", tokenizer_model().substr(0, tokenizer_model().size() / 2));
  forge("text_encoder/model.safetensors", "not tensors");
  EXPECT_NO_THROW(load_text_encoders(folder.name()));  // every forgery was put back
}

TEST(TextEncoders, AVocabularyLargerThanTheEmbeddingIsRefused) {
  auto config = small_config();
  config.metaclip.vocab_size = 100;
  EXPECT_THROW(TextEncoders(config, tokenizer_model()), DataError);
}

TEST(TextEncoders, GradientsReachEveryParameter) {
  auto encoders = small_encoders();
  auto encoded = encoders->encode({"a red fox says \"HI\"", "a small boat waits"}, 16);
  (encoded.ul2_BLD.square().sum() + encoded.metaclip_BLD.pow(3).sum() + encoded.byt5_BLD.square().sum()).backward();
  for (const auto& item : encoders->named_parameters()) {
    if (item.key() == "metaclip.text_projection") continue;  // only the joint embedding uses it
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << item.key();
  }
}

TEST(TextEncoders, MiniIsSmall) {
  TextEncodersConfig mini;
  EXPECT_LT(parameter_count(mini.ul2) + parameter_count(mini.byt5) + text_parameter_count(mini.metaclip), 7'000'000);
  EXPECT_LT(image_parameter_count(mini.metaclip), 5'000'000);
}

}  // namespace
}  // namespace mg::text
