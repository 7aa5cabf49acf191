#include "moviegen/text/rewriter.h"

#include <algorithm>

#include "moviegen/core/error.h"
#include "moviegen/weights/model_folder.h"

namespace mg::text {
namespace {

constexpr const char* kClass = "MovieGenRewriter";
constexpr size_t kMostWords = 200000, kLongestWord = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_word(const std::string& text) {
  return !text.empty() && text.size() <= kLongestWord && std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || c == '\'' || c == '-'; });
}

// The prompt in pieces: words, and what lies between them.
struct Piece {
  std::string text;
  bool is_word = false;
};

std::vector<Piece> pieces_of(const std::string& prompt) {
  std::vector<Piece> pieces;
  bool is_quoted = false;
  for (size_t i = 0; i < prompt.size();) {
    if (!is_quoted && is_letter(prompt[i])) {
      size_t end = i;
      // Hyphens and apostrophes belong to a word inside it.
      while (end < prompt.size() && (is_letter(prompt[end]) || ((prompt[end] == '\'' || prompt[end] == '-') && end + 1 < prompt.size() && is_letter(prompt[end + 1])))) ++end;
      bool is_part = (i > 0 && (prompt[i - 1] & 0x80 || std::isdigit(static_cast<unsigned char>(prompt[i - 1])))) ||
                     (end < prompt.size() && (prompt[end] & 0x80 || std::isdigit(static_cast<unsigned char>(prompt[end]))));  // of a word in another script
      pieces.push_back({prompt.substr(i, end - i), !is_part});
      i = end;
      continue;
    }
    if (prompt[i] == '"') is_quoted = !is_quoted;
    if (pieces.empty() || pieces.back().is_word) pieces.push_back({});
    pieces.back().text += prompt[i++];
  }
  return pieces;
}

// "a apple" → "an apple", after words have changed.
void fix_articles(std::vector<Piece>& pieces) {
  for (size_t i = 0; i + 2 < pieces.size(); ++i) {
    auto article = lower(pieces[i].text);
    if (!pieces[i].is_word || (article != "a" && article != "an") || !pieces[i + 2].is_word || pieces[i + 1].text != " ") continue;
    bool is_open = std::string("aeiou").find(lower(pieces[i + 2].text)[0]) != std::string::npos;
    pieces[i].text = pieces[i].text.substr(0, 1) + (is_open ? "n" : "");
  }
}

// "runs on a in the gym" → "runs on in the gym", after words were left out.
void drop_bare_articles(std::vector<Piece>& pieces) {
  static const std::set<std::string> articles{"a", "an", "the"}, no_nouns{"and", "at", "by", "from", "in", "into", "of", "on", "over", "through", "to", "towards", "while", "with"};
  for (size_t i = 0; i < pieces.size();) {
    bool is_last = i + 2 >= pieces.size();
    bool is_bare = articles.contains(lower(pieces[i].text)) && (is_last || no_nouns.contains(lower(pieces[i + 2].text)));
    if (!is_bare) {
      ++i;
      continue;
    }
    auto first = pieces.begin() + static_cast<std::ptrdiff_t>(i);
    pieces.erase(first, is_last ? first + 1 : first + 2);
  }
}

}  // namespace

Rewriter::Rewriter(std::set<std::string> known, std::map<std::string, std::string> words) : known_(std::move(known)), words_(std::move(words)) {
  if (known_.size() > kMostWords || words_.size() > kMostWords) throw DataError("rewriter: more than {} words", kMostWords);
  for (const auto& word : known_)
    if (!is_word(word) || lower(word) != word) throw DataError("rewriter: '{}' is not a word in lower case", word.substr(0, kLongestWord));
  for (const auto& [word, near] : words_)
    if (!is_word(word) || lower(word) != word || !known_.contains(near)) throw DataError("rewriter: '{}' becomes no known word", word.substr(0, kLongestWord));
}

std::optional<Rewriter> Rewriter::load(const std::string& folder) {
  if (!weights::has_part(folder, kRewriterPart)) return std::nullopt;
  auto config = weights::read_part_config(folder, kRewriterPart, kClass);
  auto broken = [&] { return DataError("{}/{}/config.json: expected \"known\", a list of words, and \"words\", an object of words", folder, kRewriterPart); };
  std::set<std::string> known;
  std::map<std::string, std::string> words;
  if (!config.contains("known") || !config["known"].is_array() || !config.contains("words") || !config["words"].is_object()) throw broken();
  for (const auto& word : config["known"]) known.insert(word.is_string() ? word.get<std::string>() : throw broken());
  for (const auto& [word, near] : config["words"].items()) words[word] = near.is_string() ? near.get<std::string>() : throw broken();
  return Rewriter(std::move(known), std::move(words));
}

void Rewriter::save(const std::string& folder) const { weights::write_part_config(folder, kRewriterPart, kClass, {{"known", known_}, {"words", words_}}); }

Rewritten Rewriter::rewrite(const std::string& prompt) const {
  auto pieces = pieces_of(prompt);
  std::vector<Piece> kept;
  Rewritten result{.prompt = prompt, .changes = {}};
  std::string left_out;
  size_t words = 0;
  for (auto& piece : pieces) {
    auto word = lower(piece.text);
    if (!piece.is_word || known_.contains(word)) {
      words += piece.is_word;
      // Spaces around a word that was left out become one.
      bool is_gap = !piece.is_word && !kept.empty() && !kept.back().is_word && kept.back().text.ends_with(' ') && piece.text.starts_with(' ');
      if (is_gap) kept.back().text += piece.text.substr(1);
      else if (!piece.is_word && !kept.empty() && !kept.back().is_word) kept.back().text += piece.text;
      else kept.push_back(piece);
    } else if (auto near = words_.find(word); near != words_.end()) {
      result.changes.push_back(fmt::format("{} → {}", piece.text, near->second));
      kept.push_back({near->second, true});
      ++words;
    } else {
      left_out += (left_out.empty() ? "" : ", ") + piece.text;
    }
  }
  if (words == 0 || (result.changes.empty() && left_out.empty())) return {prompt, {}};
  if (!left_out.empty()) drop_bare_articles(kept);
  if (std::none_of(kept.begin(), kept.end(), [](const Piece& piece) { return piece.is_word; })) return {prompt, {}};
  if (!left_out.empty()) result.changes.push_back("left out: " + left_out);
  fix_articles(kept);
  result.prompt.clear();
  for (const auto& piece : kept) result.prompt += piece.text;
  auto first = result.prompt.find_first_not_of(' ');
  result.prompt.erase(0, std::min(first, result.prompt.size()));
  result.prompt.erase(result.prompt.find_last_not_of(' ') + 1);
  return result;
}

}  // namespace mg::text
