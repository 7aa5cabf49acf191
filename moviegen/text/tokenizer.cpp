#include "moviegen/text/tokenizer.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include "moviegen/core/error.h"

namespace mg::text {
namespace {

class SentenceList : public sentencepiece::SentenceIterator {
 public:
  explicit SentenceList(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return at_ >= sentences_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return sentences_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  size_t at_ = 0;
};

std::vector<int64_t> close_sequence(std::vector<int64_t> ids, int64_t max_tokens) {
  if (static_cast<int64_t>(ids.size()) > max_tokens - 1) ids.resize(static_cast<size_t>(max_tokens - 1));
  ids.push_back(kEndId);
  return ids;
}

}  // namespace

struct SentencePieceTokenizer::Impl {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePieceTokenizer::SentencePieceTokenizer(const std::string& model, const std::string& name)
    : impl_(std::make_unique<Impl>()), model_(model) {
  auto status = impl_->processor.LoadFromSerializedProto(model);
  if (!status.ok()) throw DataError("{}: not a SentencePiece model: {}", name, status.ToString());
}
SentencePieceTokenizer::~SentencePieceTokenizer() = default;

std::vector<int64_t> SentencePieceTokenizer::encode(const std::string& text, int64_t max_tokens) const {
  std::vector<int> ids;
  impl_->processor.Encode(text, &ids).IgnoreError();  // fails only without a model
  return close_sequence({ids.begin(), ids.end()}, max_tokens);
}

int64_t SentencePieceTokenizer::vocabulary_size() const { return impl_->processor.GetPieceSize(); }

std::string train_sentencepiece(const std::vector<std::string>& sentences, int64_t vocabulary_size) {
  SentenceList list(sentences);
  std::string model;
  auto settings = fmt::format(
      "--vocab_size={} --model_type=unigram --pad_id=0 --eos_id=1 --unk_id=2 --bos_id=-1 --hard_vocab_limit=false "
      "--num_threads=1 --byte_fallback=true --minloglevel=2 --shuffle_input_sentence=false --character_coverage=1.0",
      vocabulary_size);
  auto status = sentencepiece::SentencePieceTrainer::Train(settings, &list, &model);
  if (!status.ok()) throw DataError("tokenizer training on {} sentences: {}", sentences.size(), status.ToString());
  return model;
}

std::vector<int64_t> ByteTokenizer::encode(const std::string& text, int64_t max_tokens) const {
  std::vector<int64_t> ids;
  for (unsigned char byte : text) {
    if (static_cast<int64_t>(ids.size()) >= max_tokens) break;
    ids.push_back(byte + 3);
  }
  return close_sequence(std::move(ids), max_tokens);
}

}  // namespace mg::text
