#include "moviegen/train/tasks/dac_discriminator.h"

#include "moviegen/train/tasks/dac_spectrum.h"

namespace mg::train {
namespace {

constexpr int64_t kWindows[] = {2048, 512, 128};
constexpr double kFloor = 1e-4;

}  // namespace

SpectralDiscriminatorImpl::SpectralDiscriminatorImpl(int64_t width) {
  register_module("scales", scales);
  for (int64_t window : kWindows) {
    torch::nn::ModuleList layers;
    layers->push_back(audio::WeightNormConv(audio::ConvSpec{.in = window / 2 + 1, .out = width, .kernel = 3}));
    layers->push_back(audio::Snake(width));
    layers->push_back(audio::WeightNormConv(audio::ConvSpec{.in = width, .out = width, .kernel = 3, .dilation = 3}));
    layers->push_back(audio::Snake(width));
    layers->push_back(audio::WeightNormConv(audio::ConvSpec{.in = width, .out = 1, .kernel = 3}));
    scales->push_back(layers);
  }
}

at::Tensor SpectralDiscriminatorImpl::forward(const at::Tensor& sound) {
  std::vector<at::Tensor> logits;
  for (size_t i = 0; i < scales->size(); ++i) {
    auto levels = (spectrum(sound, kWindows[i]) / window_gain(kWindows[i]) + kFloor).log10() + 2;  // about −2 to 2
    logits.push_back(audio::run_layers(*scales->ptr(i)->as<torch::nn::ModuleList>(), levels).squeeze(2));
  }
  return at::cat(logits, 1);
}

}  // namespace mg::train
