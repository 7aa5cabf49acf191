#include "moviegen/train/tasks/dac_settings.h"

#include <bit>

namespace mg::train {

void DacSettings::check() const {
  model.check();
  const auto& b = batches;
  if (model.sample_rate != world::kSoundRate)
    throw UsageError("sound codec recipe: the world sounds at {} Hz, the model has {}", world::kSoundRate, model.sample_rate);
  double crop_s = static_cast<double>(b.crop_latents * model.hop()) / static_cast<double>(model.sample_rate);
  if (!(b.clip_s > 0 && b.clip_s <= 60) || b.crop_latents < 1 || crop_s > b.clip_s)
    throw UsageError("sound codec recipe: clip_s ({}) must be at most 60 and hold a crop of {} s", b.clip_s, crop_s);
  if (b.crops < 1 || b.pool_clips < 1 || b.pool_steps < 1 || b.candidates < 1)
    throw UsageError("sound codec recipe: batch and pool sizes and candidates start at 1");
  if (!(b.gain_low_db >= -60 && b.gain_low_db <= b.gain_high_db && b.gain_high_db <= 60))
    throw UsageError("sound codec recipe: gains of {} to {} dB are no range within ±60 dB", b.gain_low_db, b.gain_high_db);
  if (loss.windows.empty() || loss.windows.size() != loss.mels.size())
    throw UsageError("sound codec recipe: {} windows for {} counts of mel bands; give as many, at least one", loss.windows.size(), loss.mels.size());
  for (size_t i = 0; i < loss.windows.size(); ++i) {
    int64_t window = loss.windows[i], mels = loss.mels[i];
    if (window < 16 || window > 16384 || !std::has_single_bit(static_cast<uint64_t>(window)) || window / 2 >= b.crop_latents * model.hop())
      throw UsageError("sound codec recipe: a window of {} is no power of two from 16 to twice the crop of {} samples", window, b.crop_latents * model.hop());
    if (mels < 0 || mels > window / 2) throw UsageError("sound codec recipe: {} mel bands under a window of {}", mels, window);
  }
  if (!(loss.floor > 0 && loss.floor <= 1)) throw UsageError("sound codec recipe: the floor must be above 0 and at most 1, got {}", loss.floor);
  if (!(loss.texture_hz > 0 && loss.fine >= 0)) throw UsageError("sound codec recipe: texture_hz must be above 0 and fine at least 0, got {} and {}", loss.texture_hz, loss.fine);
  if (validation_clips < 1 || sample_clips < 1 || statistics_clips < 1 || discriminator_width < 1)
    throw UsageError("sound codec recipe: validation, samples, statistics and the discriminator's width start at 1");
}

DacSettings read_dac_settings(const Json& table, const std::string& recipe) {
  DacSettings settings;
  auto named = table.find("preset");
  settings.model = audio::dac_vae_preset(named != table.end() && named->is_string() ? named->get<std::string>() : settings.preset);
  read_config(table, settings, recipe + " [task_settings]");
  return settings;
}

}  // namespace mg::train
