#include "moviegen/data/world/music.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/data/world/caption.h"

namespace mg::world {
namespace {

using Scale = std::array<int, 7>;  // semitones above the tonic
constexpr Scale kMajor = {0, 2, 4, 5, 7, 9, 11}, kMinor = {0, 2, 3, 5, 7, 8, 10}, kHarmonicMinor = {0, 2, 3, 5, 7, 8, 11},
                kPhrygian = {0, 1, 3, 5, 7, 8, 10}, kDorian = {0, 2, 3, 5, 7, 9, 10}, kLydian = {0, 2, 4, 6, 7, 9, 11};

enum class Backing { kHeld, kArpeggio, kOffbeat, kPulse };  // how the chords are played
enum class Beat { kNone, kFour, kSwing, kMarch };

struct Mood {
  std::string_view name;
  Scale scale;
  std::array<std::array<int, 4>, 2> progressions;  // degrees of the scale, one chord a bar
  Backing backing;
  Beat beat = Beat::kNone;
  double busy = 0.5;        // share of half beats with a melody note
  double held = 0.95;       // length of a melody note as a share of its place: staccato to legato
  int octave = 0;           // of the melody, against the fifth
  int loudness = 90;
  bool bass = true, sevenths = false;
};

constexpr Mood kMoods[] = {
    {.name = "happy", .scale = kMajor, .progressions = {{{0, 3, 4, 0}, {0, 4, 5, 3}}}, .backing = Backing::kOffbeat, .busy = 0.6, .held = 0.8, .loudness = 98},
    {.name = "sad", .scale = kMinor, .progressions = {{{0, 5, 3, 4}, {0, 3, 5, 4}}}, .backing = Backing::kHeld, .busy = 0.25, .loudness = 72},
    {.name = "calm", .scale = kMajor, .progressions = {{{0, 5, 3, 4}, {0, 2, 3, 0}}}, .backing = Backing::kArpeggio, .busy = 0.25, .loudness = 68},
    {.name = "tense", .scale = kPhrygian, .progressions = {{{0, 1, 0, 1}, {0, 0, 5, 1}}}, .backing = Backing::kPulse, .busy = 0.3, .held = 0.5, .octave = -1, .loudness = 92},
    {.name = "epic", .scale = kMinor, .progressions = {{{0, 5, 2, 6}, {0, 6, 5, 6}}}, .backing = Backing::kPulse, .beat = Beat::kMarch, .busy = 0.4, .loudness = 112},
    {.name = "playful", .scale = kLydian, .progressions = {{{0, 1, 0, 4}, {0, 4, 1, 0}}}, .backing = Backing::kOffbeat, .busy = 0.75, .held = 0.45, .octave = 1, .loudness = 92},
    {.name = "spooky", .scale = kHarmonicMinor, .progressions = {{{0, 6, 0, 1}, {0, 3, 6, 0}}}, .backing = Backing::kHeld, .busy = 0.3, .held = 0.9, .octave = 1, .loudness = 76},
    {.name = "romantic", .scale = kMajor, .progressions = {{{0, 5, 1, 4}, {3, 4, 2, 5}}}, .backing = Backing::kArpeggio, .busy = 0.35, .loudness = 80, .sevenths = true},
    {.name = "dance", .scale = kMinor, .progressions = {{{0, 5, 2, 6}, {5, 3, 0, 6}}}, .backing = Backing::kOffbeat, .beat = Beat::kFour, .busy = 0.65, .held = 0.6, .loudness = 104},
    {.name = "jazzy", .scale = kDorian, .progressions = {{{1, 4, 0, 5}, {0, 3, 1, 4}}}, .backing = Backing::kOffbeat, .beat = Beat::kSwing, .busy = 0.6, .held = 0.8, .loudness = 92, .sevenths = true},
};

// Lead instruments with what accompanies them, as General MIDI programs from 0.
struct Lead {
  std::string_view name;
  int program, backing, bass, octave = 0;
};
constexpr Lead kLeads[] = {
    {"piano", 0, 0, 32},     {"guitar", 24, 24, 32},  {"violin", 40, 48, 43},        {"flute", 73, 46, 32, 1},    {"trumpet", 56, 0, 32},
    {"accordion", 21, 21, 32}, {"music box", 10, 10, 46, 1}, {"xylophone", 13, 12, 32, 1}, {"synth", 81, 89, 38},     {"choir", 52, 48, 43}};

struct Tempo {
  std::string_view name;
  double low, high;  // beats a minute
};
constexpr Tempo kTempos[] = {{"slow", 56, 76}, {"medium", 88, 114}, {"fast", 128, 160}};

constexpr int kBeats = 4;  // of a bar
constexpr int kTonic = 60, kChordBase = 48, kBassBase = 36;
enum Channel { kLeadChannel, kBackingChannel, kBassChannel, kDrumChannel = 9 };

template <size_t N, class T>
std::vector<std::string_view> names_of(const T (&table)[N]) {
  std::vector<std::string_view> names;
  for (const T& item : table) names.push_back(item.name);
  return names;
}

template <size_t N, class T>
const T& named(const T (&table)[N], std::string_view name, const char* what) {
  for (const T& item : table)
    if (item.name == name) return item;
  throw NotFound("there is no {} of music '{}'", what, name);
}

// One bar of melody as steps of the scale above the chord's root; the tune repeats it over the changing chords.
struct MotifNote {
  double beat, beats;
  int step;
};

std::vector<MotifNote> draw_motif(Generator& g, const Mood& mood) {
  static constexpr int kChordSteps[] = {0, 2, 4, 7};
  std::vector<MotifNote> motif;
  int step = kChordSteps[g.below(3)];
  for (int half = 0; half < 2 * kBeats; ++half) {
    bool strong = half % 2 == 0;
    if (half > 0 && !g.chance(strong ? std::min(1.0, mood.busy * 1.5) : mood.busy * 0.7)) continue;
    step = half % 4 == 0 ? kChordSteps[g.below(4)] : std::clamp(step + g.below(5) - 2, -2, 8);
    motif.push_back({half / 2.0, 0, step});
  }
  for (size_t i = 0; i < motif.size(); ++i) motif[i].beats = (i + 1 < motif.size() ? motif[i + 1].beat : kBeats) - motif[i].beat;
  return motif;
}

class Composer {
 public:
  explicit Composer(const MusicPlan& plan)
      : mood_(named(kMoods, plan.mood, "mood")), lead_(named(kLeads, plan.lead, "lead")), random_(plan.seed, "tune"), beat_s_(60 / plan.beats_per_minute) {
    transpose_ = random_.below(12) - 5;
    progression_ = mood_.progressions[random_.below(2)];
    motifs_ = {draw_motif(random_, mood_), draw_motif(random_, mood_)};
  }

