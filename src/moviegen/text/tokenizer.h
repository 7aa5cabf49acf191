// Text → token ids: SentencePiece for UL2/T5 (library), bytes for ByT5. Ids 0 pad, 1 end of sequence, 2 unknown, as T5.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mg::text {

inline constexpr int64_t kPadId = 0, kEndId = 1, kUnknownId = 2;

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Ids of the text, at most max_tokens including the closing end id.
  virtual std::vector<int64_t> encode(const std::string& text, int64_t max_tokens) const = 0;
  virtual int64_t vocabulary_size() const = 0;
};

class SentencePieceTokenizer : public Tokenizer {
 public:
  // `model` is the content of a .model file; throws DataError.
  explicit SentencePieceTokenizer(const std::string& model, const std::string& name = "tokenizer");
  ~SentencePieceTokenizer() override;
  SentencePieceTokenizer(const SentencePieceTokenizer&) = delete;
  SentencePieceTokenizer& operator=(const SentencePieceTokenizer&) = delete;
  std::vector<int64_t> encode(const std::string& text, int64_t max_tokens) const override;
  int64_t vocabulary_size() const override;
  const std::string& model() const { return model_; }

 private:
  void* handle_ = nullptr;
  std::string model_;
};

// Trains a unigram model on sentences (one thread: the same input gives the same model) and returns the .model content.
// Each of `symbols` becomes one token when it stands at the start of a word; they hold no spaces and no commas.
std::string train_sentencepiece(const std::vector<std::string>& sentences, int64_t vocabulary_size,
                                const std::vector<std::string>& symbols = {});

// ByT5: one id a byte (byte + 3).
class ByteTokenizer : public Tokenizer {
 public:
  std::vector<int64_t> encode(const std::string& text, int64_t max_tokens) const override;
  int64_t vocabulary_size() const override { return 259; }
};

}  // namespace mg::text
