// What the sound transformer is told, from what people give: captions → text tokens, frames → features. Both networks train
// along with the transformer and are its own, so that sound never depends on how the video model's encoders move. So is
// the tokenizer: the video model's cuts the fixed sentences of a sound caption into 112 pieces, one trained on them into half.
// Model-folder parts: sound_tokenizer, sound_text_encoder (T5's role, facts 10.3), sound_frame_encoder.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "moviegen/audio/frame_encoder.h"
#include "moviegen/text/t5_encoder.h"
#include "moviegen/text/tokenizer.h"

namespace mg::audio {

inline constexpr int64_t kMaxCaptionTokens = 512;  // facts 10.3

// Padded ids of a batch of captions; made on any thread, no gradient.
struct CaptionTokens {
  Tensor ids_BL, mask_BL;
};

struct SoundConditionerImpl : torch::nn::Module {
  // `tokenizer_model` is the content of a SentencePiece model; its name leads errors about it.
  SoundConditionerImpl(const text::T5Config& text, const FrameEncoderConfig& frames, const std::string& tokenizer_model,
                       const std::string& name = "tokenizer");
  // Captions as caption_text writes them; an empty one is no text at all, guidance's null.
  CaptionTokens tokenize(const std::vector<std::string>& captions) const;
  Tensor encode_text(const CaptionTokens& tokens) { return text(tokens.ids_BL, tokens.mask_BL); }
  std::shared_ptr<text::SentencePieceTokenizer> tokenizer;
  text::T5Encoder text{nullptr};
  FrameEncoder frames{nullptr};
};
TORCH_MODULE(SoundConditioner);

// The SentencePiece model of a model folder, its content and path: of the part sound_tokenizer, or else tokenizer.
std::pair<std::string, std::string> read_tokenizer_model(const std::string& folder);

SoundConditioner load_sound_conditioner(const std::string& folder);
void save_sound_conditioner(const std::string& folder, const SoundConditioner& conditioner, const std::string& dtype);

}  // namespace mg::audio
