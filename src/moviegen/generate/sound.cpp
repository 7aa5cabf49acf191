#include "moviegen/generate/sound.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <random>

#include "moviegen/audio/dac_vae_stream.h"
#include "moviegen/audio/sound_generator.h"
#include "moviegen/audio/sound_judge.h"
#include "moviegen/generate/model_description.h"
#include "moviegen/generate/sound_prompt.h"
#include "moviegen/generate/stages.h"
#include "moviegen/text/sanitize.h"
#include "moviegen/weights/model_folder.h"

namespace mg::generate {

using at::Tensor;

namespace {

constexpr double kShortestStep_s = 0.02, kLongest_s = 3600, kFade_s = 0.02;
constexpr int64_t kBlock = 48000 * 4;  // samples encoded at a time
constexpr size_t kFramesTogether = 32;  // in one pass of the frame encoder
constexpr const char* kTransformerPart = "sound_transformer";

// A picture as the frame encoder's square, bytes [3,s,s].
Tensor small_square(const media::Image& image, int side) {
  auto small = media::resize(image, side, side);
  auto bytes = torch::from_blob(small.rgb.data(), {side, side, 3}, torch::kUInt8);
  return bytes.permute({2, 0, 1}).contiguous().clone();
}

}  // namespace

// Collects frames and encodes them in batches.
struct SeenFrames::Encoder {
  audio::FrameEncoder network{nullptr};
  std::vector<Tensor> waiting, earlier, features;  // squares, for each an earlier one
  struct Seen {
    double time_s;
    Tensor square;
  };
  std::deque<Seen> recent;  // from the earlier one of the newest frame on, as audio::earlier_frames has it

