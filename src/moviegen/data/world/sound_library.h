// The takes of every sound class: recordings of the pack where it has some, otherwise variations made by code. Each is
// read or made once, on first use, whatever number of threads asks.
#pragma once
#include <memory>
#include <string>

#include "moviegen/core/random.h"
#include "moviegen/data/world/sound_class.h"
#include "moviegen/data/world/sound_filter.h"

namespace mg::world {

// One-shots begin at their first sample; loops have no seam. Levels are those of a sound in the foreground: the loudest
// 50 ms of a one-shot, or a whole loop, lie at kTakeLevel.
struct Take {
  Samples samples;
  double bandwidth_hz = kSoundRate / 2.0;  // nothing above it
  double clipped = 0;                      // share of samples at full scale in the source
};
inline constexpr double kTakeLevel = 0.2;  // RMS, −14 dBFS

class SoundLibrary {
 public:
  // A pack without sounds is fine: everything is made by code then. Throws DataError for a damaged list.
  static std::unique_ptr<SoundLibrary> open(const std::string& pack_folder);
  virtual ~SoundLibrary() = default;
  // One of the class's takes, by `choice`.
  virtual std::shared_ptr<const Take> take(const SoundClass& sound, uint64_t choice) const = 0;
  // The General MIDI bank that plays the music; "" if there is none.
  virtual const std::string& soundfont() const = 0;
};

}  // namespace mg::world
