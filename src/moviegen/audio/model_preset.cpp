#include "moviegen/audio/model_preset.h"

#include "moviegen/audio/dac_vae_config.h"
#include "moviegen/core/error.h"
#include "moviegen/text/contrastive.h"
#include "moviegen/text/t5_encoder.h"

namespace mg::audio {

bool is_sound_preset(const PresetFile& file) { return file.tree.is_object() && file.tree.value("kind", Json()) == "sound"; }

ModelPreset model_preset_from(const PresetFile& file) {
  auto preset = config_from<ModelPreset>(file.tree, file.path);
  preset.transformer.check();
  preset.frame_encoder.check();
  if (preset.text_tokens < 1 || preset.text_tokens > 65536)
    throw UsageError("{}: text_tokens must be 1 to 65536, got {}", file.path, preset.text_tokens);
  return preset;
}

int64_t ModelCost::parameters() const {
  int64_t total = 0;
  for (const auto& [name, count] : parts) total += count;
  return total;
}

ModelCost cost_of(const ModelPreset& preset) {
  auto codec = dac_vae_preset(preset.codec);
  bool own = preset.frames == "own";
  int64_t frames = own ? parameter_count(preset.frame_encoder) : text::image_parameter_count(text::contrastive_preset(preset.frames));
  ModelCost cost;
  cost.parts = {{"sound_transformer", parameter_count(preset.transformer)},
                {"sound_text_encoder (T5)", text::parameter_count(text::t5_preset(preset.text))},
                {own ? "sound_frame_encoder" : "image_encoder (MetaCLIP)", frames}};
  SoundSampling sampling;
  sampling.latent_rate = codec.latent_rate();
  cost.steps = sampling.steps_of(preset.seconds);
  cost.step_flops = forward_flops(preset.transformer, static_cast<double>(cost.steps), static_cast<double>(preset.text_tokens));
  return cost;
}

}  // namespace mg::audio
