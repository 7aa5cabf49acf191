#include <gtest/gtest.h>

#include <fstream>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/text/conditioner.h"
#include "moviegen/text/contrastive.h"
#include "moviegen/text/prompt_file.h"
#include "moviegen/text/sanitize.h"
#include "moviegen/text/t5_encoder.h"
#include "moviegen/text/tokenizer.h"
#include "moviegen/weights/state.h"

namespace mg::text {
namespace {

int64_t count_of(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& p : module.parameters()) count += p.numel();
  return count;
}

T5Config tiny_t5(const char* proj) {
  T5Config c;
  c.vocab_size = 40, c.d_model = 24, c.d_kv = 8, c.d_ff = 32, c.num_layers = 2, c.num_heads = 2, c.feed_forward_proj = proj;
  return c;
}

ContrastiveConfig tiny_pair() {
  ContrastiveConfig c;
  c.embed_dim = 8, c.vocab_size = 40, c.context_length = 16, c.text_width = 16, c.text_layers = 2, c.text_heads = 2;
  c.image_size = 16, c.patch_size = 8, c.vision_width = 16, c.vision_layers = 1, c.vision_heads = 2;
  return c;
}

TEST(Sanitize, AnyBytesBecomeCleanText) {
  EXPECT_EQ(sanitize("  a\tred\n\nfox \x01 "), "a red fox");
  EXPECT_EQ(sanitize("caf\xC3\xA9 \xF0\x9F\xA6\x8A"), "caf\xC3\xA9 \xF0\x9F\xA6\x8A");
  EXPECT_EQ(sanitize("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(sanitize("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate is not a character
  EXPECT_EQ(sanitize(""), "");
  EXPECT_LE(sanitize(std::string(100000, 'x')).size(), kMaxPromptBytes);
}

TEST(Sanitize, QuotedTextIsFound) {
  EXPECT_EQ(quoted_text("a sign says \"OPEN\" and \xE2\x80\x9Cgo\xE2\x80\x9D"), "OPEN go");
  EXPECT_EQ(quoted_text("no quotes, one \" only"), "");
}

TEST(Tokenizer, TrainsDeterministicallyAndEncodesAnything) {
  std::vector<std::string> captions;
  for (int i = 0; i < 200; ++i) captions.push_back(i % 2 ? "a red fox runs to the left through snow" : "a blue car drives through a city at night");
  auto model = train_sentencepiece(captions, 300);
  EXPECT_EQ(model, train_sentencepiece(captions, 300));
  SentencePieceTokenizer tokenizer(model);
  auto ids = tokenizer.encode("a red fox", 64);
  EXPECT_EQ(ids.back(), kEndId);
  EXPECT_LT(ids.size(), 12u);
  EXPECT_EQ(tokenizer.encode("", 64), std::vector<int64_t>{kEndId});
  EXPECT_EQ(tokenizer.encode(std::string(100000, 'q'), 64).size(), 64u);
  for (int64_t id : tokenizer.encode("\xF0\x9F\xA6\x8A", 64)) EXPECT_LT(id, tokenizer.vocabulary_size());
  EXPECT_THROW(SentencePieceTokenizer("not a model"), DataError);
}

TEST(Tokenizer, BytesAreShiftedByThree) {
  EXPECT_EQ(ByteTokenizer().encode("Az", 8), (std::vector<int64_t>{'A' + 3, 'z' + 3, kEndId}));
  EXPECT_EQ(ByteTokenizer().encode("abc", 2), (std::vector<int64_t>{'a' + 3, kEndId}));
}

TEST(T5, BucketsAreExactNearAndLogarithmicFar) {
  EXPECT_EQ(relative_position_bucket(0, 32, 128), 0);
  EXPECT_EQ(relative_position_bucket(-7, 32, 128), 7);
  EXPECT_EQ(relative_position_bucket(7, 32, 128), 23);
  EXPECT_EQ(relative_position_bucket(-8, 32, 128), 8);
  EXPECT_EQ(relative_position_bucket(-16, 32, 128), 10);  // 8 + ln(2)/ln(16)·8
  EXPECT_EQ(relative_position_bucket(-5000, 32, 128), 15);
  EXPECT_EQ(relative_position_bucket(5000, 32, 128), 31);
}

TEST(T5, KeysAreThoseOfPublicCheckpoints) {
  T5Encoder gated(tiny_t5("gated-silu")), plain(tiny_t5("relu"));
  auto state = weights::state_of(*gated);
  for (const char* key : {"shared.weight", "encoder.block.0.layer.0.SelfAttention.q.weight", "encoder.block.1.layer.0.SelfAttention.o.weight",
                          "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "encoder.block.1.layer.0.layer_norm.weight",
                          "encoder.block.1.layer.1.DenseReluDense.wi_0.weight", "encoder.block.1.layer.1.DenseReluDense.wi_1.weight",
                          "encoder.block.1.layer.1.DenseReluDense.wo.weight", "encoder.final_layer_norm.weight"})
    EXPECT_TRUE(state.contains(key)) << key;
  EXPECT_EQ(state.size(), 1u + 2 * 9 + 1 + 1);
  EXPECT_TRUE(weights::state_of(*plain).contains("encoder.block.0.layer.1.DenseReluDense.wi.weight"));
}

TEST(T5, PaddingDoesNotChangeTokens) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  T5Encoder model(tiny_t5("gated-gelu"));
  auto ids = torch::randint(3, 40, {1, 5}), mask = torch::ones({1, 5}, at::kBool);
  auto padded = model(at::cat({ids, torch::zeros({1, 4}, at::kLong)}, 1), at::cat({mask, torch::zeros({1, 4}, at::kBool)}, 1));
  EXPECT_TRUE(at::allclose(padded.narrow(1, 0, 5), model(ids, mask), 1e-4, 1e-5));
}

TEST(T5, CountsMatchModulesAndPublicSizes) {
  for (const char* proj : {"relu", "gated-gelu"}) {
    T5Encoder model(tiny_t5(proj));
    EXPECT_EQ(parameter_count(tiny_t5(proj)), count_of(*model));
  }
  EXPECT_NEAR(static_cast<double>(parameter_count(t5_preset("t5-base"))), 109.6e6, 0.2e6);  // public encoder half
  EXPECT_NEAR(static_cast<double>(parameter_count(t5_preset("byt5-small"))), 217e6, 2e6);
}

TEST(Contrastive, PaddingBatchAndCounts) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  TextTower text(tiny_pair());
  ImageTower image(tiny_pair());
  EXPECT_EQ(text_parameter_count(tiny_pair()), count_of(*text));
  EXPECT_EQ(image_parameter_count(tiny_pair()), count_of(*image));
  auto ids = torch::randint(3, 40, {1, 6}), mask = torch::ones({1, 6}, at::kBool);
  auto [tokens, embedding] = text(ids, mask);
  auto [padded_tokens, padded] = text(at::cat({ids, ids}, 1), at::cat({mask, torch::zeros({1, 6}, at::kBool)}, 1));
  EXPECT_TRUE(at::allclose(embedding, padded, 1e-4, 1e-5));
  EXPECT_NEAR(embedding.norm().item<double>(), 1, 1e-5);
  EXPECT_EQ(image(torch::rand({3, 3, 16, 16})).sizes().vec(), (std::vector<int64_t>{3, 8}));
  EXPECT_THROW(image(torch::rand({3, 3, 24, 16})), UsageError);
  EXPECT_THROW(text(torch::zeros({1, 17}, at::kLong), torch::ones({1, 17}, at::kBool)), UsageError);
}

// The relative positions of the naive definition: bias[n][q][k] = table[bucket(k − q)][n].
TEST(T5, PositionBiasFollowsTheBuckets) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  auto config = tiny_t5("relu");
  config.num_layers = 1;
  T5Encoder model(config);
  auto state = weights::state_of(*model);
  auto table = state.at("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
  table.normal_();
  constexpr int64_t kLength = 20;
  auto ids = torch::randint(3, 40, {1, kLength}), mask = torch::ones({1, kLength}, at::kBool);
  auto bias = torch::empty({2, kLength, kLength});
  for (int64_t q = 0; q < kLength; ++q)
    for (int64_t k = 0; k < kLength; ++k) bias.select(2, k).select(1, q).copy_(table[relative_position_bucket(k - q, 32, 128)]);
  auto weight = [&](const std::string& key) { return state.at("encoder.block.0.layer." + key + ".weight"); };
  auto norm = [](const Tensor& x, const Tensor& w) { return x * at::rsqrt(x.square().mean(-1, true) + 1e-6) * w; };
  auto x = at::embedding(state.at("shared.weight"), ids);
  auto y = norm(x, weight("0.layer_norm"));
  auto heads = [&](const char* key) { return y.matmul(weight(std::string("0.SelfAttention.") + key).t()).view({kLength, 2, 8}).transpose(0, 1); };
  auto mixed = (heads("q").matmul(heads("k").transpose(1, 2)) + bias).softmax(-1).matmul(heads("v")).transpose(0, 1).reshape({1, kLength, 16});
  x = x + mixed.matmul(weight("0.SelfAttention.o").t());
  y = norm(x, weight("1.layer_norm"));
  x = x + at::relu(y.matmul(weight("1.DenseReluDense.wi").t())).matmul(weight("1.DenseReluDense.wo").t());
  EXPECT_TRUE(at::allclose(model(ids, mask), norm(x, state.at("encoder.final_layer_norm.weight")), 1e-4, 1e-4));
}

TEST(Contrastive, PatchesAreAConvolution) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(6);
  auto config = tiny_pair();
  ImageTower tower(config);
  auto state = weights::state_of(*tower);
  auto pixels = torch::rand({2, 3, 16, 16}), scrambled = pixels.clone();
  auto before = tower(pixels);
  // Swapping two patches and their positions leaves the class token's view of them unchanged.
  scrambled.slice(2, 0, 8).slice(3, 0, 8).copy_(pixels.slice(2, 8, 16).slice(3, 8, 16));
  scrambled.slice(2, 8, 16).slice(3, 8, 16).copy_(pixels.slice(2, 0, 8).slice(3, 0, 8));
  EXPECT_FALSE(at::allclose(tower(scrambled), before, 1e-3, 1e-4));
  auto positions = state.at("positional_embedding");
  positions.copy_(positions.index_select(0, torch::tensor({0, 4, 2, 3, 1})));
  EXPECT_TRUE(at::allclose(tower(scrambled), before, 1e-4, 1e-5));
}

