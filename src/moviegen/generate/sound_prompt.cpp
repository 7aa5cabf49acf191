#include "moviegen/generate/sound_prompt.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include "moviegen/text/sanitize.h"

namespace mg::generate {
namespace {

constexpr double kQuality = 7, kQualityWithMusic = 8;  // facts 10.6

constexpr std::array kMusicWords = {
    std::string_view("music"), std::string_view("musical"), std::string_view("song"), std::string_view("melody"), std::string_view("tune"),
    std::string_view("soundtrack"), std::string_view("score"), std::string_view("orchestra"), std::string_view("orchestral"),
    std::string_view("piano"), std::string_view("guitar"), std::string_view("ukulele"), std::string_view("violin"), std::string_view("cello"),
    std::string_view("strings"), std::string_view("flute"), std::string_view("clarinet"), std::string_view("trumpet"), std::string_view("saxophone"),
    std::string_view("accordion"), std::string_view("xylophone"), std::string_view("synth"), std::string_view("synthesizer"),
    std::string_view("choir"), std::string_view("harp"), std::string_view("organ"), std::string_view("jazz"), std::string_view("jazzy"),
    std::string_view("techno"), std::string_view("waltz"), std::string_view("lullaby")};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::vector<std::string> split(const std::string& text, std::string_view at) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find_first_of(at, begin), text.size());
    std::string part = text.substr(begin, end - begin);
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(" .") + 1);
    if (!part.empty()) parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

bool names_music(const std::string& clause) {
  for (const auto& word : split(lower(clause), " -'\""))
    if (std::find(kMusicWords.begin(), kMusicWords.end(), word) != kMusicWords.end()) return true;
  return false;
}

bool refuses_music(const std::string& clause) {
  std::string text = lower(clause);
  return text == "no music" || text == "without music" || text == "without any music";
}

void append(std::string& list, const std::string& clause) { list += list.empty() ? clause : ", " + clause; }

}  // namespace

SoundCaption parse_sound_prompt(const std::string& prompt) {
  SoundCaption caption{.quality = kQuality};
  for (const auto& clause : split(text::sanitize(prompt), ",;\n")) {
    if (refuses_music(clause)) continue;
    append(names_music(clause) ? caption.music_description : caption.sounds, clause);
  }
  if (!caption.music_description.empty()) caption.music = 1, caption.quality = kQualityWithMusic;
  return caption;
}

}  // namespace mg::generate
