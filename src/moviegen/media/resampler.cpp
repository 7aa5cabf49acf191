#include "moviegen/media/resampler.h"

#include <algorithm>

#include "moviegen/core/error.h"
#include "moviegen/media/sound.h"

namespace mg::media {
namespace {

constexpr int kMaxPiece = 1 << 16;  // frames given to the filter at once

}  // namespace

void check_sound_format(const std::string& who, int sample_rate, int channels) {
  if (sample_rate < kMinSampleRate || sample_rate > kMaxSampleRate)
    throw UsageError("{}: a sample rate of {} Hz; expected {} to {}", who, sample_rate, kMinSampleRate, kMaxSampleRate);
  if (channels != 1 && channels != 2) throw UsageError("{}: {} channels; expected 1 or 2", who, channels);
}

std::vector<float> mix(std::vector<float> samples, int from_channels, int to_channels) {
  if (from_channels == to_channels) return samples;
  if (to_channels == 2) {
    std::vector<float> doubled(2 * samples.size());
    for (size_t i = 0; i < doubled.size(); ++i) doubled[i] = samples[i / 2];
    return doubled;
  }
  for (size_t i = 0; i + 1 < samples.size(); i += 2) samples[i / 2] = 0.5f * (samples[i] + samples[i + 1]);
  samples.resize(samples.size() / 2);
  return samples;
}

void clip(std::vector<float>& samples) {
  for (float& sample : samples) sample = std::clamp(sample, -1.0f, 1.0f);
}

Resampler::Resampler(int from_hz, int to_hz, int channels) : from_hz_(from_hz), to_hz_(to_hz), channels_(channels) {
  if (from_hz == to_hz) return;
  prepare_libav();
  AVChannelLayout layout;
  av_channel_layout_default(&layout, channels);
  SwrContext* filter = nullptr;
  int code = swr_alloc_set_opts2(&filter, &layout, AV_SAMPLE_FMT_FLT, to_hz, &layout, AV_SAMPLE_FMT_FLT, from_hz, 0, nullptr);
  filter_.reset(filter);
  if (code >= 0) code = swr_init(filter_.get());
  if (code < 0) throw ResourceError("no conversion of sound from {} Hz to {} Hz: {}", from_hz, to_hz, libav_reason(code));
}

std::vector<float> Resampler::convert(const float* samples, int frames) {
  int room = swr_get_out_samples(filter_.get(), frames);
  if (room < 0) throw ResourceError("sound at {} Hz: {}", from_hz_, libav_reason(room));
  std::vector<float> out(static_cast<size_t>(room) * static_cast<size_t>(channels_));
  auto* to = reinterpret_cast<uint8_t*>(out.data());
  const auto* from = reinterpret_cast<const uint8_t*>(samples);
  int made = swr_convert(filter_.get(), &to, room, samples ? &from : nullptr, frames);
  if (made < 0) throw ResourceError("sound at {} Hz: {}", from_hz_, libav_reason(made));
  out.resize(static_cast<size_t>(made) * static_cast<size_t>(channels_));
  return out;
}

std::vector<float> Resampler::push(std::span<const float> samples) {
  if (!filter_) return {samples.begin(), samples.end()};
  std::vector<float> out;
  auto frames = static_cast<int64_t>(samples.size()) / channels_;
  for (int64_t at = 0; at < frames; at += kMaxPiece) {
    auto piece = convert(samples.data() + at * channels_, static_cast<int>(std::min<int64_t>(kMaxPiece, frames - at)));
    out.insert(out.end(), piece.begin(), piece.end());
  }
  in_ += frames;
  out_ += static_cast<int64_t>(out.size()) / channels_;
  return out;
}

std::vector<float> Resampler::finish() {
  if (!filter_ || in_ == 0) return {};
  auto out = convert(nullptr, 0);
  int64_t missing = av_rescale(in_, to_hz_, from_hz_) - out_;
  out.resize(static_cast<size_t>(std::max<int64_t>(missing, 0)) * static_cast<size_t>(channels_));
  return out;
}

Sound resample(const Sound& sound, int sample_rate, int channels) {
  check_sound_format("sound to convert", sound.sample_rate, sound.channels);
  check_sound_format("converted sound", sample_rate, channels);
  Resampler resampler(sound.sample_rate, sample_rate, channels);
  Sound out{.sample_rate = sample_rate, .channels = channels};
  out.samples = resampler.push(mix(sound.samples, sound.channels, channels));
  auto rest = resampler.finish();
  out.samples.insert(out.samples.end(), rest.begin(), rest.end());
  clip(out.samples);
  return out;
}

}  // namespace mg::media
