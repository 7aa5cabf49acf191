#include "moviegen/train/tasks/dac_measure.h"

#include <cmath>

#include "moviegen/audio/dac_vae_stream.h"
#include "moviegen/core/error.h"
#include "moviegen/train/tasks/dac_spectrum.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr double kFloor = 1e-5;        // of audiotools
constexpr double kSilence = 1e-10;     // mean square below which there is no signal to speak of
constexpr double kLeastRest = 1e-12;   // of the signal's energy: bounds the ratio at 120 dB
constexpr int64_t kSmallestWindow = 32, kLargestWindow = 2048, kFewestMels = 5;
constexpr int64_t kStftWindows[] = {2048, 512};

Tensor floored_log(const Tensor& x) { return x.clamp_min(kFloor).log10(); }

}  // namespace

std::optional<double> si_sdr(const Tensor& sound, const Tensor& target) {
  check(sound.dim() == 1 && sound.sizes() == target.sizes(), "SI-SDR: {} samples against {}", sound.numel(), target.numel());
  auto x = sound.to(at::kDouble), y = target.to(at::kDouble);
  x = x - x.mean(), y = y - y.mean();
  double energy = y.dot(y).item<double>();
  if (energy < kSilence * static_cast<double>(y.numel())) return std::nullopt;
  auto explained = y * (x.dot(y) / energy), rest = x - explained;
  double signal = explained.dot(explained).item<double>(), noise = rest.dot(rest).item<double>();
  return 10 * std::log10((signal + kLeastRest * energy) / (noise + kLeastRest * energy));
}

double mel_distance(const Tensor& sound, const Tensor& target, int64_t sample_rate) {
  at::NoGradGuard no_grad;
  double total = 0;
  int64_t mels = kFewestMels;
  for (int64_t window = kSmallestWindow; window <= kLargestWindow; window *= 2, mels *= 2) {
    const auto& filters = mel_filters(sample_rate, window, mels);
    auto bands = [&](const Tensor& x) { return floored_log(spectrum(x.unsqueeze(0), window).matmul(filters)); };
    total += (bands(sound) - bands(target)).abs().mean().item<double>();
  }
  return total;
}

double stft_distance(const Tensor& sound, const Tensor& target) {
  at::NoGradGuard no_grad;
  double total = 0;
  for (int64_t window : kStftWindows) {
    auto x = spectrum(sound.unsqueeze(0), window), y = spectrum(target.unsqueeze(0), window);
    total += 2 * (floored_log(x) - floored_log(y)).abs().mean().item<double>() + (x - y).abs().mean().item<double>();
  }
  return total;
}

SoundFigures measure_sound(const Tensor& sound, const Tensor& target, int64_t sample_rate) {
  return {si_sdr(sound, target), mel_distance(sound, target, sample_rate), stft_distance(sound, target)};
}

Tensor reconstruct_sound(audio::DacVae& model, const Tensor& sound) {
  at::NoGradGuard no_grad;
  audio::DacEncoderStream encoder(model);
  audio::DacDecoderStream decoder(model);
  auto latents = at::cat({encoder.push(sound.view({1, 1, -1})), encoder.finish()}, 2);
  return at::cat({decoder.push(latents), decoder.finish()}, 2).flatten().narrow(0, 0, sound.size(0));
}

}  // namespace mg::train