TEST(Contrastive, EqualTextsAreNoNegatives) {
  auto pictures = torch::eye(2), texts = torch::tensor({{1.0f, 0.0f}, {1.0f, 0.0f}}), scale = torch::tensor(10.0f);
  auto both = torch::ones({2, 2}, at::kBool);
  EXPECT_LT(contrastive_loss(texts, texts, scale, both).item<double>(), contrastive_loss(texts, texts, scale).item<double>() + 1e-6);
  EXPECT_NEAR(contrastive_loss(texts, texts, scale, both).item<double>(), std::log(2.0), 1e-5);  // the floor when two texts fit
  EXPECT_NEAR(contrastive_loss(pictures, pictures, scale).item<double>(), contrastive_loss(pictures, pictures, scale, torch::eye(2).to(at::kBool)).item<double>(), 1e-6);
}

TEST(Contrastive, LossPrefersMatchingPairs) {
  auto pairs = torch::eye(4), scale = torch::tensor(10.0f);
  EXPECT_LT(contrastive_loss(pairs, pairs, scale).item<double>(), 0.01);
  EXPECT_GT(contrastive_loss(pairs, pairs.roll(1, 0), scale).item<double>(), 5);
}

TEST(PromptFile, TakesWhatStandsBeforeTheTab) {
  auto path = testing::TempDir() + "moviegen-prompts.txt";
  write_text(path, "a red fox runs\tfox\tsnow\n\n\tonly labels\na dog");
  EXPECT_EQ(read_prompts(path), (std::vector<std::string>{"a red fox runs", "a dog"}));
  write_text(path, "\n");
  EXPECT_THROW(read_prompts(path), DataError);
  EXPECT_THROW(read_prompts("/nowhere/prompts.txt"), NotFound);
  EXPECT_THROW(read_prompts(testing::TempDir()), NotFound);
}

