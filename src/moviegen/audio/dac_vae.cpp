#include "moviegen/audio/dac_vae.h"

#include "moviegen/audio/dac_vae_bands.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/flow/path.h"
#include "moviegen/weights/model_folder.h"

namespace mg::audio {
namespace {

constexpr const char* kPart = "sound_codec";
constexpr const char* kClass = "MovieGenDacVae";
constexpr double kFirstScale = -3;     // ours: a fresh latent is its mean with little noise (softplus: 0.05)
constexpr double kLeastDeviation = 1e-4;

Tensor steps_first(const Tensor& x_BCS) { return x_BCS.transpose(1, 2).contiguous(); }  // and back

// White noise in bands, latents first to first + count: [1, hop/patch · count, patch].
Tensor decoder_noise(const DacVaeConfig& c, int64_t first, int64_t count) {
  std::vector<Tensor> parts;
  Generator all(0, "sound codec noise");
  for (int64_t k = first; k < first + count; ++k) {
    auto generator = all.fork(std::to_string(k));
    parts.push_back(flow::sample_noise({1, c.hop() / c.patch, c.patch}, generator));
  }
  return at::cat(parts, 1);
}

Tensor statistic(const std::vector<double>& values, const Tensor& like) {
  return torch::tensor(values, at::kDouble).to(like.options()).view({1, -1, 1});
}

}  // namespace

DacEncoderImpl::DacEncoderImpl(const DacVaeConfig& c) {
  register_module("block", block);
  block->push_back(WeightNormConv(ConvSpec{.in = 1, .out = c.encoder_width, .kernel = edge_kernel(c.patch), .stride = c.patch}));
  int64_t width = c.encoder_width;
  for (int64_t stride : c.strides) block->push_back(EncoderBlock(width, stride)), width *= 2;
  block->push_back(Snake(width));
  block->push_back(WeightNormConv(ConvSpec{.in = width, .out = width, .kernel = kHiddenKernel}));
}

Tensor DacEncoderImpl::forward(const Tensor& sound) { return run_layers(*block, sound); }

DacDecoderImpl::DacDecoderImpl(const DacVaeConfig& c) : slots(c.slots()), tanh(c.tanh) {
  register_module("model", model);
  model->push_back(WeightNormConv(ConvSpec{.in = c.hidden_width(), .out = c.decoder_width, .kernel = kUnitKernel}));
  int64_t width = c.decoder_width;
  for (auto stride = c.strides.rbegin(); stride != c.strides.rend(); ++stride) model->push_back(DecoderBlock(width, *stride)), width /= 2;
  model->push_back(Snake(width, Width::kWide));  // samples are made in f32
  model->push_back(WeightNormConv(
      ConvSpec{.in = width, .out = 1, .kernel = edge_kernel(c.patch), .stride = c.patch, .transposed = c.patch > 1, .gain = 0.1}));
  if (!c.envelope) return;
  noise_level = register_module("noise_level", WeightNormConv(ConvSpec{.in = width, .out = c.patch, .kernel = 1, .gain = 0.01}));
  basis = mdct_basis(c.patch);
}

Tensor DacDecoderImpl::forward(const Tensor& hidden, const Tensor& envelope, const Tensor& noise) {
  size_t ends = model->size() - 2;  // snake and samples
  auto x = run_layers(*model, hidden, 0, ends);
  auto sound = run_layers(*model, x, ends);
  if (!noise_level.is_empty()) {
    auto levels = envelope.unflatten(2, {slots, -1}).flatten(1, 2);
    levels = levels.repeat_interleave(x.size(1) / levels.size(1), 1) + noise_level(x);
    sound = sound + from_bands(noise * amplitudes_of(levels), basis).unsqueeze(2);
  }
  return tanh ? sound.tanh() : sound;
}

DacBottleneckImpl::DacBottleneckImpl(const DacVaeConfig& c) {
  in_proj = register_module("in_proj", WeightNormConv(ConvSpec{.in = c.hidden_width(), .out = 2 * c.latent_channels, .kernel = 1}));
  out_proj = register_module("out_proj", WeightNormConv(ConvSpec{.in = c.latent_channels, .out = c.hidden_width(), .kernel = 1}));
  if (c.envelope) {
    int64_t size = c.slots() * c.patch;
    envelope_in = register_module("envelope_in", WeightNormConv(ConvSpec{.in = size, .out = 2 * c.latent_channels, .kernel = kHiddenKernel}));
    envelope_out = register_module("envelope_out", WeightNormConv(ConvSpec{.in = c.latent_channels, .out = size, .kernel = kHiddenKernel}));
  }
  at::NoGradGuard no_grad;
  in_proj->bias.narrow(0, c.latent_channels, c.latent_channels).fill_(kFirstScale);
}

DacVaeImpl::DacVaeImpl(const DacVaeConfig& c) : config(c) {
  config.check();
  encoder = register_module("encoder", DacEncoder(c));
  quantizer = register_module("quantizer", DacBottleneck(c));
  decoder = register_module("decoder", DacDecoder(c));
}

Encoded DacVaeImpl::encode(const Tensor& sound) {
  check_sound(sound);
  auto padded = pad_to_hop(sound, config.hop());
  auto both = quantizer->in_proj(encoder(steps_first(padded)));
  if (config.envelope) {
    auto bands = to_bands(padded.flatten(1), decoder->basis);
    both = both + quantizer->envelope_in(envelope_of(bands, config.strides.front(), config.slots()));
  }
  auto moments = both.transpose(1, 2).chunk(2, 1);
  return {moments[0].contiguous(), 2 * (at::softplus(moments[1]) + kLeastDeviation).log()};
}

Tensor DacVaeImpl::synthesise(const Tensor& raw, int64_t first) {
  if (raw.dim() != 3 || raw.size(1) != config.latent_channels || raw.size(2) < 1)
    throw UsageError("sound codec: expected latents [B,{},T], got [{}]", config.latent_channels, fmt::join(raw.sizes(), ","));
  auto noise = config.envelope ? decoder_noise(config, first, raw.size(2)) : Tensor();
  auto steps = steps_first(raw);
  return decoder(quantizer->out_proj(steps), config.envelope ? quantizer->envelope_out(steps) : Tensor(), noise).transpose(1, 2);
}

Tensor DacVaeImpl::latents(const Tensor& sound) { return normalise(encode(sound).mean); }

Tensor DacVaeImpl::decode(const Tensor& latent, int64_t samples, int64_t first) {
  int64_t longest = latent.size(-1) * config.hop();
  if (samples < 1 || samples > longest)
    throw UsageError("sound codec: {} latents hold 1 to {} samples, asked for {}", latent.size(-1), longest, samples);
  return synthesise(denormalise(latent), first).narrow(2, 0, samples);
}

Tensor DacVaeImpl::normalise(const Tensor& raw) const {
  return config.latent_mean.empty() ? raw : (raw - statistic(config.latent_mean, raw)) / statistic(config.latent_std, raw);
}
Tensor DacVaeImpl::denormalise(const Tensor& latent) const {
  return config.latent_mean.empty() ? latent : latent * statistic(config.latent_std, latent) + statistic(config.latent_mean, latent);
}

void DacVaeImpl::fold_weights() {
  for (auto& module : modules())
    if (auto* conv = module->as<WeightNormConv>()) conv->fold();
}

void check_sound(const Tensor& sound) {
  if (sound.dim() != 3 || sound.size(1) != 1 || sound.size(0) < 1 || sound.size(2) < 1)
    throw UsageError("sound codec: expected mono sound [B,1,S], got [{}]; mix or split channels first", fmt::join(sound.sizes(), ","));
}

Tensor pad_to_hop(const Tensor& sound, int64_t hop) {
  int64_t length = sound.size(2), whole = (length + hop - 1) / hop * hop;
  if (whole == length) return sound;
  auto from = torch::empty({whole - length}, at::kLong);
  int64_t period = std::max<int64_t>(2 * (length - 1), 1);
  for (int64_t i = length; i < whole; ++i) {
    int64_t at = i % period;
    from.data_ptr<int64_t>()[i - length] = at < length ? at : period - at;
  }
  return at::cat({sound, sound.index_select(2, from.to(sound.device()))}, 2);
}

DacVae load_dac_vae(const std::string& folder) {
  DacVae model(config_from<DacVaeConfig>(weights::read_part_config(folder, kPart, kClass), folder + "/sound_codec/config.json"));
  weights::load_into(*model, weights::read_part_state(folder, kPart), folder + "/sound_codec");
  model->eval();
  model->fold_weights();
  return model;
}

void save_dac_vae(const std::string& folder, const DacVae& model, const std::string& dtype) {
  weights::write_part(folder, kPart, kClass, config_to_json(model->config), weights::state_of(*model), dtype);
}

}  // namespace mg::audio
