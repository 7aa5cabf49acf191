// Legend: B batch · C latent channels · S steps of the whole sound · N windows · W steps of a window · F frames · V features.
#include "moviegen/audio/sound_generator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "moviegen/audio/resample_features.h"
#include "moviegen/core/error.h"
#include "moviegen/flow/path.h"
#include "moviegen/flow/schedule.h"

namespace mg::audio {
namespace {

// One solve: the windows that are merged at every step, and the stretch they cover.
struct Piece {
  Window whole;
  std::vector<Window> windows;
  int64_t first_new = 0;  // before it stands what the last piece made
};

std::vector<Piece> cut(int64_t steps, const SoundSampling& s) {
  int64_t length = s.steps_of(s.window_s);
  auto rounded = [&](double seconds) { return static_cast<int64_t>(std::llround(seconds * s.latent_rate)); };
  if (steps <= length) return {{{0, steps}, {{0, steps}}, 0}};
  if (s.method != "extend") return {{{0, steps}, cover(steps, length, std::min(rounded(s.overlap_s), length - 1)), 0}};
  int64_t context = std::min(rounded(s.context_s), length - 1);
  std::vector<Piece> pieces;
  for (int64_t made = 0; made < steps;) {
    int64_t start = std::max<int64_t>(0, made - context), end = std::min(steps, start + length);
    pieces.push_back({{start, end - start}, {{start, end - start}}, made});
    made = end;
  }
  return pieces;
}

// Pieces in which anything is left to make.
std::vector<Piece> plan(const Tensor& mask_S, const SoundSampling& s) {
  auto pieces = cut(mask_S.size(0), s);
  std::erase_if(pieces, [&](const Piece& p) { return mask_S.narrow(0, p.first_new, p.whole.end() - p.first_new).sum().item<float>() == 0; });
  return pieces;
}

void check_known(const KnownLatents& known, int64_t channels, int64_t steps) {
  if (known.mask_S.dim() != 1 || known.mask_S.size(0) != steps || known.latents_CS.dim() != 2 || known.latents_CS.size(0) != channels ||
      known.latents_CS.size(1) != steps)
    throw UsageError("sound: expected known latents [{},{}] and a mask [{}], got [{}] and [{}]", channels, steps, steps,
                     fmt::join(known.latents_CS.sizes().vec(), ","), fmt::join(known.mask_S.sizes().vec(), ","));
}

// Takes differ in their noise; the first one is what the seed alone gives.
uint64_t take_seed(uint64_t seed, int64_t take) { return take == 0 ? seed : Generator(seed, "take").fork(std::to_string(take)).next(); }

// Makes one piece. What is known travels along its own straight path from its noise, so that the network always sees all
// steps at the same flow time, as in training; at the end it is where it was.
Tensor solve_piece(const PrepareWindows& prepare, const Piece& piece, const KnownLatents& known, const Tensor& noise_CW, const SoundSampling& s,
                   const flow::OnStep& on_step) {
  auto velocity_of_windows = prepare(piece.windows, known);
  auto inside = piece.windows;
  for (auto& w : inside) w.start -= piece.whole.start;
  auto weights_NW = triangle_weights(inside, piece.whole.length);
  auto latents_CW = known.latents_CS.narrow(1, piece.whole.start, piece.whole.length);
  auto is_new_W = known.mask_S.narrow(0, piece.whole.start, piece.whole.length) > 0.5;
  auto known_velocity_CW = flow::target_velocity(latents_CW, noise_CW);
  auto velocity = [&](const Tensor& x_CW, double t) {
    auto made_CW = merge(velocity_of_windows(split(x_CW, inside), t), weights_NW, inside, piece.whole.length);
    return at::where(is_new_W, made_CW, known_velocity_CW);
  };
  auto times = flow::make_schedule(s.schedule, static_cast<int>(s.num_inference_steps), 4 * static_cast<int>(s.num_inference_steps));
  auto x_CW = flow::solve(s.solver, velocity, noise_CW, times, on_step);
  return at::where(is_new_W, x_CW, latents_CW);
}

// Texts of the two halves of a guided batch: the caption, and none.
struct GuidedText {
  Tensor text_GLE, mask_GL;
};

GuidedText encode_caption(SoundModel& model, const std::string& caption, bool guided) {
  std::vector<std::string> captions{caption};
  if (guided) captions.push_back("");
  auto tokens = model.conditioner->tokenize(captions);
  return {model.conditioner->encode_text(tokens), tokens.mask_BL};
}

// Conditions of some windows; guided, those of no conditions follow: no picture, no text, nothing known.
Conditions conditions_of(const SoundModel& model, const SoundRequest& request, const GuidedText& text, const std::vector<Window>& windows,
                         const KnownLatents& known, double rate) {
  auto N = static_cast<int64_t>(windows.size()), W = windows[0].length, halves = text.text_GLE.size(0);
  Conditions c;
  auto mask_NW = split(known.mask_S.unsqueeze(0), windows).squeeze(1);
  c.given_BCS = split(known.latents_CS * (1 - known.mask_S), windows), c.mask_BS = mask_NW;
  if (request.features_FV.defined()) {
    auto method = parse_resampling(model.transformer->config.video_resampling);
    std::vector<Tensor> features;
    for (const auto& w : windows)
      features.push_back(resample_features(request.features_FV, frames_of_steps(request.times_s, W, rate, method, w.start)));
    c.video_BSV = at::stack(features);
  }
  if (halves == 2) {
    c.given_BCS = at::cat({c.given_BCS, at::zeros_like(c.given_BCS)});
    c.mask_BS = at::cat({c.mask_BS, at::ones_like(c.mask_BS)});
    if (c.video_BSV.defined()) c.video_BSV = at::cat({c.video_BSV, c.video_BSV});
    c.has_video_B = at::cat({torch::ones({N}), torch::zeros({N})});
  }
  c.text_BLE = text.text_GLE.repeat_interleave(N, 0), c.text_mask_BL = text.mask_GL.repeat_interleave(N, 0);
  return c;
}

Tensor guided_velocity(SoundModel& model, const Memory& memory, const Tensor& x_NCW, double t, double scale) {
  int64_t N = x_NCW.size(0), B = memory.given_BSE.size(0);
  auto u = model.transformer->forward(B == N ? x_NCW : at::cat({x_NCW, x_NCW}), torch::full({B}, t), memory);
  return B == N ? u : flow::guide(u.narrow(0, N, N), u.narrow(0, 0, N), scale);
}

}  // namespace

SoundModel load_sound_model(const std::string& folder) {
  SoundModel model{load_transformer(folder), load_sound_conditioner(folder), load_sound_sampling(folder)};
  const auto& config = model.transformer->config;
  int64_t text = model.conditioner->text->config.d_model, video = model.conditioner->frames->config.features;
  if (config.text_width != text || config.video_width != video)
    throw DataError("{}: the sound transformer reads text {} and frames {} wide, the encoders give {} and {}", folder, config.text_width,
                    config.video_width, text, video);
  return model;
}

Tensor sound_noise(uint64_t seed, int64_t channels, const Window& window) {
  std::vector<Tensor> steps;
  Generator all(seed, "sound noise");
  for (int64_t k = window.start; k < window.end(); ++k) {
    auto generator = all.fork(std::to_string(k));
    steps.push_back(flow::sample_noise({channels}, generator));
  }
  return at::stack(steps, 1).contiguous();
}

int64_t solver_steps(const SoundRequest& request, const SoundSampling& sampling) {
  auto mask_S = request.known.mask_S.defined() ? request.known.mask_S : torch::ones({sampling.steps_of(request.duration_s)});
  return static_cast<int64_t>(plan(mask_S, sampling).size()) * request.candidates * sampling.num_inference_steps;
}

void solve_sound(const PrepareWindows& prepare, const LongSound& sound, const SoundSampling& sampling, const OnLatents& on_latents,
                 const flow::OnStep& on_step) {
  sampling.check();
  if (sound.candidates < 1 || (sound.candidates > 1 && !sound.ranker))
    throw UsageError("sound: candidates must be 1, or more with a ranker; got {} and {}", sound.candidates, sound.ranker ? "one" : "none");
  KnownLatents known = sound.known;
  if (!known.mask_S.defined()) known = {torch::zeros({sound.channels, sound.steps}), torch::ones({sound.steps})};
  check_known(known, sound.channels, sound.steps);
  known = {known.latents_CS.clone(), known.mask_S.clone()};
  auto pieces = plan(known.mask_S, sampling);
  int done = 0, total = static_cast<int>(static_cast<int64_t>(pieces.size()) * sound.candidates * sampling.num_inference_steps);
  auto count_step = [&](int, int, const Tensor& data) {
    ++done;
    if (on_step) on_step(done, total, data);
  };
  int64_t handed_out = 0;
  auto hand_out = [&](int64_t end) {
    if (end > handed_out) on_latents(known.latents_CS.narrow(1, handed_out, end - handed_out).clone());
    handed_out = std::max(handed_out, end);
  };
  for (const auto& piece : pieces) {
    hand_out(piece.first_new);  // stretches that were known from the start
    Tensor best_CW;
    double best_rank = -std::numeric_limits<double>::infinity();
    for (int64_t take = 0; take < sound.candidates; ++take) {
      auto noise_CW = sound_noise(take_seed(sound.seed, take), sound.channels, piece.whole);
      auto latents_CW = solve_piece(prepare, piece, known, noise_CW, sampling, count_step);
      double rank = sound.ranker ? sound.ranker(latents_CW) : 0;
      if (!best_CW.defined() || rank > best_rank) best_CW = latents_CW, best_rank = rank;
    }
    known.latents_CS.narrow(1, piece.whole.start, piece.whole.length).copy_(best_CW);
    known.mask_S.narrow(0, piece.whole.start, piece.whole.length).zero_();
    hand_out(piece.whole.end());
  }
  hand_out(sound.steps);
}

void generate_sound(SoundModel& model, const SoundRequest& request, const SoundSampling& sampling, const OnLatents& on_latents,
                    const flow::OnStep& on_step) {
  c10::InferenceMode inference;
  const auto& features = request.features_FV;
  if (features.defined() && (features.dim() != 2 || features.size(0) != static_cast<int64_t>(request.times_s.size())))
    throw UsageError("sound: frame features [{}] for {} frame times", fmt::join(features.sizes().vec(), ","), request.times_s.size());
  auto text = encode_caption(model, request.caption, sampling.guidance_scale != 1.0);
  auto prepare = [&](const std::vector<Window>& windows, const KnownLatents& known) -> flow::Velocity {
    std::vector<Memory> memories;
    for (size_t first = 0; first < windows.size(); first += static_cast<size_t>(sampling.windows_together)) {
      std::vector<Window> some(windows.begin() + static_cast<long>(first),
                               windows.begin() + static_cast<long>(std::min(windows.size(), first + static_cast<size_t>(sampling.windows_together))));
      memories.push_back(model.transformer->condition(conditions_of(model, request, text, some, known, sampling.latent_rate)));
    }
    return [&, memories](const Tensor& x_NCW, double t) {
      std::vector<Tensor> parts;
      auto groups = x_NCW.split(sampling.windows_together);
      for (size_t i = 0; i < groups.size(); ++i) parts.push_back(guided_velocity(model, memories[i], groups[i], t, sampling.guidance_scale));
      return at::cat(parts);
    };
  };
  LongSound sound{model.transformer->config.latent_channels, sampling.steps_of(request.duration_s), request.seed, request.known, request.candidates,
                  request.ranker};
  solve_sound(prepare, sound, sampling, on_latents, on_step);
}

}  // namespace mg::audio
