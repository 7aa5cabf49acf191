// What sounds, and at which moment its cause is seen: the score of a clip. The mix (sound_stage.h), the labels and the
// caption are all made from it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "moviegen/data/world/scene.h"
#include "moviegen/data/world/sound_class.h"

namespace mg::world {

struct SoundEvent {
  double time_s = 0;                 // since the first frame
  const SoundClass* sound = nullptr;
  std::string subject, surface;      // "" where there is none
  double x = 0, x_end = 0;           // −1 left edge … +1 right edge; loops move from x to x_end
  double gain = 1, gain_end = 1;     // linear, 1 = in the foreground
  double rate = 1;                   // of playing: small things sound higher
  bool visible = false;              // the cause is inside the frame
  bool loop() const { return is_looped(sound->kind); }
};

// In order of time; empty for a still. Without `surroundings` no ambience and no weather; thunder stays, its flash is seen.
std::vector<SoundEvent> score_of(const Scene& scene, bool surroundings = true);
// docs/world.md: [{frame, time_s, sound, class, kind, subject, x, gain, visible, …}].
nlohmann::json events_json(const std::vector<SoundEvent>& score, double fps);

}  // namespace mg::world
