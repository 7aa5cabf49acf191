// [task_settings] of the sound codec's recipes.
#pragma once
#include <string>

#include "moviegen/audio/dac_vae_config.h"
#include "moviegen/core/config.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/train/tasks/dac_loss.h"

namespace mg::train {

// Batches are crops of clips that the world sounds. Clips are made in pools that several steps share.
struct DacBatchSettings {
  double clip_s = 4;            // length of a clip
  int64_t crop_latents = 18;    // length of a crop in latents; 0.72 s at 25 a second
  int64_t crops = 12;           // of a batch
  int64_t pool_clips = 8;       // clips of a pool
  int64_t pool_steps = 6;       // steps that draw from one pool
  int64_t candidates = 2;       // places looked at for a crop, the loudest is taken: sounds are rarer than silence
  double gain_low_db = -12, gain_high_db = 6;  // each crop is made louder or softer within these
};

template <class V>
void fields(V& v, DacBatchSettings& s) {
  v("clip_s", s.clip_s, "length of a clip in seconds");
  v("crop_latents", s.crop_latents, "length of a crop in latents");
  v("crops", s.crops, "crops in a batch");
  v("pool_clips", s.pool_clips, "clips made at a time");
  v("pool_steps", s.pool_steps, "steps that draw their crops from the same clips");
  v("candidates", s.candidates, "places looked at for a crop, of which the loudest is taken");
  v("gain_low_db", s.gain_low_db, "lowest gain of a crop");
  v("gain_high_db", s.gain_high_db, "highest gain of a crop");
}

struct DacSettings {
  std::string preset = "mini";
  audio::DacVaeConfig model;  // the preset, with what the recipe overrides
  DacBatchSettings batches;
  DacLossWeights loss;
  data::WorldSettings world;
  bool train_encoder = true;         // otherwise the decoder alone learns, and latents stay what they are
  int64_t discriminator_start = -1;  // step; negative = never
  int64_t discriminator_width = 64;
  double discriminator_lr_factor = 1;
  int64_t validation_clips = 16, sample_clips = 4, statistics_clips = 64;

  void check() const;
};

template <class V>
void fields(V& v, DacSettings& s) {
  v("preset", s.preset, "sound codec preset: mini or movie-gen");
  v("model", s.model, "what differs from the preset");
  v("batches", s.batches, "how batches are cut");
  v("loss", s.loss, "loss weights");
  v("world", s.world, "which clips the world makes");
  v("train_encoder", s.train_encoder, "train the encoder too; off: the decoder alone learns and latents stay what they are");
  v("discriminator_start", s.discriminator_start, "first step with the spectral discriminator; negative = never");
  v("discriminator_width", s.discriminator_width, "channels of the discriminator");
  v("discriminator_lr_factor", s.discriminator_lr_factor, "learning rate of the discriminator relative to the run's");
  v("validation_clips", s.validation_clips, "held-out clips of a validation");
  v("sample_clips", s.sample_clips, "clips of a sample sheet");
  v("statistics_clips", s.statistics_clips, "held-out clips that the exported latent statistics are measured on");
}

// Reads the table over the defaults of the preset it names; `recipe` is used in errors.
DacSettings read_dac_settings(const Json& table, const std::string& recipe);

}  // namespace mg::train
