#include "moviegen/text/text_encoders.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

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

constexpr const char* kTokenizerClass = "SentencePieceTokenizer";
constexpr const char* kT5Class = "T5EncoderModel";
constexpr const char* kTextTowerClass = "ContrastiveTextTower";
constexpr const char* kImageTowerClass = "ContrastiveImageTower";
constexpr uint64_t kMaxTokenizerBytes = 64u << 20;
constexpr int64_t kMaxTokens = 4096;  // of a prompt, for any encoder
constexpr size_t kLengthStep = 8;     // batches come in few lengths: every new one costs the products' kernels anew
// The paper trains on 16 to 32 frames a second (facts 2); ours: previews may be slower.
constexpr int kSlowestRate = 8, kFastestRate = 32;

// What tokenizer/config.json says beside the vocabulary.
struct TokenizerLimits {
  int64_t ul2_max_tokens = 96, byt5_max_tokens = 64;
};

template <class V>
void fields(V& v, TokenizerLimits& c) {
  v("ul2_max_tokens", c.ul2_max_tokens, "longest prompt for the prompt encoder, in tokens");
  v("byt5_max_tokens", c.byt5_max_tokens, "longest quoted text for the character encoder, in bytes and the end");
}

std::string path_in(const std::string& folder, const char* part, const char* file) { return (fs::path(folder) / part / file).string(); }

void check_vocabulary(const char* encoder, int64_t rows, int64_t needed) {
  if (rows < needed)
    throw DataError("text encoders: the tokenizer has {} pieces, but {} has only {} rows of embedding", needed, encoder, rows);
}

// A forged config could ask for terabytes; the weights that are there bound what is worth allocating.
void check_size(const std::string& where, int64_t expected, const weights::State& state) {
  int64_t present = 0;
  for (const auto& [key, tensor] : state) present += tensor.numel();
  if (expected > 2 * present + 1'000'000)
    throw DataError("{}: config.json describes {} parameters, but the weights hold {}", where, expected, present);
}

std::string part_name(const std::string& folder, const char* part) { return (fs::path(folder) / part).string(); }

template <class Config>
Config read_config_of(const std::string& folder, const char* part, const char* class_name) {
  return config_from<Config>(weights::read_part_config(folder, part, class_name), path_in(folder, part, "config.json"));
}

weights::State read_checked_state(const std::string& folder, const char* part, int64_t parameters) {
  auto state = weights::read_part_state(folder, part);
  check_size(part_name(folder, part), parameters, state);
  return state;
}

template <class Module>
void save_module(const std::string& folder, const char* part, const char* class_name, const Module& module, const std::string& dtype) {
  weights::write_part(folder, part, class_name, config_to_json(module->config), weights::state_of(*module), dtype);
}

void save_tokenizer(const std::string& folder, const TextEncodersImpl& encoders) {
  make_folder((fs::path(folder) / "tokenizer").string());
  write_text(path_in(folder, "tokenizer", "spiece.model"), encoders.tokenizer->model());
  Json config = config_to_json(TokenizerLimits{encoders.config.ul2_max_tokens, encoders.config.byt5_max_tokens});
  config["_class_name"] = kTokenizerClass;
  write_text(path_in(folder, "tokenizer", "config.json"), config.dump(2) + "\n");
}

// The tokenizer has no tensors, so write_part does not list it.
void list_tokenizer(const std::string& folder) {
  auto path = (fs::path(folder) / "model_index.json").string();
  Json index = Json::parse(read_text(path), nullptr, false);
  if (!index.is_object()) throw DataError("{}: expected a JSON object", path);
  index["tokenizer"] = {"moviegen", kTokenizerClass};
  write_text(path, index.dump(2) + "\n");
}

}  // namespace

std::string with_frame_rate(const std::string& prompt, int fps) {
  auto clean = sanitize(prompt);
  return clean.empty() ? clean : fmt::format("FPS-{} {}", fps, clean);
}

std::vector<std::string> frame_rate_symbols() {
  std::vector<std::string> symbols;
  for (int fps = kSlowestRate; fps <= kFastestRate; ++fps) symbols.push_back(fmt::format("FPS-{}", fps));
  return symbols;
}

std::pair<Tensor, Tensor> pad_tokens(const std::vector<std::vector<int64_t>>& lists, int64_t most) {
  size_t longest = 0;
  for (const auto& list : lists) longest = std::max(longest, list.size());
  size_t padded = (longest + kLengthStep - 1) / kLengthStep * kLengthStep;
  if (longest > kLengthStep && padded <= static_cast<size_t>(most)) longest = padded;
  auto shape = {static_cast<int64_t>(lists.size()), static_cast<int64_t>(longest)};
  auto ids = at::full(shape, kPadId, at::kLong), mask = at::zeros(shape, at::kBool);
  for (size_t b = 0; b < lists.size(); ++b) {
    std::copy(lists[b].begin(), lists[b].end(), ids.data_ptr<int64_t>() + b * longest);
    std::fill_n(mask.data_ptr<bool>() + b * longest, lists[b].size(), true);
  }
  return {ids, mask};
}

