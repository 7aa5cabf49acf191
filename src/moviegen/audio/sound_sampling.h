// How sound is made unless asked otherwise: sound_scheduler/scheduler_config.json of a model folder (facts 10.6).
#pragma once
#include <cstdint>
#include <string>

namespace mg::audio {

struct SoundSampling {
  std::string solver = "midpoint", schedule = "linear";
  int64_t num_inference_steps = 64;    // of two evaluations each with midpoint
  double guidance_scale = 3;           // u = u0 + s·(u1 − u0), all conditions dropped in u0 (facts 13)
  std::string method = "auto";         // of long sounds: extend, windows; auto = windows
  double window_s = 30;                // longest piece made at once: the trained length
  double overlap_s = 5;                // of windows that are merged at every solver step
  double context_s = 5;                // end of the last segment that the next one continues
  double latent_rate = 25;             // latents a second
  int64_t windows_together = 4;        // windows in one forward pass: bounds memory

  void check() const;
  // Latent steps of a sound or a part of it, at least one.
  int64_t steps_of(double seconds) const;
};

template <class V>
void fields(V& v, SoundSampling& c) {
  v("solver", c.solver, "midpoint or euler");
  v("schedule", c.schedule, "linear or linear-quadratic");
  v("num_inference_steps", c.num_inference_steps, "solver steps");
  v("guidance_scale", c.guidance_scale, "guidance towards picture, text and given sound; 1 = none");
  v("method", c.method, "of sounds longer than a window: extend, windows or auto");
  v("window_s", c.window_s, "longest sound made in one piece, seconds");
  v("overlap_s", c.overlap_s, "overlap of windows, seconds");
  v("context_s", c.context_s, "sound that the next segment continues, seconds");
  v("latent_rate", c.latent_rate, "latents a second");
  v("windows_together", c.windows_together, "windows in one forward pass");
}

SoundSampling load_sound_sampling(const std::string& folder);
void save_sound_sampling(const std::string& folder, const SoundSampling& sampling);

}  // namespace mg::audio