  Tune compose(double seconds) {
    tune_.programs = {lead_.program, lead_.backing, mood_.name == "dance" && lead_.name != "piano" ? 38 : lead_.bass};
    for (int bar = 0; bar * kBeats * beat_s_ < seconds; ++bar) {
      root_ = progression_[bar % 4];
      start_ = bar * kBeats;
      melody(motifs_[bar % 4 == 2 ? 1 : 0], bar);
      chords();
      if (mood_.bass) bass();
      drums(bar);
    }
    auto late = [&](const Note& note) { return note.start_s >= seconds; };
    tune_.notes.erase(std::remove_if(tune_.notes.begin(), tune_.notes.end(), late), tune_.notes.end());
    std::stable_sort(tune_.notes.begin(), tune_.notes.end(), [](const Note& a, const Note& b) { return a.start_s < b.start_s; });
    return std::move(tune_);
  }

 private:
  int key_of(int degree, int base) const {
    int octave = degree >= 0 ? degree / 7 : -((6 - degree) / 7);
    return base + transpose_ + 12 * octave + mood_.scale[static_cast<size_t>(degree - 7 * octave)];
  }
  void add(int channel, int key, double beat, double beats, double loud) {
    if (mood_.beat == Beat::kSwing && std::abs(beat - std::floor(beat) - 0.5) < 0.01) beat += 1.0 / 6;
    int velocity = std::clamp(static_cast<int>(mood_.loudness * loud * random_.uniform(0.94, 1.06)), 1, 127);
    tune_.notes.push_back({(start_ + beat) * beat_s_, std::max(0.05, beats * beat_s_), channel, std::clamp(key, 12, 115), velocity});
  }
  void melody(const std::vector<MotifNote>& motif, int bar) {
    int shift = bar % 8 >= 4 ? random_.below(3) - 1 : 0;  // second time round a little different
    for (const MotifNote& note : motif)
      add(kLeadChannel, key_of(root_ % 7 + note.step + shift, kTonic + 12 * (mood_.octave + lead_.octave)), note.beat, note.beats * mood_.held, 1);
  }
  std::vector<int> chord() const {
    std::vector<int> keys;
    for (int third = 0; third < (mood_.sevenths ? 4 : 3); ++third) keys.push_back(key_of(root_ + 2 * third, kChordBase));
    return keys;
  }
  void chords() {
    std::vector<int> keys = chord();
    auto strike = [&](double beat, double beats, double loud) {
      for (int key : keys) add(kBackingChannel, key, beat, beats, loud);
    };
    switch (mood_.backing) {
      case Backing::kHeld: strike(0, kBeats, 0.6); break;
      case Backing::kArpeggio:
        for (int half = 0; half < 2 * kBeats; ++half) add(kBackingChannel, keys[static_cast<size_t>(half) % keys.size()], half / 2.0, 1, 0.6);
        break;
      case Backing::kOffbeat:
        for (int beat = 0; beat < kBeats; ++beat) strike(beat + (mood_.beat == Beat::kFour ? 0.5 : beat % 2), 0.4, 0.6);
        break;
      case Backing::kPulse:
        for (int half = 0; half < 2 * kBeats; ++half) strike(half / 2.0, 0.35, half % 4 == 0 ? 0.75 : 0.55);
        break;
    }
  }
  void bass() {
    int root = key_of(root_, kBassBase), fifth = key_of(root_ + 4, kBassBase);
    switch (mood_.beat) {
      case Beat::kFour:
        for (int beat = 0; beat < kBeats; ++beat) add(kBassChannel, root, beat + 0.5, 0.4, 0.9);
        break;
      case Beat::kSwing:  // walks up the chord
        for (int beat = 0; beat < kBeats; ++beat) add(kBassChannel, key_of(root_ + std::array{0, 2, 4, 5}[static_cast<size_t>(beat)], kBassBase), beat, 0.9, 0.8);
        break;
      default: add(kBassChannel, root, 0, 1.9, 0.8), add(kBassChannel, mood_.backing == Backing::kHeld ? root : fifth, 2, 1.9, 0.7); break;
    }
  }
  void drums(int bar) {
    enum Drum { kKick = 36, kSnare = 38, kClap = 39, kFloorTom = 41, kHat = 42, kPedalHat = 44, kLowTom = 45, kCrash = 49, kRide = 51 };
    for (int beat = 0; beat < kBeats; ++beat) switch (mood_.beat) {
        case Beat::kNone: break;
        case Beat::kFour:
          add(kDrumChannel, kKick, beat, 0.2, 1), add(kDrumChannel, kHat, beat + 0.5, 0.2, 0.6);
          if (beat % 2 == 1) add(kDrumChannel, kClap, beat, 0.2, 0.7);
          break;
        case Beat::kSwing:
          add(kDrumChannel, kRide, beat, 0.2, 0.6);
          if (beat % 2 == 1) add(kDrumChannel, kPedalHat, beat, 0.2, 0.6), add(kDrumChannel, kRide, beat + 0.5, 0.2, 0.5);
          break;
        case Beat::kMarch:
          add(kDrumChannel, beat % 2 == 0 ? kFloorTom : kLowTom, beat, 0.4, 0.9);
          if (beat == 3) add(kDrumChannel, kSnare, 3.5, 0.2, 0.7);
          if (beat == 0 && bar % 4 == 0) add(kDrumChannel, kCrash, 0, 2, 0.7);
          break;
      }
  }

