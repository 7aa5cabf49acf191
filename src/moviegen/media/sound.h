// Sound of media files in and out, over libav: float samples at a rate and channel count of the caller's choice, streamed
// with bounded memory. Writing goes to a temporary file that is renamed when it is complete.
//
//   SoundReader reader("in.mp4", {.sample_rate = 48000, .channels = 1});
//   while (auto block = reader.next()) …                        // blocks of any length, gapless, from time 0 of the picture
//   write_sound("out.wav", sound);
//   write_soundtrack("in.mp4", sound, "out.mp4");               // the picture stream copied bit for bit
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mg::media {

// Interleaved samples in [−1, 1]; 1 or 2 channels.
struct Sound {
  int sample_rate = 48000, channels = 1;
  std::vector<float> samples{};
  int64_t frames() const { return static_cast<int64_t>(samples.size()) / channels; }
  double duration_s() const { return static_cast<double>(frames()) / sample_rate; }
};
// The same sound at another rate (polyphase filter, no delay; round(frames · rate / old rate) frames) and with another
// number of channels: mono is doubled, stereo averaged.
Sound resample(const Sound& sound, int sample_rate, int channels);

struct SoundTrackInfo {
  int sample_rate = 0, channels = 0;
  double duration_s = 0;   // 0 if unknown
  std::string codec, language;
};
// The sound tracks of a media file, in file order; empty if it has none. Throws NotFound, DataError.
std::vector<SoundTrackInfo> sound_tracks(const std::string& path);

struct SoundReadOptions {
  int sample_rate = 48000;
  int channels = 0;       // 1 or 2; 0 = as in the file, more than two mixed down to two
  int track = 0;          // among the sound tracks
  double start_s = 0;
  double max_s = 0;       // 0 = to the end
};

// Any container, codec, rate (4 to 768 kHz) and layout. Sample 0 is time start_s of the file's own clock, whose 0 is the
// first picture shown (VideoReader's time 0) or, in a file without a picture, the first sample heard: encoder priming is
// cut, a late start is filled with silence, gaps over 20 ms too, overlaps are cut. Reading from start_s gives the very
// samples that reading from 0 gives there. Throws NotFound (no file, no such track), DataError. Damage after the first
// block ends the stream with a warning.
class SoundReader {
 public:
  SoundReader(const std::string& path, const SoundReadOptions& options);
  ~SoundReader();
  // The next samples, or nothing at the end.
  std::optional<Sound> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// All of it at once; `max_frames` bounds memory: longer sound throws DataError that says so.
Sound read_sound(const std::string& path, const SoundReadOptions& options = {}, int64_t max_frames = int64_t{1} << 28);
// Streaming writer by the file's ending: .wav (16-bit or float), .flac (24-bit), .m4a and .mp4 (AAC), .ogg (Vorbis), .opus
// (48 kHz). Samples beyond ±1 are clipped. A format that lacks the rate gets the next higher one. Nothing appears at
// `path` until finish(). Throws UsageError, ResourceError; InternalError for samples that are not numbers.
struct SoundWriteOptions {
  int sample_rate = 48000, channels = 2;
  int bit_rate = 192000;        // of lossy formats
  bool float_samples = false;   // WAV only
  std::string generation{}, comment{};  // WAV has one line of text: the generation record, else the comment
};
class SoundWriter {
 public:
  SoundWriter(const std::string& path, const SoundWriteOptions& options);
  ~SoundWriter();  // without finish(): removes the temporary file
  void write(const Sound& block);  // in the writer's rate and channels
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
// In the sound's own rate and channels, whatever the options say.
void write_sound(const std::string& path, const Sound& sound, const SoundWriteOptions& options = {});

// A film with another soundtrack, by the ending of `path`: AAC-LC (.mp4, .m4v, .mov), FLAC (.mkv) or Opus (.webm). Sample 0
// is heard with the first picture, which stands at time 0. Picture packets and the times between them are copied bit for
// bit (.mkv and .webm round times to 1 ms), rotation, metadata, generation record and chapters are kept, and subtitles where
// the container takes them. Sound shorter than the picture is padded with silence, longer is cut, so that both end within
// one frame of each other. Existing sound tracks are left out unless `keep_tracks`, which copies them after the new one.
// The two paths may be the same. Memory does not grow with the film.
struct SoundtrackOptions {
  int channels = 2;
  int bit_rate = 192000;
  bool keep_tracks = false;
  std::string generation{}, comment{};  // replace the input's when not empty
};
// Throws UsageError (a still picture, an ending we do not know, a codec or rotation the container cannot hold), NotFound,
// DataError (the film is damaged or cut off), ResourceError. Nothing appears at `path` until finish().
class SoundtrackWriter {
 public:
  SoundtrackWriter(const std::string& picture_path, const std::string& path, int sample_rate,
                   const SoundtrackOptions& options = {});
  ~SoundtrackWriter();  // without finish(): removes the temporary file
  void write(const Sound& block);  // in the writer's rate and channels; none at all makes a silent track
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
// In the sound's own number of channels, whatever the options say.
void write_soundtrack(const std::string& picture_path, const Sound& sound, const std::string& path,
                      const SoundtrackOptions& options = {});

// Loudness after EBU R128 (libebur128): integrated LUFS and the true peak in dBTP, both −70 for silence, and the range. One
// channel counts as heard from two loudspeakers, so that a sound and its doubled channel measure the same. Sound shorter
// than one gating block (0.4 s) measures as silence.
struct Loudness {
  double integrated_lufs = -70, true_peak_db = -70, range_lu = 0;
};
// Measures sound of any length block by block, keeping one number for each 0.1 s.
class LoudnessMeter {
 public:
  LoudnessMeter(int sample_rate, int channels);
  ~LoudnessMeter();
  void add(const Sound& block);
  Loudness result() const;  // of what was added so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
Loudness measure_loudness(const Sound& sound);
// The gain that brings a sound to `target_lufs` without a true peak above `peak_db`; 1 for silence.
double loudness_gain(const Loudness& loudness, double target_lufs, double peak_db = -1);

}  // namespace mg::media
