#include "moviegen/train/tasks/dac_spectrum.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include "moviegen/core/error.h"

namespace mg::train {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Of padded sound [B,P] → [B,F,K]. One item of the batch is one thread's work, from samples to magnitudes.
struct SpectrumFunction : torch::autograd::Function<SpectrumFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& padded, const Tensor& window) {
    int64_t n = window.size(0), hop = n / 4, frames = (padded.size(1) - n) / hop + 1;
    auto waves = at::empty({padded.size(0), frames, n / 2 + 1}, padded.options().dtype(at::kComplexFloat));
    auto magnitudes = at::empty(waves.sizes(), padded.options());
    at::parallel_for(0, padded.size(0), 1, [&](int64_t begin, int64_t end) {
      at::NoGradGuard no_grad;
      for (int64_t b = begin; b < end; ++b) {
        waves[b].copy_(at::fft_rfft(padded[b].unfold(0, n, hop) * window));
        magnitudes[b].copy_(waves[b].abs());
      }
    });
    ctx->save_for_backward({waves, magnitudes, window});
    ctx->saved_data["length"] = padded.size(1);
    return magnitudes;
  }

  // d|X| = Re(conj(X)/|X| · dX), and the transform's adjoint is n times its inverse with the inner frequencies halved.
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &waves = saved[0], &magnitudes = saved[1], &window = saved[2];
    auto g = grads[0].contiguous();
    int64_t n = window.size(0), hop = n / 4, frames = waves.size(1);
    auto dpadded = at::zeros({waves.size(0), ctx->saved_data["length"].toInt()}, g.options());
    at::parallel_for(0, waves.size(0), 1, [&](int64_t begin, int64_t end) {
      at::NoGradGuard no_grad;
      for (int64_t b = begin; b < end; ++b) {
        auto scale = g[b] / magnitudes[b].clamp_min(1e-12);
        scale.narrow(1, 1, n / 2 - 1).mul_(0.5);
        auto pieces = at::fft_irfft(waves[b] * scale, n).mul_(window * static_cast<double>(n)).view({frames, 4, hop});
        auto rows = dpadded[b].narrow(0, 0, (frames + 3) * hop).view({frames + 3, hop});
        for (int64_t quarter = 0; quarter < 4; ++quarter) rows.narrow(0, quarter, frames).add_(pieces.select(1, quarter));
      }
    });
    return {dpadded, Tensor()};
  }
};

const Tensor& hann(int64_t window) {
  static std::map<int64_t, Tensor> kept;
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  auto& made = kept[window];
  if (!made.defined()) made = at::hann_window(window);
  return made;
}

// Slaney's scale: linear to 1000 Hz, then logarithmic.
constexpr double kLinearStep = 200.0 / 3, kBreak = 1000.0;
const double kLogStep = std::log(6.4) / 27;

double mel_of(double hz) { return hz < kBreak ? hz / kLinearStep : kBreak / kLinearStep + std::log(hz / kBreak) / kLogStep; }
double hz_of(double mel) {
  double at_break = kBreak / kLinearStep;
  return mel < at_break ? mel * kLinearStep : kBreak * std::exp(kLogStep * (mel - at_break));
}

Tensor make_filters(int64_t sample_rate, int64_t window, int64_t mels) {
  double top = static_cast<double>(sample_rate) / 2;
  auto filters = at::zeros({window / 2 + 1, mels});
  auto edge = [&](int64_t i) { return hz_of(mel_of(top) * static_cast<double>(i) / static_cast<double>(mels + 1)); };
  for (int64_t m = 0; m < mels; ++m) {
    double low = edge(m), middle = edge(m + 1), high = edge(m + 2);
    for (int64_t k = 0; k <= window / 2; ++k) {
      double hz = top * static_cast<double>(k) / static_cast<double>(window / 2);
      double height = std::max(0.0, std::min((hz - low) / (middle - low), (high - hz) / (high - middle)));
      filters.data_ptr<float>()[k * mels + m] = static_cast<float>(height * 2 / (high - low));
    }
  }
  return filters;
}

}  // namespace

Tensor spectrum(const Tensor& sound, int64_t window) {
  check(sound.dim() == 2 && sound.size(1) > window / 2 && window % 4 == 0, "spectrum: {} samples under a window of {}", sound.size(-1), window);
  return SpectrumFunction::apply(at::reflection_pad1d(sound, {window / 2, window / 2}), hann(window));
}

double window_gain(int64_t window) { return std::sqrt(0.375 * static_cast<double>(window)); }

const Tensor& mel_filters(int64_t sample_rate, int64_t window, int64_t mels) {
  static std::map<std::tuple<int64_t, int64_t, int64_t>, Tensor> kept;
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  auto& made = kept[{sample_rate, window, mels}];
  if (!made.defined()) made = make_filters(sample_rate, window, mels);
  return made;
}

}  // namespace mg::train
