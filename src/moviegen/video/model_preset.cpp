#include "moviegen/video/model_preset.h"

#include "moviegen/text/contrastive.h"
#include "moviegen/text/t5_encoder.h"

namespace mg::video {

ModelPreset read_model_preset(const std::string& name, const std::vector<std::string>& assignments) {
  return model_preset_from(read_preset_file(name, assignments));
}

ModelPreset model_preset_from(const PresetFile& file) {
  auto preset = config_from<ModelPreset>(file.tree, file.path);
  preset.transformer.check();
  for (int64_t value : {preset.frames, preset.height, preset.width, preset.text_tokens})
    if (value < 1 || value > 65536) throw UsageError("{}: frames, height, width and text_tokens must be 1 to 65536, got {}", file.path, value);
  return preset;
}

int64_t ModelCost::parameters() const {
  int64_t total = 0;
  for (const auto& part : parts) total += part.parameters;
  return total;
}

ModelCost cost_of(const ModelPreset& preset) {
  auto tae = tae::tae_preset(preset.tae);
  auto pair = text::contrastive_preset(preset.metaclip);
  int64_t factor = tae.spatial_factor(), time = tae.temporal_factor();
  if (preset.height % factor || preset.width % factor)
    throw UsageError("model info: height and width must be multiples of {}, got {}×{}", factor, preset.width, preset.height);
  ModelCost cost;
  cost.parts = {{"transformer", parameter_count(preset.transformer)},
                {"vae (temporal autoencoder)", tae::parameter_count(tae)},
                {"text_encoder (UL2)", text::parameter_count(text::t5_preset(preset.ul2))},
                {"text_encoder_2 (MetaCLIP text)", text::text_parameter_count(pair)},
                {"text_encoder_3 (ByT5)", text::parameter_count(text::t5_preset(preset.byt5))}};
  cost.grid = token_grid(preset.transformer, (preset.frames + time - 1) / time, preset.height / factor, preset.width / factor);
  auto tokens = static_cast<double>(cost.grid.count()), text = static_cast<double>(preset.text_tokens);
  cost.step_flops = forward_flops(preset.transformer, tokens, text);
  cost.attention_flops = attention_flops(preset.transformer, tokens, text);
  cost.encode_flops = tae::encode_flops(tae, preset.frames, preset.height, preset.width);
  cost.decode_flops = tae::decode_flops(tae, preset.frames, preset.height, preset.width);
  return cost;
}

}  // namespace mg::video
