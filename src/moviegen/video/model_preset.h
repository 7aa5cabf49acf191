// A whole text-to-video model by its presets, and what it would cost: parameters, tokens, FLOPs, memory. Nothing is
// allocated, so the 30B model can be described on a laptop.
#pragma once
#include <string>
#include <vector>

#include "moviegen/core/preset_file.h"
#include "moviegen/tae/config.h"
#include "moviegen/video/config.h"

namespace mg::video {

struct ModelPreset {
  std::string tae = "mini", ul2 = "mini", byt5 = "byte-mini", metaclip = "mini";
  TransformerConfig transformer;
  int64_t frames = 32, height = 128, width = 128;  // the clip the figures are for
  int64_t text_tokens = 32;
};

template <class V>
void fields(V& v, ModelPreset& c) {
  v("tae", c.tae, "preset of the temporal autoencoder");
  v("ul2", c.ul2, "preset of the prompt encoder");
  v("byt5", c.byt5, "preset of the character encoder");
  v("metaclip", c.metaclip, "preset of the contrastive pair");
  v("transformer", c.transformer, "the video transformer");
  v("frames", c.frames, "frames of a clip");
  v("height", c.height, "pixels");
  v("width", c.width, "pixels");
  v("text_tokens", c.text_tokens, "text tokens of all encoders together");
}

// Reads recipes/models/NAME.toml, or a path to a TOML file; throws NotFound listing the presets.
ModelPreset read_model_preset(const std::string& name_or_path, const std::vector<std::string>& assignments = {});
ModelPreset model_preset_from(const PresetFile& file);

struct PartCost {
  std::string part;
  int64_t parameters;
};

struct ModelCost {
  std::vector<PartCost> parts;
  TokenGrid grid;
  double step_flops;        // one forward pass of the transformer
  double attention_flops;   // share of it in attention products
  double encode_flops, decode_flops;
  int64_t parameters() const;
};
ModelCost cost_of(const ModelPreset& preset);

}  // namespace mg::video
