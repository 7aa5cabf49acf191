// Loudness after EBU R128, measured by libebur128, which keeps one number for each 0.1 s.
#include <ebur128.h>

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/resampler.h"
#include "moviegen/media/sound.h"

namespace mg::media {
namespace {

constexpr double kSilence = -70;  // LUFS and dBTP: the absolute gate of the standard

}  // namespace

struct LoudnessMeter::Impl {
  Impl(int sample_rate, int channels);
  ~Impl() { ebur128_destroy(&state); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ebur128_state* state = nullptr;
  int sample_rate, channels;
};

LoudnessMeter::Impl::Impl(int rate, int count) : sample_rate(rate), channels(count) {
  check_sound_format("loudness", rate, count);
  constexpr int kMode = EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK;
  state = ebur128_init(static_cast<unsigned>(count), static_cast<unsigned long>(rate), kMode);
  if (!state) throw ResourceError("out of memory for measuring loudness");
  // One channel is heard from both loudspeakers of a pair, as our readers and writers double it.
  if (count == 1) ebur128_set_channel(state, 0, EBUR128_DUAL_MONO);
}

LoudnessMeter::LoudnessMeter(int sample_rate, int channels) : impl_(std::make_unique<Impl>(sample_rate, channels)) {}
LoudnessMeter::~LoudnessMeter() = default;

void LoudnessMeter::add(const Sound& block) {
  if (block.sample_rate != impl_->sample_rate || block.channels != impl_->channels)
    throw UsageError("loudness: a block of {} Hz with {} channels, the sound has {} Hz with {}", block.sample_rate, block.channels,
                     impl_->sample_rate, impl_->channels);
  int code = ebur128_add_frames_float(impl_->state, block.samples.data(), static_cast<size_t>(block.frames()));
  if (code != EBUR128_SUCCESS) throw ResourceError("out of memory for measuring loudness");
}

Loudness LoudnessMeter::result() const {
  Loudness loudness;
  double integrated = kSilence, range = 0, peak = 0;
  if (ebur128_loudness_global(impl_->state, &integrated) == EBUR128_SUCCESS) loudness.integrated_lufs = std::max(integrated, kSilence);
  if (ebur128_loudness_range(impl_->state, &range) == EBUR128_SUCCESS) loudness.range_lu = range;
  for (int c = 0; c < impl_->channels; ++c) {
    double of_channel = 0;
    if (ebur128_true_peak(impl_->state, static_cast<unsigned>(c), &of_channel) == EBUR128_SUCCESS) peak = std::max(peak, of_channel);
  }
  if (peak > 0) loudness.true_peak_db = std::max(20 * std::log10(peak), kSilence);
  return loudness;
}

Loudness measure_loudness(const Sound& sound) {
  LoudnessMeter meter(sound.sample_rate, sound.channels);
  meter.add(sound);
  return meter.result();
}

double loudness_gain(const Loudness& loudness, double target_lufs, double peak_db) {
  if (loudness.integrated_lufs <= kSilence) return 1;
  double gain_db = std::min(target_lufs - loudness.integrated_lufs, peak_db - loudness.true_peak_db);
  return std::pow(10, gain_db / 20);
}

}  // namespace mg::media
