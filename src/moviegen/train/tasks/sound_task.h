// Settings of Movie Gen Audio's training (facts 10.4): one network for generation, extension and infilling, from frames, text
// and given sound. Pre-training and fine-tuning are the same task with other lengths and rates.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "moviegen/audio/frame_encoder.h"
#include "moviegen/audio/sound_sampling.h"
#include "moviegen/audio/transformer_config.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/text/t5_encoder.h"
#include "moviegen/train/task.h"

namespace mg::train {

// What is hidden from an item, and how much of it is given (facts 10.4).
struct SoundDropout {
  double all_masked = 0.5;             // share of items that are made from nothing; the rest continue or fill given sound
  double least_masked = 0.75;          // of their steps, at least
  double everything = 0.2;             // share of items without picture, text and given sound, for guidance
  double video = 0.1, text = 0.1;      // besides: without the one, without the other
  double sounds = 0.3, music = 0.2;    // ours: captions without the list of sounds, without the words on music
};

template <class V>
void fields(V& v, SoundDropout& c) {
  v("all_masked", c.all_masked, "share of items made from nothing");
  v("least_masked", c.least_masked, "smallest share of steps to be made in the others");
  v("everything", c.everything, "share of items without picture, text and given sound");
  v("video", c.video, "besides, share without picture");
  v("text", c.text, "besides, share without text");
  v("sounds", c.sounds, "share of captions that do not say what sounds");
  v("music", c.music, "share of captions that do not say which music");
}

struct SoundSettings {
  audio::TransformerConfig transformer;       // latent_channels, video_width and text_width follow from the parts
  audio::FrameEncoderConfig frame_encoder;
  text::T5Config text_encoder = text::t5_preset("mini");
  std::string codec;                          // model folder with the part "sound_codec"
  std::string tokenizer;                      // model folder with a tokenizer; empty: trained on the captions, kept in the run folder
  int64_t vocabulary = 1024;                  // of that
  bool train_frames = true, train_text = true;
  double frames_lr_factor = 1, text_lr_factor = 0.3;  // of the learning rate
  double events_weight = 0.2;                 // of the events that the frame encoder learns to see besides; 0 = none
  double onsets_weight = 0;                   // how much more steps at onsets of seen events count in the loss
  data::WorldSettings world;
  std::string cache;                          // folder of the caches; empty: <run folder>/cache
  int64_t render_size = 128, fps = 16;
  // Buckets by length: entry k of each list. Ours: 2 and 10 s; the paper trains on up to 30 s and tunes on 10 and 30 s.
  std::vector<double> seconds{2, 10};
  std::vector<int64_t> batch{32, 6}, items{8000, 1200};
  std::vector<double> weight{0.8, 0.2};
  double crop = 0.25;                         // share of batches cut to a random shorter length
  double shortest_s = 0.8;                    // of those
  double flip = 0.5;                          // share of items whose picture is mirrored: mono sound does not know sides
  SoundDropout dropout;
  double time_mean = 0, time_std = 1;         // logit-normal flow times (facts 4.1)
  int64_t validation_items = 128;
  audio::SoundSampling sampling;              // written to the model; window_s becomes the longest bucket
  int64_t sample_count = 4;                   // held-out clips of each bucket
  void check() const;
};

template <class V>
void fields(V& v, SoundSettings& c) {
  v("transformer", c.transformer, "the sound transformer");
  v("frame_encoder", c.frame_encoder, "the frame encoder");
  v("text_encoder", c.text_encoder, "the caption encoder");
  v("codec", c.codec, "model folder with the sound codec");
  v("tokenizer", c.tokenizer, "model folder with a tokenizer; empty = trained on the captions");
  v("vocabulary", c.vocabulary, "pieces of a tokenizer that is trained here");
  v("train_frames", c.train_frames, "train the frame encoder along");
  v("train_text", c.train_text, "train the caption encoder along");
  v("frames_lr_factor", c.frames_lr_factor, "learning rate of the frame encoder, as a share of the transformer's");
  v("text_lr_factor", c.text_lr_factor, "learning rate of the caption encoder, as a share of the transformer's");
  v("events_weight", c.events_weight, "weight of the loss of sound events read from the frame features; 0 = off");
  v("onsets_weight", c.onsets_weight, "how much more a step at an onset of a seen event counts in the loss; 0 = as the others");
  v("world", c.world, "which clips the world makes");
  v("cache", c.cache, "folder of the caches; empty = cache/ in the run folder");
  v("render_size", c.render_size, "side of the rendered pictures in pixels");
  v("fps", c.fps, "frame rate of the clips");
  v("seconds", c.seconds, "length of each bucket");
  v("batch", c.batch, "items in a batch of each bucket");
  v("items", c.items, "different clips of each bucket");
  v("weight", c.weight, "how often each bucket is drawn");
  v("crop", c.crop, "share of batches cut to a random shorter length");
  v("shortest_s", c.shortest_s, "shortest of those, seconds");
  v("flip", c.flip, "share of items whose picture is mirrored");
  v("dropout", c.dropout, "what is hidden from an item");
  v("time_mean", c.time_mean, "mean of the logit of flow time");
  v("time_std", c.time_std, "deviation of the logit of flow time");
  v("validation_items", c.validation_items, "held-out clips of each bucket");
  v("sampling", c.sampling, "how sound is made by samples and by the exported model");
  v("sample_count", c.sample_count, "held-out clips of each bucket that are sampled");
}

// As make_sound_task in tasks.h, with another source of clips.
std::unique_ptr<Task> make_sound_task(const TaskContext& context, std::shared_ptr<world::World> world);

}  // namespace mg::train
