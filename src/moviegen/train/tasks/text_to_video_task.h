// Settings of the text-to-image and text-to-video stages (facts sheet 4.3): one network, one task, buckets of one shape each.
// A one-frame bucket alone is the text-to-image stage; image and film buckets together are the joint stage.
#pragma once
#include <string>
#include <vector>

#include "moviegen/data/world_settings.h"
#include "moviegen/video/config.h"

namespace mg::train {

struct TextToVideoSettings {
  video::TransformerConfig transformer;
  std::string autoencoder;    // model folder with the part "vae"
  std::string text_encoders;  // model folder with tokenizer and text encoders
  bool train_text = true;     // the UL2 and ByT5 roles train along (text-to-image); later stages freeze them
  double text_lr_factor = 0.1;  // of the learning rate; at the full rate the encoders forget what they are not asked for
  data::WorldSettings world;
  std::string cache;          // folder of the latent caches; empty: <run folder>/cache
  std::vector<std::string> further_caches;  // of runs with other worlds: their clips are drawn along, as often as the cache's own
  // Buckets: entry k of each list.
  std::vector<int64_t> frames{1}, width{128}, height{128}, batch{64}, items{40000};
  std::vector<double> weight{1};
  double null_prompt = 0.1;                             // share of items trained without text, for guidance
  std::vector<double> caption_mix{0.25, 0.5, 0.25};     // shares of batches: brief, normal, full
  double time_mean = 0, time_std = 1;                   // logit-normal flow times (facts 4.1)
  double subject_weight = 1;                            // how much the loss where subjects are counts
  int64_t fps = 16;
  int64_t validation_items = 128;
  // Samples: prompts from a file (text before a tab), `sample_frames` frames each.
  std::string sample_prompts = "tests/prompts/core.txt";
  int64_t sample_count = 24, sample_frames = 1, sample_steps = 25;
  double sample_guidance = 4;
  void check() const;
};

template <class V>
void fields(V& v, TextToVideoSettings& c) {
  v("transformer", c.transformer, "the video transformer");
  v("autoencoder", c.autoencoder, "model folder with the temporal autoencoder");
  v("text_encoders", c.text_encoders, "model folder with the text encoders");
  v("train_text", c.train_text, "train the prompt and character encoders along");
  v("text_lr_factor", c.text_lr_factor, "their learning rate, as a share of the transformer's");
  v("world", c.world, "which clips the world makes");
  v("cache", c.cache, "folder of the latent caches; empty = cache/ in the run folder");
  v("further_caches", c.further_caches, "folders of latent caches of other runs, whose clips are drawn along");
  v("frames", c.frames, "frames of each bucket");
  v("width", c.width, "pixels of each bucket");
  v("height", c.height, "pixels of each bucket");
  v("batch", c.batch, "items in a batch of each bucket");
  v("items", c.items, "different clips of each bucket");
  v("weight", c.weight, "how often each bucket is drawn");
  v("null_prompt", c.null_prompt, "share of items trained with the empty prompt");
  v("caption_mix", c.caption_mix, "shares of batches with brief, normal and full captions");
  v("time_mean", c.time_mean, "mean of the logit of flow time");
  v("time_std", c.time_std, "deviation of the logit of flow time");
  v("subject_weight", c.subject_weight, "how much the loss inside the boxes of subjects counts beside the rest");
  v("fps", c.fps, "frame rate written in front of the prompt");
  v("validation_items", c.validation_items, "held-out clips of each bucket");
  v("sample_prompts", c.sample_prompts, "file of prompts, one a line");
  v("sample_count", c.sample_count, "prompts sampled");
  v("sample_frames", c.sample_frames, "frames of a sample");
  v("sample_steps", c.sample_steps, "solver steps of a sample");
  v("sample_guidance", c.sample_guidance, "guidance scale of a sample");
}

}  // namespace mg::train
