// A whole sound model by its presets, and what it would cost, with nothing allocated: what video/model_preset.h is to films.
// A preset file is one of sound if it says kind = "sound".
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "moviegen/audio/frame_encoder.h"
#include "moviegen/audio/sound_sampling.h"
#include "moviegen/audio/transformer_config.h"
#include "moviegen/core/preset_file.h"

namespace mg::audio {

struct ModelPreset {
  std::string kind = "sound";
  std::string codec = "mini";           // preset of the sound codec
  std::string text = "mini";            // preset of the T5 encoder
  std::string frames = "own";           // "own" (frame_encoder below), or a preset of the contrastive pair
  TransformerConfig transformer;
  FrameEncoderConfig frame_encoder;
  double seconds = 10;                  // the sound the figures are for
  int64_t text_tokens = 64;
};

template <class V>
void fields(V& v, ModelPreset& c) {
  v("kind", c.kind, "sound");
  v("codec", c.codec, "preset of the sound codec");
  v("text", c.text, "preset of the caption encoder");
  v("frames", c.frames, "own, or a preset of the contrastive pair whose image tower sees the frames");
  v("transformer", c.transformer, "the sound transformer");
  v("frame_encoder", c.frame_encoder, "the own frame encoder");
  v("seconds", c.seconds, "length of the sound the figures are for");
  v("text_tokens", c.text_tokens, "tokens of its caption");
}

bool is_sound_preset(const PresetFile& file);
ModelPreset model_preset_from(const PresetFile& file);

struct ModelCost {
  std::vector<std::pair<std::string, int64_t>> parts;  // name and parameters, without the codec
  int64_t steps;         // latents of the sound
  double step_flops;     // one forward pass of the transformer
  int64_t parameters() const;
};
ModelCost cost_of(const ModelPreset& preset);

}  // namespace mg::audio
