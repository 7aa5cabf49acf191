// What truly sounds in a clip of the world, and how many of those events a soundtrack's onsets hit.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "moviegen/core/config.h"

namespace mg::eval {

struct SoundEvent {
  std::string sound_class, kind;
  double time_s = 0, gain = 1;
  bool visible = false;  // its cause is inside the picture
  bool loop = false;     // sounds from its time to the end; otherwise the time is its onset
};

// The "events" of a world clip. An entry needs a time and a sound; "class" defaults to the sound, "gain" to 1, the rest to
// false. Throws DataError naming the entry.
std::vector<SoundEvent> read_events(const Json& events);

inline constexpr double kMergeWithin_s = 0.06;  // closer events sound as one
inline constexpr double kTolerance_s = 0.08;    // ours: about the asynchrony viewers begin to notice
inline constexpr double kAudibleGain = 0.1;     // events below are not asked for

// Visible events that are no loops, sorted by time; of events closer than kMergeWithin_s the first. Events in the last 50 ms
// of the clip are left out: they have no room to be heard.
std::vector<SoundEvent> visible_events(std::span<const SoundEvent> events, double duration_s);
std::vector<double> visible_times(std::span<const SoundEvent> events, double duration_s);

struct OnsetCount {
  int64_t events = 0, onsets = 0, hits = 0;
  OnsetCount& operator+=(const OnsetCount& other);
  double event_share() const;  // events with an onset of their own; NaN without events
  double onset_share() const;  // onsets with an event of their own; NaN without onsets
  double f1() const;           // NaN with neither
};

// Which events have an onset of their own: pairs events and onsets at most `tolerance_s` apart, each with at most one other, as
// many pairs as possible. Both sorted.
std::vector<char> events_hit(std::span<const double> events_s, std::span<const double> onsets_s, double tolerance_s = kTolerance_s);
OnsetCount match_onsets(std::span<const double> events_s, std::span<const double> onsets_s, double tolerance_s = kTolerance_s);

}  // namespace mg::eval