  const Mood& mood_;
  const Lead& lead_;
  Generator random_;
  double beat_s_;
  int transpose_ = 0, root_ = 0, start_ = 0;  // semitones; degree of the bar's chord; beat the bar begins at
  std::array<int, 4> progression_{};
  std::array<std::vector<MotifNote>, 2> motifs_;
  Tune tune_;
};

}  // namespace

const std::vector<std::string_view>& moods() {
  static const auto names = names_of(kMoods);
  return names;
}
const std::vector<std::string_view>& leads() {
  static const auto names = names_of(kLeads);
  return names;
}
const std::vector<std::string_view>& tempos() {
  static const auto names = names_of(kTempos);
  return names;
}

MusicPlan draw_music(Generator& generator, std::string_view mood) {
  MusicPlan plan;
  plan.mood = mood.empty() ? moods()[static_cast<size_t>(generator.below(static_cast<int>(moods().size())))] : named(kMoods, mood, "mood").name;
  plan.lead = leads()[static_cast<size_t>(generator.below(static_cast<int>(leads().size())))];
  const Tempo& tempo = kTempos[generator.below(3)];
  plan.tempo = tempo.name;
  plan.beats_per_minute = std::round(generator.uniform(tempo.low, tempo.high));
  plan.seed = generator.next();
  return plan;
}

Tune compose(const MusicPlan& plan, double seconds) { return Composer(plan).compose(seconds); }

std::string describe(const MusicPlan& plan, Generator& generator) {
  std::string tempo(plan.tempo == "medium" ? "moderate" : plan.tempo), mood(plan.mood), lead(plan.lead);
  switch (generator.below(4)) {
    case 0: return fmt::format("{} {} music at a {} tempo", mood, lead, plan.tempo);
    case 1: return fmt::format("{} {} {} melody", with_article(tempo), mood, lead);
    case 2: return fmt::format("{} music with {}, {} tempo", mood, with_article(lead), plan.tempo);
    default: return fmt::format("{} {} tune, {} tempo", with_article(mood), lead, tempo);
  }
}

}  // namespace mg::world
