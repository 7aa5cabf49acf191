#include "moviegen/text/sanitize.h"

#include <cstdint>

namespace mg::text {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kOpenQuote = "\xE2\x80\x9C", kCloseQuote = "\xE2\x80\x9D";

// Length of the valid UTF-8 character at `at`, or 0.
size_t character_length(std::string_view s, size_t at) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(s[i]); };
  uint8_t lead = byte(at);
  size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
  if (length == 0 || at + length > s.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  if (length == 3 && ((lead == 0xE0 && byte(at + 1) < 0xA0) || (lead == 0xED && byte(at + 1) >= 0xA0))) return 0;
  if (length == 4 && ((lead == 0xF0 && byte(at + 1) < 0x90) || (lead == 0xF4 && byte(at + 1) >= 0x90))) return 0;
  return length;
}

bool is_control(std::string_view character) {
  uint8_t first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<uint8_t>(character[1]) < 0xA0;
}

}  // namespace

std::string sanitize(std::string_view prompt) {
  std::string out;
  bool space_pending = false;
  for (size_t at = 0; at < prompt.size();) {
    size_t length = character_length(prompt, at);
    std::string_view character = length ? prompt.substr(at, length) : kReplacement;
    at += length ? length : 1;
    if (character == " " || is_control(character)) {
      space_pending = !out.empty();
      continue;
    }
    if (out.size() + character.size() + 1 > kMaxPromptBytes) break;
    if (space_pending) out += ' ';
    space_pending = false;
    out += character;
  }
  return out;
}

std::string quoted_text(std::string_view s) {
  std::string out;
  for (size_t at = 0; at < s.size();) {
    bool straight = s[at] == '"', curly = s.substr(at).starts_with(kOpenQuote);
    if (!straight && !curly) {
      ++at;
      continue;
    }
    size_t begin = at + (straight ? 1 : kOpenQuote.size());
    size_t end = straight ? s.find('"', begin) : s.find(kCloseQuote, begin);
    if (end == std::string_view::npos) break;
    if (end > begin && !out.empty()) out += ' ';
    out += s.substr(begin, end - begin);
    at = end + (straight ? 1 : kCloseQuote.size());
  }
  return out;
}

}  // namespace mg::text
