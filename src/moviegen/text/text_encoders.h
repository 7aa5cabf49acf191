// The three text encoders of a model as one bundle (facts sheet 2): prompt → tokens → Encoded. A frame-rate token stands in
// front of the prompt ("FPS-16 a red fox …"), for images too; the character encoder sees only what stands in quotes.
// Model-folder parts: tokenizer (spiece.model), text_encoder (UL2's role), text_encoder_2 (MetaCLIP's), text_encoder_3 (ByT5's).
//   auto encoders = load_text_encoders("models/mini");
//   Encoded encoded = encoders->encode({"a red fox runs through snow"}, 16);
#pragma once
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "moviegen/text/conditioner.h"
#include "moviegen/text/contrastive.h"
#include "moviegen/text/t5_encoder.h"
#include "moviegen/text/tokenizer.h"

namespace mg::text {

struct TextEncodersConfig {
  T5Config ul2 = t5_preset("mini"), byt5 = t5_preset("byte-mini");
  ContrastiveConfig metaclip = contrastive_preset("mini");
  int64_t ul2_max_tokens = 96, byt5_max_tokens = 64;  // ours: the paper gives no lengths; metaclip's is its context_length
  void check() const;
};

// Token ids of a batch, padded to its longest; made on any thread, no gradient.
struct PromptTokens {
  Tensor ul2_ids_BL, ul2_mask_BL, metaclip_ids_BL, metaclip_mask_BL, byt5_ids_BL, byt5_mask_BL;
};

struct TextEncodersImpl : torch::nn::Module {
  // `tokenizer_model` is the content of a SentencePiece model; its name leads errors about it.
  TextEncodersImpl(const TextEncodersConfig& config, const std::string& tokenizer_model, const std::string& tokenizer_name = "tokenizer");
  // Prompts are sanitised; an empty one gives the null prompt of guidance (no frame-rate token).
  PromptTokens tokenize(const std::vector<std::string>& prompts, int fps) const;
  Encoded forward(const PromptTokens& tokens);
  Encoded encode(const std::vector<std::string>& prompts, int fps) { return forward(tokenize(prompts, fps)); }
  TextWidths widths() const;
  TextEncodersConfig config;
  std::shared_ptr<SentencePieceTokenizer> tokenizer;
  T5Encoder ul2{nullptr}, byt5{nullptr};
  TextTower metaclip{nullptr};
};
TORCH_MODULE(TextEncoders);

// The prompt as the prompt-level encoders read it: sanitised, with the frame-rate token in front; empty stays empty.
std::string with_frame_rate(const std::string& prompt, int fps);
// The frame-rate tokens a tokenizer should know as one piece each.
std::vector<std::string> frame_rate_symbols();
// Token lists as ids [B,L] (int64) and mask [B,L] (bool), padded to the longest, above 8 to a multiple of 8 unless that is
// more than `most`.
std::pair<Tensor, Tensor> pad_tokens(const std::vector<std::vector<int64_t>>& lists, int64_t most);

TextEncoders load_text_encoders(const std::string& folder);
void save_text_encoders(const std::string& folder, const TextEncoders& encoders, const std::string& dtype);
// The picture half of the contrastive pair: part "image_encoder".
ImageTower load_image_encoder(const std::string& folder);
void save_image_encoder(const std::string& folder, const ImageTower& tower, const std::string& dtype);

}  // namespace mg::text
