// Request → plan → finished film: the only door of the command line (and a server) to the models.
//   Session session = Session::open("mini");
//   Movie movie = session.generate({.prompt = "a red fox runs to the left through snow", .seed = 7});
//   save_movie(movie, "fox.mp4");                                        // generate/output.h
// Stages: rewrite the prompt, encode text, denoise i/n, decode, look at frames, make sound i/n, encode video. Diffusers' argument names throughout.
// Easy to get wrong: films of one request are made one after another, never as one batch, so that film k has the same bytes
// as a request of its own with seed + k (products of other shapes round otherwise), and a stop keeps what is finished.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "moviegen/core/cancel.h"
#include "moviegen/core/config.h"
#include "moviegen/media/sound.h"
#include "moviegen/media/video.h"

namespace mg::generate {

// Largest seed: every JSON reader holds it exactly.
inline constexpr int64_t kMaxSeed = (int64_t{1} << 53) - 1;

struct Request {
  std::string prompt{}, negative_prompt{};
  int64_t width = 0, height = 0;      // 0, here and below: the model's own default
  int64_t num_frames = 0;             // 1 makes a picture
  int64_t fps = 0;
  int64_t num_inference_steps = 0;
  double guidance_scale = 0;
  double guidance_start = -1, guidance_end = -1;  // flow times, 0 noise to 1 film; −1: the model's own
  double churn = -1;                  // 0 = none; −1: the model's own
  int64_t seed = -1;                  // -1 = random; the one used is in the record
  int64_t num_videos_per_prompt = 1;
  std::string schedule{}, solver{};   // empty: the model's own default
  std::string rewrite = "auto";       // auto: unknown words become known ones, if the model has a table; off; or the URL of a chat endpoint (text/chat_rewriter.h)
  bool sound = true;                  // films get sound if the model can make it
  std::string sound_prompt{};         // sounds and music in words; empty: what the picture suggests
  // What holds for every model; throws UsageError. resolve() checks the rest.
  void check() const;
};

template <class V>
void fields(V& v, Request& c) {
  v("prompt", c.prompt, "what the film shows");
  v("negative_prompt", c.negative_prompt, "what it should keep away from");
  v("width", c.width, "pixels; 0 = the model's own default");
  v("height", c.height, "pixels; 0 = the model's own default");
  v("num_frames", c.num_frames, "frames; 1 makes a picture, 0 = the model's own default");
  v("fps", c.fps, "frames a second; 0 = the model's own default");
  v("num_inference_steps", c.num_inference_steps, "solver steps; 0 = the model's own default");
  v("guidance_scale", c.guidance_scale, "how strongly the prompt pulls; 0 = the model's own default, 1 = off");
  v("guidance_start", c.guidance_start, "flow time, 0 to 1, from which the prompt pulls so; -1 = the model's own default");
  v("guidance_end", c.guidance_end, "flow time, 0 to 1, up to which it does; -1 = the model's own default");
  v("churn", c.churn, "how much noise is drawn anew on the way: 0 = none, 1 = as in DDPM, -1 = the model's own default");
  v("seed", c.seed, "number that fixes the noise; -1 = random");
  v("num_videos_per_prompt", c.num_videos_per_prompt, "films for the prompt, seeds counting up");
  v("schedule", c.schedule, "linear-quadratic or linear; empty = the model's own default");
  v("solver", c.solver, "euler or midpoint; empty = the model's own default");
  v("rewrite", c.rewrite, "auto: words that the model does not know become near ones that it does; off; or URL of an OpenAI-compatible chat endpoint");
  v("sound", c.sound, "films get sound if the model can make it");
  v("sound_prompt", c.sound_prompt, "sounds and music in words; empty = what the picture suggests");
}

// The films of a request: each asks for one film and has its seed (the random one is drawn here).
std::vector<Request> films_of(const Request& request);

// A stage begins with done = 0 and ends with done = total.
struct StageUpdate {
  std::string stage;
  int64_t done, total;
};

struct Callbacks {
  std::function<void(const StageUpdate&)> on_stage{};
  // Pictures of the latent frames, a few times a second while denoising.
  std::function<void(const std::vector<media::Image>&)> on_preview{};
  const CancelToken* cancel = nullptr;
};

struct Movie {
  std::vector<media::Image> frames;
  media::Sound sound{};                   // as long as the frames; empty without sound
  double fps = 16;
  int64_t seed = 0;
  Json record;                            // generation record (generate/record.h); the same for the same request and model
  std::vector<std::string> notes;         // what the maker of the request should know
  std::map<std::string, double> timings_s;  // by stage; never part of the record
};

struct ModelDescription;

class Session {
 public:
  // Loads a model folder, or a model by name (weights::resolve_model). Throws NotFound, DataError.
  static Session open(const std::string& model = "mini");
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  const ModelDescription& model() const;
  // Makes the one film of `request`. Throws UsageError before anything is computed, Cancelled between two steps.
  Movie generate(const Request& request, const Callbacks& callbacks = {});

  struct Parts;  // the networks; only session.cpp knows them

 private:
  explicit Session(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace mg::generate
