#include "moviegen/audio/dac_vae_start.h"

#include "moviegen/audio/dac_vae_bands.h"

namespace mg::audio {
namespace {

constexpr double kBeside = 0.1;     // of a row that is not on the path, relative to its usual length
constexpr double kUnit = 0.3;       // of a residual unit's last convolution, likewise
constexpr double kEnvelope = 0.3;   // of the waves of an envelope, so that most lie within ±1
constexpr double kPathAlpha = 0.1;  // of the snakes on the path, which are then nearly straight

// The sub-band of channel k that is number r = k·s + … in frequency: a band of odd number lies upside down.
int64_t band_of(int64_t r, int64_t s) { return (r / s) % 2 ? s - 1 - r % s : r % s; }

// Clears the first `count` rows of a convolution for the path, at length one, and makes the others small.
void clear_path(WeightNormConvImpl& conv, int64_t count) {
  conv.weight_g.mul_(kBeside);
  conv.weight_v.narrow(0, 0, count).zero_();
  conv.weight_g.narrow(0, 0, count).fill_(1);
}

// Channel r to channel r, for r below `count`.
void pass(WeightNormConvImpl& conv, int64_t count) {
  clear_path(conv, count);
  for (int64_t r = 0; r < count; ++r) conv.weight_v[r][r][conv.spec.kernel / 2] = 1;
}

// Row r: channel r / s to or from its sub-band.
void split(WeightNormConvImpl& conv, int64_t count) {
  int64_t s = conv.spec.stride;
  auto basis = mdct_basis(s);
  clear_path(conv, count);
  for (int64_t r = 0; r < count; ++r) conv.weight_v[r][r / s] = basis[band_of(r, s)];
}

// Samples to or from the bands of a frame; without a patch, the one channel itself.
void edge(WeightNormConvImpl& conv, int64_t count) {
  int64_t p = conv.spec.stride;
  if (p == 1) return pass(conv, 1);
  auto basis = mdct_basis(p);
  clear_path(conv, count);
  for (int64_t r = 0; r < count; ++r) conv.weight_v[r][0].narrow(0, p / 2, 2 * p).copy_(basis[r]);
}

template <class Holder>
auto& layer(torch::nn::ModuleListImpl& list, size_t index) {
  return *list.ptr(index)->template as<Holder>();
}

// The last half of a latent to and from the smoothest waves of its envelope. Bands that are coded as a waveform get little noise.
void start_envelope(DacVaeImpl& model) {
  const auto& c = model.config;
  int64_t waves = c.latent_channels / 2, first = c.latent_channels - waves, middle = kHiddenKernel / 2;
  auto rows = smoothest_waves(waves, c.slots(), c.patch);
  auto &in = *model.quantizer->envelope_in, &out = *model.quantizer->envelope_out;
  in.weight_g.mul_(kBeside * kBeside);
  in.weight_v.narrow(0, first, waves).zero_().select(2, middle).copy_(kEnvelope * rows);
  in.weight_g.narrow(0, first, waves).fill_(kEnvelope);
  auto back = out.weight_v.view({-1, c.latent_channels, kHiddenKernel});
  back.narrow(1, first, waves).zero_().select(2, middle).copy_(rows.t() / kEnvelope);
  back.narrow(1, 0, first).mul_(kBeside * kBeside);
  out.weight_g.copy_(at::norm_except_dim(out.weight_v, 2, 0));
  out.bias.view({c.slots(), c.patch}).narrow(1, 0, 1).fill_(-1);
}

}  // namespace

void start_as_lapped_transform(DacVaeImpl& model) {
  at::NoGradGuard no_grad;
  const auto& c = model.config;
  for (auto& module : model.modules())
    if (auto* unit = module->as<ResidualUnit>()) layer<WeightNormConv>(*unit->block, 3).weight_g.mul_(kUnit);
  auto straighten = [](SnakeImpl& snake) { snake.alpha.fill_(kPathAlpha); };

  auto& encoder = *model.encoder->block;
  int64_t width = c.encoder_width, used = std::min(c.patch, width);
  edge(layer<WeightNormConv>(encoder, 0), used);
  for (size_t i = 0; i < c.strides.size(); ++i) {
    auto& block = *layer<EncoderBlock>(encoder, i + 1).block;
    width *= 2, used = std::min(width, used * c.strides[i]);
    straighten(layer<Snake>(block, 3)), split(layer<WeightNormConv>(block, 4), used);
  }
  straighten(layer<Snake>(encoder, encoder.size() - 2)), pass(layer<WeightNormConv>(encoder, encoder.size() - 1), used);

  auto& decoder = *model.decoder->model;
  used = std::min({used, c.envelope ? c.latent_channels - c.latent_channels / 2 : c.latent_channels, c.decoder_width});
  pass(*model.quantizer->in_proj, used), pass(*model.quantizer->out_proj, used), pass(layer<WeightNormConv>(decoder, 0), used);
  width = c.decoder_width;
  for (size_t i = 0; i < c.strides.size(); ++i) {
    int64_t stride = c.strides[c.strides.size() - 1 - i];
    auto& block = *layer<DecoderBlock>(decoder, i + 1).block;
    width /= 2, used = std::min(used, width * stride);
    straighten(layer<Snake>(block, 0)), split(layer<WeightNormConv>(block, 1), used);
    used = (used + stride - 1) / stride;
  }
  straighten(layer<Snake>(decoder, decoder.size() - 2)), edge(layer<WeightNormConv>(decoder, decoder.size() - 1), std::min(used, c.patch));
  if (c.envelope) start_envelope(model);
}

}  // namespace mg::audio
