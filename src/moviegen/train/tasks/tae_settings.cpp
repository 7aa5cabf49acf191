#include "moviegen/train/tasks/tae_settings.h"

namespace mg::train {

void TaeSettings::check() const {
  const auto& b = batches;
  int64_t factor = model.spatial_factor();
  if (b.crop_side < factor || b.crop_side > b.clip_side || b.crop_side % factor || b.clip_side % factor)
    throw UsageError("tae recipe: crop_side ({}) and clip_side ({}) must be multiples of {}, the crop within the clip", b.crop_side, b.clip_side, factor);
  if (b.crop_frames < 1 || b.crop_frames > b.clip_frames)
    throw UsageError("tae recipe: crop_frames ({}) must be 1 to clip_frames ({})", b.crop_frames, b.clip_frames);
  if (b.crops < 1 || b.full_clips < 1 || b.images < 1 || b.pool_clips < 1 || b.pool_steps < 1 || b.image_every < 0 || b.full_every < 0)
    throw UsageError("tae recipe: batch and pool sizes start at 1, image_every and full_every at 0");
  if (!(latent_noise >= 0 && latent_noise <= 10) || !(loss.motion_gain >= 0 && loss.motion_gain <= 100))
    throw UsageError("tae recipe: latent_noise must be 0 to 10 and motion_gain 0 to 100, got {} and {}", latent_noise, loss.motion_gain);
  if (validation_clips < 1 || validation_images < 0 || sample_clips < 1 || statistics_clips < 1)
    throw UsageError("tae recipe: validation, samples and statistics need at least one clip");
}

TaeSettings read_tae_settings(const Json& table, const std::string& recipe) {
  TaeSettings settings;
  auto named = table.find("preset");
  if (named != table.end() && named->is_string()) settings.model = tae::tae_preset(named->get<std::string>());
  read_config(table, settings, recipe + " [task_settings]");
  settings.model.check();
  return settings;
}

}  // namespace mg::train
