// A recording as the pack wants it: from the moment it is heard, one utterance of it, no longer than needed.
#pragma once
#include "moviegen/media/sound.h"

namespace mg::world {

struct RecordingCut {
  double from_s = 0;     // where to look from
  double most_s = 0;     // 0: 3 s of a one-shot, 12 s of a loop
  bool whole = false;    // a one-shot goes on beyond its first silence
  bool loop = false;
};

// A one-shot starts 5 ms before its first sample above −30 dB of its peak and fades out over its last 50 ms; a loop loses
// soft ends. `sound` is mono. Throws DataError if nothing is left.
media::Sound cut_recording(const media::Sound& sound, const RecordingCut& cut, const std::string& name);

// Share of samples at full scale.
double clipped_share(const media::Sound& sound);

}  // namespace mg::world
