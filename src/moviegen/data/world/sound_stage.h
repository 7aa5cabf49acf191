// The sound of a clip: its score played with the library's takes, music under it, all brought to one loudness.
//
// Levels: events 0 dB, ambience −12 dB, music −15 dB; −23 LUFS in all, no true peak above −1 dBTP. Soft scenes stay soft:
// the gain has a limit.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "moviegen/data/world/events.h"
#include "moviegen/data/world/music_player.h"
#include "moviegen/data/world/sound_library.h"

namespace mg::world {

class SoundStage {
 public:
  explicit SoundStage(const std::string& pack_folder);

  // Writes the clip's events, and its sound and caption if `options` ask for them. Thread-safe.
  void record(const Scene& scene, const RenderOptions& options, Clip& clip) const;

 private:
  std::optional<MusicPlan> music_of(const Scene& scene, const RenderOptions& options) const;
  void mix(const Scene& scene, const RenderOptions& options, const std::vector<SoundEvent>& score, const std::optional<MusicPlan>& music, Clip& clip) const;

  std::unique_ptr<SoundLibrary> library_;
  MusicPlayer player_;
};

}  // namespace mg::world
