#include "moviegen/audio/sound_sampling.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"

namespace mg::audio {
namespace {

constexpr const char* kClass = "MovieGenSoundScheduler";
constexpr double kLongest_s = 3600;
constexpr double kRounding = 1e-6;  // of a step: 2.0 s · 25 must not become 51 steps

std::string path_in(const std::string& folder) { return folder + "/sound_scheduler/scheduler_config.json"; }

}  // namespace

void SoundSampling::check() const {
  if (num_inference_steps < 1 || num_inference_steps > 10000)
    throw UsageError("sound: num_inference_steps must be 1 to 10000, got {}", num_inference_steps);
  if (!(std::abs(guidance_scale) <= 100)) throw UsageError("sound: guidance_scale must lie between -100 and 100, got {}", guidance_scale);
  if (method != "auto" && method != "extend" && method != "windows")
    throw UsageError("sound: method: expected auto, extend or windows, got '{}'", method);
  if (!(latent_rate > 0 && latent_rate <= 1000)) throw UsageError("sound: latent_rate must be above 0 and at most 1000, got {}", latent_rate);
  if (!(window_s * latent_rate >= 1 && window_s <= kLongest_s))
    throw UsageError("sound: window_s must hold one latent and be at most {}, got {}", kLongest_s, window_s);
  if (!(overlap_s >= 0 && overlap_s < window_s && context_s >= 0 && context_s < window_s))
    throw UsageError("sound: overlap_s {} and context_s {} must be shorter than window_s {}", overlap_s, context_s, window_s);
  if (windows_together < 1 || windows_together > 4096) throw UsageError("sound: windows_together must be 1 to 4096, got {}", windows_together);
}

int64_t SoundSampling::steps_of(double seconds) const {
  if (!(seconds > 0 && seconds <= kLongest_s)) throw UsageError("sound: a duration must be above 0 and at most {} s, got {}", kLongest_s, seconds);
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(seconds * latent_rate - kRounding)));
}

SoundSampling load_sound_sampling(const std::string& folder) {
  auto path = path_in(folder);
  Json tree = Json::parse(read_text(path), nullptr, false);
  if (!tree.is_object() || tree.value("_class_name", Json()) != kClass) throw DataError("{}: expected a JSON object of class {}", path, kClass);
  return config_from<SoundSampling>(tree, path);
}

void save_sound_sampling(const std::string& folder, const SoundSampling& sampling) {
  Json tree = config_to_json(sampling);
  tree["_class_name"] = kClass;
  make_folder(folder + "/sound_scheduler");
  write_text(path_in(folder), tree.dump(2) + "\n");
}

}  // namespace mg::audio