void TextEncodersConfig::check() const {
  ul2.check();
  byt5.check();
  metaclip.check();
  for (int64_t tokens : {ul2_max_tokens, byt5_max_tokens})
    if (tokens < 1 || tokens > kMaxTokens) throw UsageError("text encoders: a longest prompt must have 1 to {} tokens, got {}", kMaxTokens, tokens);
}

TextEncodersImpl::TextEncodersImpl(const TextEncodersConfig& c, const std::string& tokenizer_model, const std::string& tokenizer_name)
    : config(c), tokenizer(std::make_shared<SentencePieceTokenizer>(tokenizer_model, tokenizer_name)) {
  c.check();
  check_vocabulary("the prompt encoder", c.ul2.vocab_size, tokenizer->vocabulary_size());
  check_vocabulary("the contrastive text tower", c.metaclip.vocab_size, tokenizer->vocabulary_size());
  check_vocabulary("the character encoder", c.byt5.vocab_size, ByteTokenizer().vocabulary_size());
  ul2 = register_module("ul2", T5Encoder(c.ul2));
  metaclip = register_module("metaclip", TextTower(c.metaclip));
  byt5 = register_module("byt5", T5Encoder(c.byt5));
}

PromptTokens TextEncodersImpl::tokenize(const std::vector<std::string>& prompts, int fps) const {
  if (prompts.empty()) throw UsageError("text encoders: expected at least one prompt");
  std::vector<std::vector<int64_t>> ul2_lists, metaclip_lists, byt5_lists;
  for (const auto& prompt : prompts) {
    auto text = with_frame_rate(prompt, fps);
    ul2_lists.push_back(tokenizer->encode(text, config.ul2_max_tokens));
    metaclip_lists.push_back(tokenizer->encode(text, config.metaclip.context_length));
    byt5_lists.push_back(ByteTokenizer().encode(quoted_text(text), config.byt5_max_tokens));
  }
  PromptTokens tokens;
  std::tie(tokens.ul2_ids_BL, tokens.ul2_mask_BL) = pad_tokens(ul2_lists, config.ul2_max_tokens);
  std::tie(tokens.metaclip_ids_BL, tokens.metaclip_mask_BL) = pad_tokens(metaclip_lists, config.metaclip.context_length);
  std::tie(tokens.byt5_ids_BL, tokens.byt5_mask_BL) = pad_tokens(byt5_lists, config.byt5_max_tokens);
  return tokens;
}

Encoded TextEncodersImpl::forward(const PromptTokens& t) {
  return {ul2(t.ul2_ids_BL, t.ul2_mask_BL),   t.ul2_mask_BL,  metaclip(t.metaclip_ids_BL, t.metaclip_mask_BL).first, t.metaclip_mask_BL,
          byt5(t.byt5_ids_BL, t.byt5_mask_BL), t.byt5_mask_BL};
}

TextWidths TextEncodersImpl::widths() const { return {config.ul2.d_model, config.metaclip.text_width, config.byt5.d_model}; }

TextEncoders load_text_encoders(const std::string& folder) {
  auto limits = read_config_of<TokenizerLimits>(folder, "tokenizer", kTokenizerClass);
  TextEncodersConfig config{.ul2 = read_config_of<T5Config>(folder, "text_encoder", kT5Class),
                            .byt5 = read_config_of<T5Config>(folder, "text_encoder_3", kT5Class),
                            .metaclip = read_config_of<ContrastiveConfig>(folder, "text_encoder_2", kTextTowerClass),
                            .ul2_max_tokens = limits.ul2_max_tokens,
                            .byt5_max_tokens = limits.byt5_max_tokens};
  auto ul2 = read_checked_state(folder, "text_encoder", parameter_count(config.ul2));
  auto metaclip = read_checked_state(folder, "text_encoder_2", text_parameter_count(config.metaclip));
  auto byt5 = read_checked_state(folder, "text_encoder_3", parameter_count(config.byt5));
  auto model_path = path_in(folder, "tokenizer", "spiece.model");
  TextEncoders encoders(config, read_text(model_path, kMaxTokenizerBytes), model_path);
  weights::load_into(*encoders->ul2, ul2, part_name(folder, "text_encoder"));
  weights::load_into(*encoders->metaclip, metaclip, part_name(folder, "text_encoder_2"));
  weights::load_into(*encoders->byt5, byt5, part_name(folder, "text_encoder_3"));
  return encoders;
}

void save_text_encoders(const std::string& folder, const TextEncoders& encoders, const std::string& dtype) {
  save_tokenizer(folder, *encoders);
  save_module(folder, "text_encoder", kT5Class, encoders->ul2, dtype);
  save_module(folder, "text_encoder_2", kTextTowerClass, encoders->metaclip, dtype);
  save_module(folder, "text_encoder_3", kT5Class, encoders->byt5, dtype);
  list_tokenizer(folder);
}

ImageTower load_image_encoder(const std::string& folder) {
  auto config = read_config_of<ContrastiveConfig>(folder, "image_encoder", kImageTowerClass);
  auto state = read_checked_state(folder, "image_encoder", image_parameter_count(config));
  ImageTower tower(config);
  weights::load_into(*tower, state, part_name(folder, "image_encoder"));
  return tower;
}

void save_image_encoder(const std::string& folder, const ImageTower& tower, const std::string& dtype) {
  save_module(folder, "image_encoder", kImageTowerClass, tower, dtype);
}

}  // namespace mg::text
