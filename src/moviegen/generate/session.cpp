// From a request to the pictures of a film: prompt → text tokens → latents [1,C,T,H,W] → pixels [1,3,T',H',W'] → frames.
#include <c10/core/InferenceMode.h>

#include "moviegen/flow/schedule.h"
#include "moviegen/generate/model_description.h"
#include "moviegen/generate/movie.h"
#include "moviegen/generate/preview.h"
#include "moviegen/generate/record.h"
#include "moviegen/generate/soundtrack.h"
#include "moviegen/generate/stages.h"
#include "moviegen/tae/temporal_tiling.h"
#include "moviegen/text/chat_rewriter.h"
#include "moviegen/text/rewriter.h"
#include "moviegen/text/text_encoders.h"
#include "moviegen/video/text_to_video.h"

namespace mg::generate {

using at::Tensor;

struct Session::Parts {
  ModelDescription description;
  std::string hash;
  text::TextEncoders encoders{nullptr};
  video::Transformer transformer{nullptr};
  tae::Autoencoder autoencoder{nullptr};
  std::optional<text::Rewriter> rewriter;
  std::optional<SoundSession> sound;  // opened by the first film that wants it
};

namespace {

struct EncodedPrompts {
  text::Encoded prompt, null_prompt;
  bool prompt_was_cut;
};

EncodedPrompts encode_prompts(text::TextEncoders& encoders, const Request& request) {
  auto fps = static_cast<int>(request.fps);
  auto tokens = encoders->tokenize({request.prompt}, fps);
  bool cut = tokens.ul2_mask_BL.size(1) >= encoders->config.ul2_max_tokens;
  return {encoders->forward(tokens), encoders->encode({request.negative_prompt}, fps), cut};
}

Tensor denoise(Session::Parts& parts, const Request& request, const EncodedPrompts& text, const Callbacks& callbacks, const Done& done) {
  const auto& defaults = parts.description.defaults;
  int64_t space = parts.autoencoder->config.spatial_factor(), time = parts.autoencoder->config.temporal_factor();
  video::SampleOptions options{request.num_inference_steps, request.guidance_scale, request.schedule, request.solver, defaults.emulated_steps,
                               {request.guidance_start, request.guidance_end}, request.churn};
  Preview preview;
  auto on_step = [&](int step, int steps, const Tensor& data) {
    done(step);
    if (!callbacks.on_preview) return;
    if (auto images = preview.look(parts.autoencoder, data, step == steps); !images.empty()) callbacks.on_preview(images);
  };
  return video::sample_latents(parts.transformer, text.prompt, text.null_prompt, {static_cast<uint64_t>(request.seed)},
                               {(request.num_frames + time - 1) / time, request.height / space, request.width / space}, options, on_step);
}

// Tile by tile, so that long films need no more memory than short ones.
std::vector<media::Image> decode(tae::Autoencoder& autoencoder, const Tensor& latent_BCTHW, int64_t num_frames, const Done& done) {
  std::vector<media::Image> frames;
  tae::decode_tiles(autoencoder, latent_BCTHW, num_frames, [&](const Tensor& part_BCTHW) {
    auto images = to_images(part_BCTHW[0]);
    std::move(images.begin(), images.end(), std::back_inserter(frames));
    done(static_cast<int64_t>(frames.size()));
  });
  return frames;
}

// Sound for the film's own frames, from its own seed.
void add_sound(Session::Parts& parts, const Request& request, Movie& movie, const Callbacks& callbacks) {
  if (!parts.sound) parts.sound.emplace(SoundSession::open(parts.description.folder));
  auto seen = parts.sound->watch();
  for (size_t i = 0; i < movie.frames.size(); ++i) seen.add(movie.frames[i], static_cast<double>(i) / movie.fps);
  media::Sound made{.sample_rate = parts.sound->sample_rate(), .channels = 1};
  auto report = parts.sound->make({.prompt = request.sound_prompt, .seed = request.seed}, {.seen = &seen, .duration_s = static_cast<double>(movie.frames.size()) / movie.fps},
                                  [&](const media::Sound& block) { made.samples.insert(made.samples.end(), block.samples.begin(), block.samples.end()); }, callbacks);
  movie.sound = at_loudness(made, kLoudness_lufs);
  movie.record["sound"] = report.record;
  movie.notes.insert(movie.notes.end(), report.notes.begin(), report.notes.end());
  movie.timings_s.insert(report.timings_s.begin(), report.timings_s.end());
}

// The prompt as the model should read it, by its own table or a chat endpoint.
text::Rewritten rewrite(const Session::Parts& parts, const Request& request, const CancelToken* cancel) {
  if (request.prompt.empty()) return {request.prompt, {}};
  if (request.rewrite == "auto") return parts.rewriter->rewrite(request.prompt);
  return {text::rewrite_by_chat({.url = request.rewrite, .model = {}, .key = {}}, request.prompt, cancel), {"by " + request.rewrite}};
}

void check_fit(const Session::Parts& parts) {
  auto have = parts.encoders->widths(), want = parts.transformer->config.text;
  if (have.ul2 != want.ul2 || have.metaclip != want.metaclip || have.byt5 != want.byt5)
    throw DataError("{}: the text encoders are {}, {} and {} wide, the transformer expects {}, {} and {}", parts.description.folder, have.ul2,
                    have.metaclip, have.byt5, want.ul2, want.metaclip, want.byt5);
}

}  // namespace

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
const ModelDescription& Session::model() const { return parts_->description; }

Session Session::open(const std::string& model) {
  auto parts = std::make_unique<Parts>();
  parts->description = describe_model(model);
  const auto& folder = parts->description.folder;
  try {
    parts->hash = model_hash(folder);
    parts->encoders = text::load_text_encoders(folder);
    parts->transformer = video::load_transformer(folder);
    parts->autoencoder = tae::load_autoencoder(folder);
    parts->rewriter = text::Rewriter::load(folder);
  } catch (const UsageError& error) {
    throw DataError(error.what());  // as in describe_model
  }
  check_fit(*parts);
  return Session(std::move(parts));
}

Movie Session::generate(const Request& asked, const Callbacks& callbacks) {
  auto [request, notes] = resolve(asked, model());
  if (request.num_videos_per_prompt != 1)
    throw UsageError("generate makes one film, the request asks for {}; split it with films_of", request.num_videos_per_prompt);
  c10::InferenceMode inference;
  Stages stages(callbacks);
  text::Rewritten rewritten{.prompt = request.prompt, .changes = {}};
  if (text::is_endpoint(request.rewrite) || (request.rewrite == "auto" && parts_->rewriter))
    rewritten = stages.run("rewrite", 1, [&](const Done&) { return rewrite(*parts_, request, callbacks.cancel); });
  request.prompt = rewritten.prompt;
  auto text = stages.run("encode text", 1, [&](const Done&) { return encode_prompts(parts_->encoders, request); });
  auto latent_BCTHW = stages.run("denoise", request.num_inference_steps,
                                 [&](const Done& done) { return denoise(*parts_, request, text, callbacks, done); });
  Movie movie;
  movie.frames = stages.run("decode", request.num_frames,
                            [&](const Done& done) { return decode(parts_->autoencoder, latent_BCTHW, request.num_frames, done); });
  movie.fps = static_cast<double>(request.fps);
  movie.seed = request.seed;
  Request one = asked;
  one.seed = request.seed;  // what makes this film again
  movie.record = make_record(one, request, model(), parts_->hash);
  movie.notes = std::move(notes);
  if (!rewritten.changes.empty()) movie.notes.push_back(fmt::format("read as \"{}\" ({}); --rewrite off leaves the prompt as it is", request.prompt, fmt::join(rewritten.changes, ", ")));
  if (text.prompt_was_cut)
    movie.notes.push_back(fmt::format("the prompt is longer than the model reads; its first {} tokens count", parts_->encoders->config.ul2_max_tokens));
  movie.timings_s = stages.timings_s();
  if (request.sound && movie.frames.size() > 1 && SoundSession::is_in(model().folder)) add_sound(*parts_, request, movie, callbacks);
  return movie;
}

}  // namespace mg::generate
