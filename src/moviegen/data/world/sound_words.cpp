#include "moviegen/data/world/sound_words.h"

#include <array>

#include "moviegen/data/world/caption.h"

namespace mg::world {
namespace {

// All events of one class and subject.
struct Heard {
  const SoundClass* sound;
  std::string subject;
  int count;
  double first_s, last_s;
};

std::vector<Heard> gather(const std::vector<SoundEvent>& score) {
  std::vector<Heard> all;
  for (const SoundEvent& event : score) {
    bool known = false;
    // Footsteps are told by their ground alone; one sentence holds those of everybody.
    bool is_steps = event.sound->name.starts_with("footsteps");
    for (Heard& heard : all)
      if (heard.sound == event.sound && (is_steps || heard.subject == event.subject)) {
        ++heard.count, heard.last_s = event.time_s, known = true;
        break;
      }
    if (!known) all.push_back({event.sound, event.subject, 1, event.time_s, event.time_s});
  }
  return all;
}

std::string filled(std::string_view words, const std::string& subject) {
  std::string out(words);
  for (auto [mark, text] : {std::pair<std::string_view, std::string>{"{a}", with_article(subject)}, {"{}", subject}})
    if (size_t at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), text);
  return out;
}

std::string times(int count, Generator& generator) {
  static constexpr std::array<const char*, 5> kCounts = {"once", "twice", "three times", "four times", "five times"};
  if (count == 1) return generator.chance(0.5) ? " once" : "";
  return count <= static_cast<int>(kCounts.size()) ? std::string(" ") + kCounts[static_cast<size_t>(count) - 1] : " again and again";
}

std::string say(const Heard& heard, Generator& generator) {
  const auto& words = heard.sound->words;
  std::string_view chosen = words[static_cast<size_t>(generator.below(static_cast<int>(words.size())))];
  std::string text = filled(chosen, heard.subject);
  bool is_steps = heard.sound->name.starts_with("footsteps");
  if (is_steps && heard.count >= 3) {
    double pace = (heard.last_s - heard.first_s) / (heard.count - 1);
    if (pace < 0.3) text = "quick " + text;
    else if (pace > 0.55) text = "slow " + text;
  }
  // A sentence with a verb takes a count; "footsteps on snow" does not.
  bool has_verb = chosen.find("{a}") != std::string_view::npos || heard.sound->name == "thunder";
  bool counts = heard.sound->kind == SoundKind::kCall || heard.sound->kind == SoundKind::kContact || heard.sound->kind == SoundKind::kSplash;
  if (counts && has_verb && !is_steps) text += times(heard.count, generator);
  return text;
}

}  // namespace

std::string sounds_in_words(const std::vector<SoundEvent>& score, Generator& generator) {
  std::string front, back;
  auto join = [](std::string& list, const std::string& text, const char* with) { list += (list.empty() ? "" : with) + text; };
  for (const Heard& heard : gather(score)) {
    bool surrounds = heard.sound->kind == SoundKind::kAmbience || heard.sound->kind == SoundKind::kWeather;
    bool follows = heard.sound->kind == SoundKind::kCall && heard.first_s > 0.4 && !front.empty() && generator.chance(0.4);
    if (surrounds) join(back, say(heard, generator), ", ");
    else join(front, say(heard, generator), follows ? ", then " : ", ");
  }
  return front + (front.empty() || back.empty() ? "" : ", ") + back;
}

}  // namespace mg::world