  void add(const Tensor& square, double time_s) {
    recent.push_back({time_s, square});
    while (recent.size() > 2 && recent[1].time_s <= time_s - audio::kChange_s) recent.pop_front();
    waiting.push_back(square), earlier.push_back(recent.front().square);
    if (waiting.size() >= kFramesTogether) flush();
  }
  void flush() {
    if (waiting.empty()) return;
    c10::InferenceMode inference;
    auto pixels_of = [](const std::vector<Tensor>& squares) { return at::stack(squares).to(torch::kFloat32).div(127.5).sub(1); };
    features.push_back(network(pixels_of(waiting), pixels_of(earlier)));
    waiting.clear(), earlier.clear();
  }
  Tensor all() {
    flush();
    return at::cat(features);
  }
};

void SeenFrames::add(const media::Image& frame, double time_s) {
  if (!std::isfinite(time_s)) throw DataError("a frame's time is not a number");
  if (!times_s_.empty() && time_s < times_s_.back() + kShortestStep_s) return;
  times_s_.push_back(time_s);
  encoder_->add(small_square(frame, static_cast<int>(encoder_->network->config.image_size)), time_s);
}

void SoundRequest::check() const {
  auto range = [](const char* name, double value, double low, double high) {
    if (!(value >= low && value <= high)) throw UsageError("{}: expected {:g} to {:g}, got {:g}", name, low, high, value);
  };
  if (quality != 0) range("quality", quality, 1, 10);
  range("num_inference_steps", static_cast<double>(num_inference_steps), 0, 1000);
  range("guidance_scale", guidance_scale, 0, 100);
  range("num_candidates", static_cast<double>(num_candidates), 1, 64);
  range("seed", static_cast<double>(seed), -1, static_cast<double>(kMaxSeed));
  if (!method.empty() && method != "extend" && method != "windows") throw UsageError("method: expected extend or windows, got '{}'", method);
}

struct SoundSession::Parts {
  std::string folder, hash;
  audio::SoundModel model;
  audio::DacVae codec{nullptr};
  audio::SoundJudge ranker{nullptr};  // empty if the folder has none
};

namespace {

audio::SoundSampling sampling_of(const SoundRequest& request, audio::SoundSampling sampling) {
  if (request.num_inference_steps) sampling.num_inference_steps = request.num_inference_steps;
  if (request.guidance_scale != 0) sampling.guidance_scale = request.guidance_scale;
  if (!request.method.empty()) sampling.method = request.method;
  return sampling;
}

SoundCaption caption_of(const SoundRequest& request) {
  auto caption = parse_sound_prompt(request.prompt);
  if (request.quality != 0) caption.quality = request.quality;
  return caption;
}

void check_input(const SoundInput& input, int rate) {
  if (!(input.duration_s > 0 && input.duration_s <= kLongest_s))
    throw UsageError("sound: expected a duration above 0 and at most {:g} s, got {:g}", kLongest_s, input.duration_s);
  if (input.kept.frames() > 0 && (input.kept.channels != 1 || input.kept.sample_rate != rate)) throw UsageError("sound: what is kept must be mono at {} Hz", rate);
}

Json record_of(const SoundRequest& request, const SoundInput& input, const audio::SoundSampling& sampling, const std::string& caption, int64_t seed) {
  return {{"prompt", text::sanitize(request.prompt)}, {"caption", caption}, {"seed", seed}, {"duration_s", input.duration_s},
          {"num_inference_steps", sampling.num_inference_steps}, {"guidance_scale", sampling.guidance_scale},
          {"num_candidates", request.num_candidates}, {"method", sampling.method}, {"kept_s", input.kept.duration_s()}};
}

}  // namespace

SoundSession::SoundSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SoundSession::~SoundSession() = default;
SoundSession::SoundSession(SoundSession&&) noexcept = default;
SoundSession& SoundSession::operator=(SoundSession&&) noexcept = default;

bool SoundSession::is_in(const std::string& model) { return weights::has_part(weights::resolve_model(model), kTransformerPart); }

SoundSession SoundSession::open(const std::string& model) {
  auto parts = std::make_unique<Parts>();
  parts->folder = weights::resolve_model(model);
  if (!weights::has_part(parts->folder, kTransformerPart))
    throw NotFound("{}: the model has no parts that make sound ({} is missing); name one that has them with --model, or train them (docs/sound.md)",
                   parts->folder, kTransformerPart);
  parts->hash = model_hash(parts->folder);
  parts->model = audio::load_sound_model(parts->folder);
  parts->codec = audio::load_dac_vae(parts->folder);
  if (weights::has_part(parts->folder, audio::kRankerPart)) parts->ranker = audio::load_sound_judge(parts->folder, audio::kRankerPart);
  const auto& codec = parts->codec->config;
  if (codec.latent_channels != parts->model.transformer->config.latent_channels)
    throw DataError("{}: the sound codec has {} latent channels, the sound transformer {}", parts->folder, codec.latent_channels,
                    parts->model.transformer->config.latent_channels);
  if (std::abs(codec.latent_rate() - parts->model.sampling.latent_rate) > 1e-6)
    throw DataError("{}: the sound codec makes {:g} latents a second, the sound scheduler expects {:g}", parts->folder, codec.latent_rate(),
                    parts->model.sampling.latent_rate);
  return SoundSession(std::move(parts));
}

int SoundSession::sample_rate() const { return static_cast<int>(parts_->codec->config.sample_rate); }
const audio::SoundSampling& SoundSession::sampling() const { return parts_->model.sampling; }

SeenFrames SoundSession::watch() const {
  auto encoder = std::make_shared<SeenFrames::Encoder>();
  encoder->network = parts_->model.conditioner->frames;
  return SeenFrames(std::move(encoder));
}

namespace {

// Latents of sound that stays as it is, at the start of `steps`: whole latents only, what is left over is made anew.
audio::KnownLatents known_of(const audio::DacVae& codec, const media::Sound& kept, int64_t steps) {
  audio::DacEncoderStream encoder(codec);
  std::vector<Tensor> parts;
  for (int64_t at = 0; at < kept.frames(); at += kBlock) {
    int64_t count = std::min(kBlock, kept.frames() - at);
    parts.push_back(encoder.push(torch::from_blob(const_cast<float*>(kept.samples.data()) + at, {1, 1, count}, torch::kFloat32)).clone());
  }
  parts.push_back(encoder.finish());
  auto latents_CS = at::cat(parts, 2)[0];
  int64_t known = std::min(steps, kept.frames() / codec->config.hop());
  audio::KnownLatents out{at::constant_pad_nd(latents_CS.narrow(1, 0, known), {0, steps - known}), torch::ones({steps})};
  out.mask_S.narrow(0, 0, known).zero_();
  return out;
}

// Cuts decoded sound to its length and puts what is kept in its place, with a short cross-fade where it ends.
class Joiner {
 public:
  Joiner(const SoundInput& input, int rate, const std::function<void(const media::Sound&)>& sink)
      : kept_(input.kept), rate_(rate), samples_(std::llround(input.duration_s * rate)), sink_(sink) {}
  void add(const Tensor& sound_BCS) {
    int64_t count = std::min(sound_BCS.size(2), samples_ - made_);
    if (count <= 0) return;
    auto made = sound_BCS[0][0].narrow(0, 0, count).contiguous();
    media::Sound out{.sample_rate = rate_, .channels = 1};
    out.samples.assign(made.data_ptr<float>(), made.data_ptr<float>() + count);
    for (int64_t i = 0, end = std::min(count, kept_.frames() - made_); i < end; ++i) {
      auto& x = out.samples[static_cast<size_t>(i)];
      double share = std::min(1.0, static_cast<double>(kept_.frames() - made_ - i) / (kFade_s * rate_));
      x = static_cast<float>(share * static_cast<double>(kept_.samples[static_cast<size_t>(made_ + i)]) + (1 - share) * static_cast<double>(x));
    }
    made_ += count;
    sink_(out);
  }

