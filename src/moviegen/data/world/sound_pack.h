// The sounds of a pack, beside its pictures and made on their own, so that a pack may have none:
//
//   pack/sounds/sounds.json      {"format": 1, "recipe_mark": …, "recordings": […], "soundfont": "TimGM6mb.sf2"}
//   pack/sounds/*.flac           mono at kSoundRate, from its onset, cut to one utterance or 12 s
//   pack/sounds/ATTRIBUTION.md   package, version, path and licence of every file
#pragma once
#include <string>
#include <vector>

namespace mg::world {

inline constexpr int kSoundPackFormat = 1;

struct Recording {
  std::string sound;        // class
  std::string file;         // path of the packed file
  std::string source;       // where it comes from: "stamp/animals/…/dog.ogg"
  int source_rate = 0;      // samples a second before it was packed
  double peak_db = 0, lufs = 0;  // of the source
  double clipped = 0;       // share of samples at full scale
};

struct SoundPack {
  std::vector<Recording> recordings;
  std::string soundfont;  // path, "" if there is none
  std::string mark;
};

// Empty if the pack has no sounds; throws DataError for a list that is damaged or points outside the folder.
SoundPack read_sound_pack(const std::string& pack_folder);

}  // namespace mg::world
