// Music made on the spot: a mood, a lead instrument and a tempo become chords, melody, bass and drums, the same for the
// same plan, as long as asked for. Notes are General MIDI; music_player.h makes sound of them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "moviegen/core/random.h"

namespace mg::world {

struct MusicPlan {
  std::string_view mood, lead, tempo;  // one of moods(), leads(), tempos()
  double beats_per_minute = 100;
  uint64_t seed = 0;                   // of the tune
};

const std::vector<std::string_view>& moods();
const std::vector<std::string_view>& leads();
const std::vector<std::string_view>& tempos();

// Draws a plan; an empty `mood` is drawn too. Throws NotFound for an unknown one.
MusicPlan draw_music(Generator& generator, std::string_view mood = {});

struct Note {
  double start_s = 0, seconds = 0;
  int channel = 0, key = 60, velocity = 90;  // MIDI; channel 9 is drums
};

struct Tune {
  std::vector<int> programs;  // General MIDI program of each channel from 0
  std::vector<Note> notes;    // in order of their start
};

Tune compose(const MusicPlan& plan, double seconds);

// "calm piano music at a slow tempo", in one of several wordings.
std::string describe(const MusicPlan& plan, Generator& generator);

}  // namespace mg::world
