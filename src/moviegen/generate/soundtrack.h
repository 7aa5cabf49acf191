// A media file and its soundtrack: looks at the film, makes sound for it, brings it to its loudness and writes the film with it.
// The picture stream is copied bit for bit; memory does not grow with the length.
//
//   auto session = SoundSession::open("mini");
//   make_soundtrack(session, {.input = "in.mp4", .output = "out.mp4", .sound = {.prompt = "rain on leaves"}});
#pragma once
#include <optional>
#include <string>

#include "moviegen/generate/sound.h"

namespace mg::generate {

inline constexpr double kLoudness_lufs = -23, kPeak_db = -1;  // EBU R128

struct SoundtrackJob {
  std::string input, output;          // output: .mp4 .m4v .mov .mkv .webm with the picture; .wav .flac .m4a .ogg .opus without
  SoundRequest sound{};
  std::optional<double> mix_db{};     // keep the input's sound under the new one, at this gain
  std::optional<double> extend_s{};   // keep the input's sound up to this time and continue it; 0 = all there is
  int track = 0;                      // of the input's sound tracks, for mix and extend
  bool keep_tracks = false;           // keep the input's sound tracks after the new one
  double seconds = 0;                 // length for a still picture; 0 = 5
  double loudness_lufs = kLoudness_lufs;
  void check() const;  // throws UsageError
};

// Throws UsageError, NotFound, DataError, ResourceError, Cancelled; then nothing is left at `output`.
SoundReport make_soundtrack(SoundSession& session, const SoundtrackJob& job, const Callbacks& callbacks = {});

// Sound of a film that was just made: at kLoudness_lufs, no true peak above kPeak_db.
media::Sound at_loudness(const media::Sound& sound, double loudness_lufs);

}  // namespace mg::generate
