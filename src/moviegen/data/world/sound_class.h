// The sounds the world knows: what kind each is, how loud beside the others, and how captions put it. A class has
// recordings in the pack (sound_library.h), or is made by code (sound_synthesis.h).
#pragma once
#include <string_view>
#include <vector>

#include "moviegen/data/world/sprite.h"

namespace mg::world {

enum class SoundKind {
  kContact,   // something touches the ground
  kSplash,    // something touches the water
  kCall,      // a subject gives sound; its body pulses
  kLoop,      // goes on as long as the subject is there: engines, fire
  kAmbience,  // of the place
  kWeather,   // rain, wind
  kThunder,
  kMusic
};
std::string_view name_of(SoundKind);

struct SoundClass {
  std::string_view name;
  SoundKind kind;
  double gain = 1;                      // linear, 1 = an event in the foreground
  std::vector<std::string_view> words;  // "{a}" stands for the subject with its article, "{}" for its bare name
};

const std::vector<SoundClass>& sound_classes();
const SoundClass& sound_class_named(std::string_view name);  // throws NotFound listing the names
bool is_looped(SoundKind kind);

// What a subject is heard as while it is there or calls; nullptr for those that are silent.
const SoundClass* own_sound(const Subject& subject);
// What it sounds like when it touches the ground of a surface.
const SoundClass& contact_sound(const Subject& subject, bool steps, std::string_view surface);
// How large a subject sounds: the rate its footsteps and thuds are played at, 1 for a dog.
double pitch_of(const Subject& subject);

}  // namespace mg::world
