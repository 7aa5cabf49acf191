#include "moviegen/eval/sound_reading.h"

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/onsets.h"

namespace mg::eval {
namespace {

constexpr int kBurstRate = 48000;
constexpr double kBurst_s = 0.06, kBurstDecay_s = 0.015, kBurstLevel = 0.3;

}  // namespace

at::Tensor mono_tensor(std::span<const float> interleaved, int channels) {
  check(channels > 0 && interleaved.size() % static_cast<size_t>(channels) == 0, "sound: {} samples in {} channels", interleaved.size(), channels);
  auto frames = static_cast<int64_t>(interleaved.size()) / channels;
  return at::from_blob(const_cast<float*>(interleaved.data()), {frames, channels}, at::kFloat).mean(1);
}

SoundReading read_soundtrack(const media::Sound& sound, audio::SoundJudge* judge) {
  if (sound.samples.empty()) throw DataError("eval: a soundtrack without samples");
  SoundReading reading{.onsets_s = media::detect_onsets(sound), .loudness_lufs = media::measure_loudness(sound).integrated_lufs, .verdict = {}};
  if (!judge) return reading;
  auto rate = static_cast<int>((*judge)->config.sample_rate);
  const auto& heard = sound.sample_rate == rate ? sound : media::resample(sound, rate, sound.channels);
  reading.verdict = audio::judge_sound(*judge, mono_tensor(heard.samples, heard.channels));
  return reading;
}

media::Sound noise_bursts(int64_t count, double duration_s, Generator& generator) {
  media::Sound sound{.sample_rate = kBurstRate, .channels = 1};
  sound.samples.resize(static_cast<size_t>(std::lround(duration_s * kBurstRate)));
  constexpr auto kLength = static_cast<size_t>(kBurst_s * kBurstRate);
  for (int64_t i = 0; i < count; ++i) {
    auto start = static_cast<size_t>(generator.uniform() * static_cast<double>(sound.samples.size()));
    for (size_t j = 0; j < kLength && start + j < sound.samples.size(); ++j)
      sound.samples[start + j] += static_cast<float>(kBurstLevel * generator.uniform(-1, 1) * std::exp(-static_cast<double>(j) / (kBurstDecay_s * kBurstRate)));
  }
  for (float& sample : sound.samples) sample = std::clamp(sample, -1.0f, 1.0f);
  return sound;
}

}  // namespace mg::eval
