#include "moviegen/tae/autoencoder.h"

#include "moviegen/core/error.h"
#include "moviegen/tae/activations.h"
#include "moviegen/weights/model_folder.h"

namespace mg::tae {
namespace {

constexpr const char* kPart = "vae";
constexpr const char* kClass = "MovieGenTae";
constexpr double kFirstLogVariance = -5;  // a fresh latent is its mean with little noise, so that learning starts at the picture
constexpr double kMaxLogVariance = 20, kMinLogVariance = -30;  // keeps exp() finite

Tensor channels_first(const Tensor& x_TBHWC) { return x_TBHWC.permute({1, 4, 0, 2, 3}).contiguous(); }
Tensor channels_last(const Tensor& x_BCTHW) { return x_BCTHW.permute({2, 0, 3, 4, 1}).contiguous(); }

torch::nn::ModuleList blocks_of(int64_t width, int64_t count) {
  torch::nn::ModuleList list;
  for (int64_t i = 0; i < count; ++i) list->push_back(ResBlock(width));
  return list;
}

torch::nn::ModuleList middle_of(int64_t width, bool attention) {
  torch::nn::ModuleList list;
  list->push_back(ResBlock(width));
  if (attention) list->push_back(MiddleAttention(width)), list->push_back(ResBlock(width));
  return list;
}

Tensor run_middle(const torch::nn::ModuleListImpl& middle, Tensor x) {
  for (const auto& module : middle) {
    if (auto* block = module->as<ResBlock>()) x = block->forward(x);
    if (auto* attention = module->as<MiddleAttention>()) x = attention->forward(x);
  }
  return x;
}

Tensor run_blocks(const std::shared_ptr<torch::nn::Module>& level, Tensor x) {
  for (const auto& block : *level->as<torch::nn::ModuleList>()) x = block->as<ResBlock>()->forward(x);
  return x;
}

}  // namespace

EncoderImpl::EncoderImpl(const TaeConfig& c) : config(c) {
  config.check();
  const auto& w = c.encoder_widths;
  stem = register_module("stem", PairConv(3 * c.pixel_unshuffle * c.pixel_unshuffle, w[0]));
  soften(stem->frame->weight);
  register_module("levels", levels);
  register_module("steps", steps);
  for (size_t i = 0; i < w.size(); ++i) {
    levels->push_back(blocks_of(w[i], c.encoder_blocks[i]));
    if (i + 1 == w.size()) break;
    torch::nn::ModuleList step;
    if (c.spatial_steps[i]) step->push_back(FrameConv(w[i], w[i], 3, 2));
    step->push_back(TimeConv(w[i], w[i + 1], c.temporal_steps[i] ? 2 : 1));
    soften(step->ptr(step->size() - 1)->as<TimeConv>()->weight);
    steps->push_back(step);
  }
  middle = register_module("middle", middle_of(w.back(), c.attention));
  norm = register_module("norm", nn::RmsNorm(w.back()));
  out = register_module("out", PairConv(w.back(), 2 * c.latent_channels));
  soften(out->frame->weight);
  at::NoGradGuard no_grad;
  out->time->bias.narrow(0, c.latent_channels, c.latent_channels).fill_(kFirstLogVariance);
}

std::pair<Tensor, Tensor> EncoderImpl::forward(const Tensor& pixels) {
  check_pixels(config, pixels);
  auto folded = fold_pixels(pixels, config.pixel_unshuffle);
  auto x = stem(folded) + fit_channels(folded, config.encoder_widths[0]);
  for (size_t i = 0; i < levels->size(); ++i) {
    x = run_blocks(levels->ptr(i), x);
    if (i == steps->size()) break;
    auto shortcut = fit_channels(fold_step(x, config.temporal_steps[i], config.spatial_steps[i]), config.encoder_widths[i + 1]);
    for (const auto& step : *steps->ptr(i)->as<torch::nn::ModuleList>()) {
      if (auto* space = step->as<FrameConv>()) x = space->forward(x, Width::kNarrow);
      if (auto* time = step->as<TimeConv>()) x = time->forward(x);
    }
    x = x + shortcut;
  }
  x = run_middle(*middle, x);
  auto moments = channels_first(out(norm_silu(x, norm->weight))).chunk(2, 1);
  int64_t carried = config.carried_channels();
  auto carry = at::constant_pad_nd(fit_channels(x, carried), {0, config.latent_channels - carried});
  return {moments[0] + channels_first(carry), moments[1].clamp(kMinLogVariance, kMaxLogVariance)};
}

DecoderImpl::DecoderImpl(const TaeConfig& c) : config(c) {
  config.check();
  const auto& w = c.decoder_widths;
  stem = register_module("stem", PairConv(c.latent_channels, w[0]));
  soften(stem->frame->weight);
  middle = register_module("middle", middle_of(w[0], c.attention));
  register_module("levels", levels);
  register_module("steps", steps);
  for (size_t i = 0; i < w.size(); ++i) {
    levels->push_back(blocks_of(w[i], c.decoder_blocks[i]));
    if (i + 1 == w.size()) break;
    torch::nn::ModuleList step;
    size_t mirrored = w.size() - 2 - i;
    if (c.temporal_steps[mirrored]) step->push_back(TimeUpsample(w[i], w[i + 1]));
    else step->push_back(TimeConv(w[i], w[i + 1]));
    if (c.spatial_steps[mirrored]) step->push_back(FrameConv(w[i + 1], w[i + 1]));
    for (auto& p : step->ptr(step->size() - 1)->named_parameters(false))
      if (p.key() == "weight") soften(p.value());
    steps->push_back(step);
  }
  norm = register_module("norm", nn::RmsNorm(w.back()));
  out = register_module("out", PairConv(w.back(), 3 * c.pixel_unshuffle * c.pixel_unshuffle));
  soften(out->frame->weight);
}

Tensor DecoderImpl::forward(const Tensor& latent, bool is_still) {
  check(!is_still || latent.size(2) == 1, "tae decoder: a still has one latent frame, got {}", latent.size(2));
  auto seen = channels_last(latent);
  auto x = run_middle(*middle, stem(seen) + fit_channels(seen.narrow(4, 0, config.carried_channels()), config.decoder_widths[0]));
  for (size_t i = 0; i < levels->size(); ++i) {
    x = run_blocks(levels->ptr(i), x);
    if (i == steps->size()) break;
    const auto& step = *steps->ptr(i)->as<torch::nn::ModuleList>();
    size_t mirrored = steps->size() - 1 - i;
    bool space = config.spatial_steps[mirrored], doubles = config.temporal_steps[mirrored] && !is_still;
    auto shortcut = unfold_step(fit_channels(x, config.decoder_widths[i + 1] * (space ? 4 : 1)), doubles, space);
    auto width = step.size() > 1 ? Width::kNarrow : Width::kWide;  // a frame convolution follows, or the residual stream
    if (auto* time = step[0]->as<TimeUpsample>()) x = time->forward(x, is_still, width);
    if (auto* time = step[0]->as<TimeConv>()) x = time->forward(x, width);
    if (step.size() > 1) x = step[1]->as<FrameConv>()->forward(repeat_space(x));
    x = x + shortcut;
  }
  auto folded = out(norm_silu(x, norm->weight)) + fit_channels(x, 3 * config.pixel_unshuffle * config.pixel_unshuffle);
  return unfold_pixels(folded, config.pixel_unshuffle);
}

AutoencoderImpl::AutoencoderImpl(const TaeConfig& c) : config(c) {
  encoder = register_module("encoder", Encoder(c));
  decoder = register_module("decoder", Decoder(c));
  latent_mean = register_buffer("latent_mean", torch::zeros({c.latent_channels}));
  latent_std = register_buffer("latent_std", torch::ones({c.latent_channels}));
  preview_matrix = register_buffer("preview_matrix", torch::zeros({3, c.latent_channels + 1}));
}

Tensor AutoencoderImpl::normalise(const Tensor& raw) const {
  return (raw - latent_mean.view({1, -1, 1, 1, 1})) / latent_std.view({1, -1, 1, 1, 1});
}
Tensor AutoencoderImpl::denormalise(const Tensor& normalised) const {
  return normalised * latent_std.view({1, -1, 1, 1, 1}) + latent_mean.view({1, -1, 1, 1, 1});
}
Tensor AutoencoderImpl::encode(const Tensor& pixels) { return normalise(encoder(pixels).first); }

Tensor AutoencoderImpl::decode(const Tensor& latent, int64_t frames) {
  int64_t longest = latent.size(2) * config.temporal_factor();
  if (frames < 1 || frames > longest)
    throw UsageError("tae decode: {} latent frames hold 1 to {} frames, asked for {}", latent.size(2), longest, frames);
  bool is_still = latent.size(2) == 1 && frames == 1;
  return decoder(denormalise(latent), is_still).narrow(2, 0, frames);
}

Tensor AutoencoderImpl::preview(const Tensor& latent) {
  auto x = channels_last(latent);
  auto rgb = nn::linear(x, preview_matrix.narrow(1, 0, config.latent_channels), preview_matrix.select(1, config.latent_channels));
  return channels_first(rgb).clamp(-1, 1);
}

void check_pixels(const TaeConfig& config, const Tensor& x) {
  int64_t factor = config.spatial_factor();
  if (x.dim() != 5 || x.size(1) != 3 || x.size(2) < 1)
    throw UsageError("tae encoder: expected pixels [B,3,T,H,W], got [{}]", fmt::join(x.sizes().begin(), x.sizes().end(), ","));
  if (x.size(3) % factor || x.size(4) % factor)
    throw UsageError("tae encoder: height and width must be multiples of {}, got {}×{}; pad or crop first", factor, x.size(4), x.size(3));
}

LatentStatistics::LatentStatistics(int64_t c)
    : sum(torch::zeros({c}, at::kDouble)), sum_squares(torch::zeros({c}, at::kDouble)),
      normal_matrix(torch::zeros({c + 1, c + 1}, at::kDouble)), right_side(torch::zeros({c + 1, 3}, at::kDouble)) {}

void LatentStatistics::add(const Tensor& raw, const Tensor& pixels) {
  auto x = channels_last(raw).view({-1, raw.size(1)}).to(at::kDouble);
  sum += x.sum(0);
  sum_squares += x.square().sum(0);
  count += x.size(0);
  // The preview of a latent frame is the mean colour of the block it stands for, taken at the block's first frame.
  int64_t stride = (pixels.size(2) + raw.size(2) - 1) / raw.size(2);
  auto first = pixels.index({at::indexing::Slice(), at::indexing::Slice(), at::indexing::Slice(0, at::indexing::None, stride)});
  auto colour = channels_last(at::adaptive_avg_pool3d(first, {raw.size(2), raw.size(3), raw.size(4)})).view({-1, 3}).to(at::kDouble);
  auto with_one = at::cat({x, torch::ones({x.size(0), 1}, at::kDouble)}, 1);
  normal_matrix += with_one.t().mm(with_one);
  right_side += with_one.t().mm(colour);
}

void LatentStatistics::store(AutoencoderImpl& model) const {
  check(count > 0, "latent statistics: no latents were added");
  at::NoGradGuard no_grad;
  auto mean = sum / count;
  auto std = (sum_squares / count - mean.square()).clamp_min(1e-8).sqrt();
  model.latent_mean.copy_(mean);
  model.latent_std.copy_(std);
  int64_t c = mean.size(0);
  // The fit is on raw latents; preview() gets normalised ones: raw = x·std + mean.
  auto ridge = torch::eye(c + 1, at::kDouble) * 1e-6 * count;
  auto fit = at::linalg_solve(normal_matrix + ridge, right_side).t();  // [3, C+1]
  auto slope = fit.narrow(1, 0, c);
  model.preview_matrix.narrow(1, 0, c).copy_(slope * std);
  model.preview_matrix.select(1, c).copy_(fit.select(1, c) + slope.mv(mean));
}

Autoencoder load_autoencoder(const std::string& folder) {
  Autoencoder model(config_from<TaeConfig>(weights::read_part_config(folder, kPart, kClass), folder + "/vae/config.json"));
  weights::load_into(*model, weights::read_part_state(folder, kPart), folder + "/vae");
  model->eval();
  return model;
}

// Weights for `given` latent channels in the place of those for more, which the decoder does not listen to at first.
void widen_latent(weights::State& state, const weights::State& own, int64_t given, int64_t channels) {
  auto first = torch::arange(given), moments = at::cat({first, first + channels});  // means, then log variances
  auto put = [&](const std::string& key, const Tensor& start, const Tensor& rows) { state[key] = start.clone().index_copy_(0, rows, state.at(key)); };
  auto put_inputs = [&](const std::string& key, const Tensor& columns, int64_t count) {
    auto sizes = state.at(key).sizes().vec();
    sizes[1] = count;
    state[key] = at::zeros(sizes).index_copy_(1, columns, state.at(key));
  };
  for (const auto* key : {"encoder.out.frame.weight", "encoder.out.frame.bias", "encoder.out.time.bias"}) put(key, own.at(key), moments);
  put_inputs("encoder.out.time.weight", moments, 2 * channels);
  put("encoder.out.time.weight", own.at("encoder.out.time.weight"), moments);
  put_inputs("decoder.stem.frame.weight", first, channels);
  for (const auto* key : {"latent_mean", "latent_std"}) put(key, own.at(key), first);
  put_inputs("preview_matrix", at::cat({first, torch::tensor({channels})}), channels + 1);
}

void load_grown(Autoencoder& model, const Autoencoder& smaller, const std::string& name) {
  auto state = weights::state_of(*smaller);
  int64_t narrow = smaller->config.latent_channels, channels = model->config.latent_channels;
  if (narrow < channels && smaller->config.carried_channels() == model->config.carried_channels()) widen_latent(state, weights::state_of(*model), narrow, channels);
  auto add_blocks = [&](const std::string& side, const torch::nn::ModuleListImpl& levels, const torch::nn::ModuleListImpl& fewer) {
    for (size_t i = 0; i < levels.size() && i < fewer.size(); ++i) {
      auto prefix = fmt::format("{}.levels.{}.", side, i);
      auto own = levels.ptr(i), given = fewer.ptr(i);
      for (size_t block = given->as<torch::nn::ModuleList>()->size(); block < own->as<torch::nn::ModuleList>()->size(); ++block) {
        auto fresh = own->as<torch::nn::ModuleList>()->ptr(block);
        at::NoGradGuard no_grad;
        fresh->as<ResBlock>()->conv2->frame->weight.zero_();
        for (const auto& [key, tensor] : weights::state_of(*fresh)) state[fmt::format("{}{}.{}", prefix, block, key)] = tensor.clone();
      }
    }
  };
  add_blocks("encoder", *model->encoder->levels, *smaller->encoder->levels);
  add_blocks("decoder", *model->decoder->levels, *smaller->decoder->levels);
  weights::load_into(*model, state, name);
}

void save_autoencoder(const std::string& folder, const Autoencoder& model, const std::string& dtype) {
  weights::write_part(folder, kPart, kClass, config_to_json(model->config), weights::state_of(*model), dtype);
}

}  // namespace mg::tae
