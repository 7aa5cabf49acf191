// SentencePiece behind a few C functions, in a library of its own. libsentencepiece exports the protobuf it was built with;
// linked beside libtorch it takes the place of libtorch's newer one and the program crashes before main. Loaded on its own
// with its symbols kept local (text/tokenizer.cpp) the two never meet.
#include "moviegen/text/shim/sentencepiece_shim.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstring>

namespace {

class SentenceList : public sentencepiece::SentenceIterator {
 public:
  SentenceList(const char* const* sentences, size_t count) : sentences_(sentences), count_(count) { load(); }
  bool done() const override { return at_ >= count_; }
  void Next() override {
    ++at_;
    load();
  }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void load() {
    if (at_ < count_) value_ = sentences_[at_];
  }
  const char* const* sentences_;
  size_t count_, at_ = 0;
  std::string value_;
};

sentencepiece::SentencePieceProcessor* processor(void* handle) { return static_cast<sentencepiece::SentencePieceProcessor*>(handle); }

void report(const std::string& text, char* error, size_t capacity) { std::strncpy(error, text.c_str(), capacity - 1); }

}  // namespace

extern "C" {

void* mg_sentencepiece_load(const char* model, size_t bytes, char* error, size_t capacity) {
  auto* made = new sentencepiece::SentencePieceProcessor;
  auto status = made->LoadFromSerializedProto(std::string(model, bytes));
  if (status.ok()) return made;
  report(status.ToString(), error, capacity);
  delete made;
  return nullptr;
}

void mg_sentencepiece_free(void* handle) { delete processor(handle); }
int mg_sentencepiece_size(void* handle) { return processor(handle)->GetPieceSize(); }

size_t mg_sentencepiece_encode(void* handle, const char* text, size_t bytes, int* ids, size_t capacity) {
  std::vector<int> out;
  processor(handle)->Encode(std::string(text, bytes), &out).IgnoreError();  // fails only without a model
  size_t count = std::min(out.size(), capacity);
  std::copy_n(out.begin(), count, ids);
  return count;
}

int mg_sentencepiece_train(const char* const* sentences, size_t count, const char* settings, mg_sentencepiece_emit emit, void* user,
                           char* error, size_t capacity) {
  SentenceList list(sentences, count);
  std::string model;
  auto status = sentencepiece::SentencePieceTrainer::Train(settings, &list, &model);
  if (!status.ok()) return report(status.ToString(), error, capacity), 1;
  emit(user, model.data(), model.size());
  return 0;
}
}
