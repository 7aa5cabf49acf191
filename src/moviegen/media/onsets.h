// When something begins to sound: peaks of the spectral flux, with a maximum filter over frequency so that vibrato and glides
// do not count (SuperFlux; Böck and Widmer, "Maximum filter vibrato suppression for onset detection", 2013).
#pragma once
#include <vector>

#include "moviegen/media/sound.h"

namespace mg::media {

struct OnsetOptions {
  double threshold_db = 1;   // mean rise of the bands over what they usually rise by
  double apart_s = 0.05;     // the stronger of two onsets closer than this counts
  double range_db = 60;      // what lies so far below the loudest moment is silence
};

// Onset times in seconds, sorted. The level of the whole sound does not matter. What sounds from the first sample on has no
// onset. Any rate from 8 kHz and 1 or 2 channels; throws UsageError.
std::vector<double> detect_onsets(const Sound& sound, const OnsetOptions& options = {});

}  // namespace mg::media
