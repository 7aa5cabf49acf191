// [task_settings] of the autoencoder's recipes.
#pragma once
#include <string>

#include "moviegen/core/config.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/tae/config.h"
#include "moviegen/train/tasks/tae_loss.h"

namespace mg::train {

// Which batch a step sees, and how it is cut. Clips are rendered in pools that several steps share, because a clip
// holds many crops and rendering one costs about as much as training on a few of them.
struct TaeBatchSettings {
  int64_t clip_side = 128, clip_frames = 32;  // rendered clips, and the full-size batches
  int64_t crop_side = 64, crop_frames = 16;
  int64_t crops = 8;           // crops of a video batch
  int64_t full_clips = 1;      // clips of a full-size video batch
  int64_t images = 16;         // images of an image batch
  int64_t image_every = 4;     // every fourth batch is images (facts 1.4: 1 to 3); 0 = never
  int64_t full_every = 8;      // one batch in so many is full-size; 0 = never
  int64_t pool_clips = 8;      // clips of a pool
  int64_t pool_steps = 4;      // steps that draw from one pool
};

template <class V>
void fields(V& v, TaeBatchSettings& s) {
  v("clip_side", s.clip_side, "height and width of rendered clips");
  v("clip_frames", s.clip_frames, "frames of rendered clips");
  v("crop_side", s.crop_side, "height and width of crops");
  v("crop_frames", s.crop_frames, "frames of crops");
  v("crops", s.crops, "crops in a video batch");
  v("full_clips", s.full_clips, "clips in a full-size video batch");
  v("images", s.images, "images in an image batch");
  v("image_every", s.image_every, "one batch in so many is images; 0 = none");
  v("full_every", s.full_every, "one batch in so many is full-size clips; 0 = none");
  v("pool_clips", s.pool_clips, "clips rendered at a time");
  v("pool_steps", s.pool_steps, "steps that draw their crops from the same clips");
}

struct TaeSettings {
  std::string preset = "mini";
  tae::TaeConfig model;  // the preset, with what the recipe overrides
  TaeBatchSettings batches;
  TaeLossWeights loss;
  data::WorldSettings world;
  int64_t discriminator_start = -1;   // step; negative = never
  int64_t discriminator_width = 48;
  double discriminator_lr_factor = 1;
  double latent_noise = 0;            // ours: of the latent's spread, in training; what a generator gets wrong by as much must not show
  double outlier_radius = 3;          // facts 1.5
  int64_t validation_clips = 16, validation_images = 16, sample_clips = 4, statistics_clips = 48;

  void check() const;
};

template <class V>
void fields(V& v, TaeSettings& s) {
  v("preset", s.preset, "autoencoder preset: mini or paper");
  v("model", s.model, "what differs from the preset");
  v("batches", s.batches, "how batches are cut");
  v("loss", s.loss, "loss weights");
  v("world", s.world, "which clips the world makes");
  v("discriminator_start", s.discriminator_start, "first step with the patch discriminator; negative = never");
  v("discriminator_width", s.discriminator_width, "channels of the discriminator's first layer");
  v("discriminator_lr_factor", s.discriminator_lr_factor, "learning rate of the discriminator relative to the run's");
  v("latent_noise", s.latent_noise, "noise added to latents in training, as a share of their spread");
  v("outlier_radius", s.outlier_radius, "distance from the mean, in deviations, that the outlier penalty lets pass");
  v("validation_clips", s.validation_clips, "held-out clips of a validation");
  v("validation_images", s.validation_images, "held-out images of a validation");
  v("sample_clips", s.sample_clips, "clips of a sample grid");
  v("statistics_clips", s.statistics_clips, "held-out clips that the exported latent statistics are measured on");
}

// Reads the table over the defaults of the preset it names; `recipe` is used in errors.
TaeSettings read_tae_settings(const Json& table, const std::string& recipe);

}  // namespace mg::train
