// Checks of a request, its films, and what it means to a model.
#include <cmath>
#include <random>

#include "moviegen/generate/model_description.h"
#include "moviegen/text/chat_rewriter.h"
#include "moviegen/text/sanitize.h"

namespace mg::generate {
namespace {

constexpr int64_t kMaxFps = 120, kMaxSteps = 1000, kMaxVideos = 10000;
constexpr double kMaxGuidance = 100, kMaxChurn = 100;

void check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) throw UsageError("{}: expected {} to {}, got {}", name, low, high, value);
}

// 32 random bits: enough to never meet again, short enough to type.
int64_t random_seed() { return static_cast<int64_t>(std::random_device{}()); }

void check_side(const char* name, int64_t value, int64_t unit, int64_t largest) {
  if (value < unit || value > largest || value % unit)
    throw UsageError("{}: expected a multiple of {} from {} to {} (what this model has positions for), got {}", name, unit, unit, largest, value);
}

void fill_defaults(Request& r, const ModelDefaults& defaults, std::pair<int64_t, int64_t> size) {
  if (r.width == 0) r.width = size.first;
  if (r.height == 0) r.height = size.second;
  if (r.num_frames == 0) r.num_frames = defaults.num_frames;
  if (r.fps == 0) r.fps = defaults.fps;
  if (r.num_inference_steps == 0) r.num_inference_steps = defaults.num_inference_steps;
  if (r.guidance_scale == 0) r.guidance_scale = defaults.guidance_scale;
  if (r.guidance_start < 0) r.guidance_start = defaults.guidance_start;
  if (r.guidance_end < 0) r.guidance_end = defaults.guidance_end;
  if (r.schedule.empty()) r.schedule = defaults.schedule;
  if (r.solver.empty()) r.solver = defaults.solver;
  if (r.churn < 0) r.churn = r.solver == "midpoint" ? 0 : defaults.churn;
  if (r.seed < 0) r.seed = random_seed();
}

std::vector<std::string> notes_on(const Request& asked, const Request& r, const ModelDescription& model) {
  std::vector<std::string> notes;
  const auto& defaults = model.defaults;
  if (asked.prompt.size() > text::kMaxPromptBytes)
    notes.push_back(fmt::format("the prompt has {} bytes; only the first {} are read", asked.prompt.size(), text::kMaxPromptBytes));
  if (r.prompt.empty()) notes.emplace_back("the prompt is empty: the film is whatever the model makes without one");
  auto size = fmt::format("{}x{}", r.width, r.height);
  if (!defaults.sizes.empty() && std::find(defaults.sizes.begin(), defaults.sizes.end(), size) == defaults.sizes.end())
    notes.push_back(fmt::format("the model was trained at {}; {} may look worse", fmt::join(defaults.sizes, ", "), size));
  if (defaults.max_frames > 0 && r.num_frames > defaults.max_frames)
    notes.push_back(fmt::format("the model was trained on at most {} frames; {} may look worse", defaults.max_frames, r.num_frames));
  return notes;
}

}  // namespace

void Request::check() const {
  check_range("width", width, 0, media::kMaxSide);
  check_range("height", height, 0, media::kMaxSide);
  check_range("num_frames", num_frames, 0, 1 << 20);
  check_range("fps", fps, 0, kMaxFps);
  check_range("num_inference_steps", num_inference_steps, 0, kMaxSteps);
  check_range("num_videos_per_prompt", num_videos_per_prompt, 1, kMaxVideos);
  check_range("seed", seed, -1, kMaxSeed - num_videos_per_prompt);
  if (!std::isfinite(guidance_scale) || guidance_scale < 0 || guidance_scale > kMaxGuidance)
    throw UsageError("guidance_scale: expected 0 to {}, got {}", kMaxGuidance, guidance_scale);
  for (auto [name, time] : {std::pair{"guidance_start", guidance_start}, {"guidance_end", guidance_end}})
    if (!(time == -1 || (time >= 0 && time <= 1))) throw UsageError("{}: expected a flow time from 0 to 1, or -1 for the model's own, got {}", name, time);
  if (!(churn == -1 || (churn >= 0 && churn <= kMaxChurn))) throw UsageError("churn: expected 0 to {}, or -1 for the model's own, got {}", kMaxChurn, churn);
  if (churn > 0 && solver == "midpoint") throw UsageError("churn: expected 0 with the solver midpoint, got {}", churn);
  if (!schedule.empty() && schedule != "linear-quadratic" && schedule != "linear")
    throw UsageError("schedule: expected linear-quadratic or linear, got '{}'", schedule);
  if (rewrite != "auto" && rewrite != "off" && !text::is_endpoint(rewrite)) throw UsageError("rewrite: expected auto, off or the URL of a chat endpoint, got '{}'", rewrite);
  if (!solver.empty() && solver != "euler" && solver != "midpoint") throw UsageError("solver: expected euler or midpoint, got '{}'", solver);
}

std::vector<Request> films_of(const Request& request) {
  request.check();
  Request film = request;
  film.num_videos_per_prompt = 1;
  if (film.seed < 0) film.seed = random_seed();
  std::vector<Request> films;
  for (int64_t k = 0; k < request.num_videos_per_prompt; ++k, ++film.seed) films.push_back(film);
  return films;
}

Resolved resolve(const Request& asked, const ModelDescription& model) {
  asked.check();
  Request r = asked;
  r.prompt = text::sanitize(asked.prompt);
  r.negative_prompt = text::sanitize(asked.negative_prompt);
  r.sound_prompt = text::sanitize(asked.sound_prompt);
  fill_defaults(r, model.defaults, model.default_size());
  check_side("width", r.width, model.unit(), model.max_width());
  check_side("height", r.height, model.unit(), model.max_height());
  if (r.num_frames > model.max_frames())
    throw UsageError("num_frames: expected 1 to {} (what this model has positions for), got {}", model.max_frames(), r.num_frames);
  // Both sides of the guidance would be the same prompt, so the second one is not computed.
  if (r.prompt.empty() && r.negative_prompt.empty()) r.guidance_scale = 1;
  return {r, notes_on(asked, r, model)};
}

}  // namespace mg::generate
