// Plays tunes with FluidSynth. The soundfont is opened once per thread that is playing at the same time; its samples are
// shared between them.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "moviegen/data/world/music.h"
#include "moviegen/data/world/sound_mix.h"

namespace mg::world {

class MusicPlayer {
 public:
  // Nothing is read before the first tune.
  explicit MusicPlayer(std::string soundfont);
  ~MusicPlayer();
  // `frames` stereo frames of the tune, dry. The same on every thread. Throws DataError if the soundfont cannot be read.
  Stereo play(const Tune& tune, size_t frames) const;

 private:
  struct Bank;
  std::unique_ptr<Bank> borrow() const;

  std::string soundfont_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Bank>> idle_;
};

}  // namespace mg::world
