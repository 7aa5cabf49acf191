// Sound for a film: what is seen, and perhaps a sentence and sound that is there already → 48 kHz mono in order, of any length
// with flat memory (facts 10).
//
//   auto session = SoundSession::open("mini");
//   SeenFrames seen = session.watch();
//   while (auto frame = reader.next()) seen.add(frame->image, frame->time_s);      // kept as features only
//   session.make({.prompt = "rain on leaves, calm piano", .seed = 7}, {.seen = &seen, .duration_s = 2}, write);
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/audio/sound_sampling.h"
#include "moviegen/generate/movie.h"
#include "moviegen/media/sound.h"

namespace mg::generate {

struct SoundRequest {
  std::string prompt{};             // sounds and music in words; empty = what the picture suggests
  double quality = 0;               // 1 to 10, what the caption asks for; 0 = 7, or 8 with music (facts 10.6)
  int64_t num_inference_steps = 0;  // 0, here and below: the model's own default
  double guidance_scale = 0;
  int64_t num_candidates = 1;       // takes, of which the best by learned quality is kept (facts 10.6: 8)
  std::string method{};             // of sound longer than the model was trained on: extend or windows
  int64_t seed = -1;                // -1 = random; the one used is in the record
  void check() const;
};

template <class V>
void fields(V& v, SoundRequest& c) {
  v("prompt", c.prompt, "sounds and music in words; empty = what the picture suggests");
  v("quality", c.quality, "sound quality to ask for, 1 to 10; 0 = 7, or 8 with music");
  v("num_inference_steps", c.num_inference_steps, "solver steps; 0 = the model's own default");
  v("guidance_scale", c.guidance_scale, "how strongly picture and prompt pull; 0 = the model's own default, 1 = off");
  v("num_candidates", c.num_candidates, "takes, of which the best by learned quality is kept");
  v("method", c.method, "of sound longer than the model was trained on: extend or windows; empty = the model's own default");
  v("seed", c.seed, "number that fixes the noise; -1 = random");
}

// Frames as features, about a kilobyte each, whatever the size of the picture.
class SeenFrames {
 public:
  // Frames in order of time. One that comes less than 20 ms after the last one kept is left out: sound has 25 steps a second.
  void add(const media::Image& frame, double time_s);
  int64_t count() const { return static_cast<int64_t>(times_s_.size()); }

 private:
  friend class SoundSession;
  struct Encoder;
  explicit SeenFrames(std::shared_ptr<Encoder> encoder) : encoder_(std::move(encoder)) {}
  std::shared_ptr<Encoder> encoder_;
  std::vector<double> times_s_;
};

struct SoundInput {
  SeenFrames* seen = nullptr;  // nothing is seen: sound by words alone
  double duration_s = 0;       // of the sound to make, what is kept included
  media::Sound kept{};         // mono at the model's rate: stays as the beginning and is continued
};

struct SoundReport {
  int64_t seed = 0;
  Json record;                     // part "sound" of a generation record
  std::vector<std::string> notes;  // what the maker of the request should know
  std::map<std::string, double> timings_s;
};

class SoundSession {
 public:
  // Whether a model folder (or name) has the parts that make sound.
  static bool is_in(const std::string& model);
  // Throws NotFound if it has none, DataError.
  static SoundSession open(const std::string& model);
  ~SoundSession();
  SoundSession(SoundSession&&) noexcept;
  SoundSession& operator=(SoundSession&&) noexcept;

  int sample_rate() const;
  const audio::SoundSampling& sampling() const;
  SeenFrames watch() const;
  // Calls `sink` with consecutive mono blocks, round(duration · rate) samples in all. Throws UsageError before anything is
  // computed, Cancelled between two steps.
  SoundReport make(const SoundRequest& request, const SoundInput& input, const std::function<void(const media::Sound&)>& sink, const Callbacks& callbacks = {});

 private:
  struct Parts;
  explicit SoundSession(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace mg::generate
