#include "moviegen/audio/sound_conditioner.h"

#include <filesystem>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/text/sanitize.h"
#include "moviegen/text/text_encoders.h"
#include "moviegen/weights/model_folder.h"

namespace mg::audio {
namespace {

constexpr const char* kTextPart = "sound_text_encoder";
constexpr const char* kTextClass = "T5EncoderModel";
constexpr const char* kTokenizerPart = "sound_tokenizer";
constexpr const char* kTokenizerClass = "SentencePieceTokenizer";
constexpr uint64_t kMaxTokenizerBytes = 64u << 20;

// The tokenizer has no tensors, so write_part does not list it.
void save_tokenizer(const std::string& folder, const std::string& model) {
  auto part = folder + "/" + kTokenizerPart, index_path = folder + "/model_index.json";
  make_folder(part);
  write_text(part + "/spiece.model", model);
  write_text(part + "/config.json", Json({{"_class_name", kTokenizerClass}}).dump(2) + "\n");
  Json index = Json::parse(read_text(index_path), nullptr, false);
  if (!index.is_object()) throw DataError("{}: expected a JSON object", index_path);
  index[kTokenizerPart] = {"moviegen", kTokenizerClass};
  write_text(index_path, index.dump(2) + "\n");
}

}  // namespace

SoundConditionerImpl::SoundConditionerImpl(const text::T5Config& text_config, const FrameEncoderConfig& frame_config,
                                           const std::string& tokenizer_model, const std::string& name)
    : tokenizer(std::make_shared<text::SentencePieceTokenizer>(tokenizer_model, name)) {
  if (text_config.vocab_size < tokenizer->vocabulary_size())
    throw DataError("{}: has {} pieces, but the sound text encoder has only {} rows of embedding", name, tokenizer->vocabulary_size(),
                    text_config.vocab_size);
  text = register_module("text", text::T5Encoder(text_config));
  frames = register_module("frames", FrameEncoder(frame_config));
}

CaptionTokens SoundConditionerImpl::tokenize(const std::vector<std::string>& captions) const {
  if (captions.empty()) throw UsageError("sound captions: expected at least one");
  std::vector<std::vector<int64_t>> lists;
  for (const auto& caption : captions) lists.push_back(tokenizer->encode(text::sanitize(caption), kMaxCaptionTokens));
  auto [ids, mask] = text::pad_tokens(lists, kMaxCaptionTokens);
  return {ids, mask};
}

std::pair<std::string, std::string> read_tokenizer_model(const std::string& folder) {
  auto own = folder + "/" + kTokenizerPart + "/spiece.model", path = std::filesystem::exists(own) ? own : folder + "/tokenizer/spiece.model";
  return {read_text(path, kMaxTokenizerBytes), path};
}

SoundConditioner load_sound_conditioner(const std::string& folder) {
  auto where = folder + "/" + kTextPart;
  auto config = config_from<text::T5Config>(weights::read_part_config(folder, kTextPart, kTextClass), where + "/config.json");
  auto state = weights::read_part_state(folder, kTextPart);
  int64_t present = 0, expected = text::parameter_count(config);
  for (const auto& [key, tensor] : state) present += tensor.numel();
  if (expected != present) throw DataError("{}: config.json describes {} parameters, but the weights hold {}", where, expected, present);
  auto frames = load_frame_encoder(folder);
  auto [model, path] = read_tokenizer_model(folder);
  SoundConditioner conditioner(config, frames->config, model, path);
  weights::load_into(*conditioner->text, state, where);
  weights::load_into(*conditioner->frames, weights::state_of(*frames), folder + "/sound_frame_encoder");
  conditioner->eval();
  return conditioner;
}

void save_sound_conditioner(const std::string& folder, const SoundConditioner& conditioner, const std::string& dtype) {
  weights::write_part(folder, kTextPart, kTextClass, config_to_json(conditioner->text->config), weights::state_of(*conditioner->text), dtype);
  save_frame_encoder(folder, conditioner->frames, dtype);
  save_tokenizer(folder, conditioner->tokenizer->model());
}

}  // namespace mg::audio