TEST(Prompts, OfTablesAndJsonLines) {
  auto read = [](const char* name, const std::string& text) {
    auto path = testing::TempDir() + name;
    std::ofstream(path, std::ios::binary) << text;
    return read_prompts(path);
  };
  using Prompts = std::vector<std::string>;
  EXPECT_EQ(read("bench.csv", "\xEF\xBB\xBFprompt,concept\r\n\"A fox, \"\"red\"\",\nruns\",animal\r\na dog,\r\n,none\r\n"), (Prompts{"A fox, \"red\",\nruns", "a dog"}));
  EXPECT_EQ(read("bench2.csv", "concept,prompt\nanimal,a cat\nshort\n"), Prompts{"a cat"});
  EXPECT_THROW(read("broken.csv", "prompt\n\"no end"), DataError);
  EXPECT_THROW(read("other.csv", "text\na fox\n"), DataError);
  EXPECT_EQ(read("bench.jsonl", "{\"id\": 1, \"video_prompt\": \"waves\", \"prompt\": \"no\"}\n\n{\"prompt\": \"rain\"}\n"), (Prompts{"waves", "rain"}));
  EXPECT_THROW(read("broken.jsonl", "{\"video_prompt\": 3}\n"), DataError);
  EXPECT_THROW(read("broken2.jsonl", "waves\n"), DataError);
}

}  // namespace
}  // namespace mg::text