 private:
  const media::Sound& kept_;
  int rate_;
  int64_t samples_, made_ = 0;
  const std::function<void(const media::Sound&)>& sink_;
};

}  // namespace

SoundReport SoundSession::make(const SoundRequest& asked, const SoundInput& input, const std::function<void(const media::Sound&)>& sink, const Callbacks& callbacks) {
  asked.check();
  check_input(input, sample_rate());
  auto sampling = sampling_of(asked, parts_->model.sampling);
  sampling.check();
  SoundReport report;
  report.seed = asked.seed >= 0 ? asked.seed : static_cast<int64_t>(std::random_device{}());
  c10::InferenceMode inference;
  Stages stages(callbacks);

  audio::SoundRequest request{.duration_s = input.duration_s, .caption = caption_text(caption_of(asked)), .seed = static_cast<uint64_t>(report.seed)};
  if (asked.num_candidates > 1 && parts_->ranker.is_empty()) {
    report.notes.emplace_back("the model has no sound_ranker: the first take is kept");
  } else if (asked.num_candidates > 1) {
    request.candidates = asked.num_candidates;
    request.ranker = [&](const Tensor& latents_CS) {
      return audio::quality(parts_->ranker, parts_->codec->decode(latents_CS.unsqueeze(0), latents_CS.size(1) * parts_->codec->config.hop())[0]);
    };
  }
  if (input.seen && input.seen->count() > 0) {
    request.features_FV = stages.run("look at frames", 1, [&](const Done&) { return input.seen->encoder_->all(); });
    request.times_s = input.seen->times_s_;
  }
  if (input.kept.frames() > 0)
    request.known = stages.run("listen to what is kept", 1, [&](const Done&) { return known_of(parts_->codec, input.kept, sampling.steps_of(input.duration_s)); });
  stages.run("make sound", audio::solver_steps(request, sampling), [&](const Done& done) {
    audio::DacDecoderStream decoder(parts_->codec);
    Joiner joiner(input, sample_rate(), sink);
    auto decode = [&](const Tensor& latents_CS) {  // a little at a time: merged windows come out all at once
      for (const auto& part_CS : latents_CS.split(audio::kChunkLatents, 1)) joiner.add(decoder.push(part_CS.unsqueeze(0)));
    };
    audio::generate_sound(parts_->model, request, sampling, decode, [&](int step, int, const Tensor&) { done(step); });
    joiner.add(decoder.finish());
    return true;
  });
  report.record = record_of(asked, input, sampling, request.caption, report.seed);
  report.record["model"] = {{"name", std::filesystem::weakly_canonical(parts_->folder).filename().string()}, {"hash", parts_->hash}};
  report.timings_s = stages.timings_s();
  return report;
}

}  // namespace mg::generate
