#include "moviegen/text/tokenizer.h"

#include <dlfcn.h>

#include "moviegen/core/error.h"
#include "moviegen/text/shim/sentencepiece_shim.h"

namespace mg::text {
namespace {

// The library's functions, found once.
struct Library {
  decltype(&mg_sentencepiece_load) load;
  decltype(&mg_sentencepiece_free) free;
  decltype(&mg_sentencepiece_size) size;
  decltype(&mg_sentencepiece_encode) encode;
  decltype(&mg_sentencepiece_train) train;
};

const Library& library() {
  static const Library loaded = [] {
    // A namespace of its own keeps its protobuf away from libtorch's; only C types cross the border.
    void* handle = ::dlmopen(LM_ID_NEWLM, MG_SENTENCEPIECE, RTLD_NOW | RTLD_LOCAL);
    if (!handle) throw NotFound("the SentencePiece library could not be loaded: {}", ::dlerror());
    auto find = [&]<class F>(F*& function, const char* name) {
      function = reinterpret_cast<F*>(::dlsym(handle, name));
      if (!function) throw NotFound("{}: no function {}", MG_SENTENCEPIECE, name);
    };
    Library made{};
    find(made.load, "mg_sentencepiece_load");
    find(made.free, "mg_sentencepiece_free");
    find(made.size, "mg_sentencepiece_size");
    find(made.encode, "mg_sentencepiece_encode");
    find(made.train, "mg_sentencepiece_train");
    return made;
  }();
  return loaded;
}

constexpr size_t kErrorBytes = 1024;
constexpr const char* kWordStart = "\xE2\x96\x81";  // SentencePiece's mark for the space before a word

std::vector<int64_t> close_sequence(std::vector<int64_t> ids, int64_t max_tokens) {
  if (static_cast<int64_t>(ids.size()) > max_tokens - 1) ids.resize(static_cast<size_t>(max_tokens - 1));
  ids.push_back(kEndId);
  return ids;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(const std::string& model, const std::string& name) : model_(model) {
  char error[kErrorBytes] = {};
  handle_ = library().load(model.data(), model.size(), error, sizeof error);
  if (!handle_) throw DataError("{}: not a SentencePiece model: {}", name, error);
}
SentencePieceTokenizer::~SentencePieceTokenizer() { library().free(handle_); }

std::vector<int64_t> SentencePieceTokenizer::encode(const std::string& text, int64_t max_tokens) const {
  std::vector<int> ids(static_cast<size_t>(max_tokens));
  ids.resize(library().encode(handle_, text.data(), text.size(), ids.data(), ids.size()));
  return close_sequence({ids.begin(), ids.end()}, max_tokens);
}

int64_t SentencePieceTokenizer::vocabulary_size() const { return library().size(handle_); }

std::string train_sentencepiece(const std::vector<std::string>& sentences, int64_t vocabulary_size,
                                const std::vector<std::string>& symbols) {
  auto settings = fmt::format(
      "--vocab_size={} --model_type=unigram --pad_id=0 --eos_id=1 --unk_id=2 --bos_id=-1 --hard_vocab_limit=false "
      "--num_threads=1 --byte_fallback=true --minloglevel=2 --shuffle_input_sentence=false --character_coverage=1.0",
      vocabulary_size);
  for (size_t i = 0; i < symbols.size(); ++i)
    settings += fmt::format("{}{}{}", i == 0 ? " --user_defined_symbols=" : ",", kWordStart, symbols[i]);
  std::vector<const char*> list;
  for (const auto& sentence : sentences) list.push_back(sentence.c_str());
  std::string model;
  auto keep = [](void* user, const char* bytes, size_t count) { static_cast<std::string*>(user)->assign(bytes, count); };
  char error[kErrorBytes] = {};
  if (library().train(list.data(), list.size(), settings.c_str(), keep, &model, error, sizeof error))
    throw DataError("tokenizer training on {} sentences: {}", sentences.size(), error);
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
