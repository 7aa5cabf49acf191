// A sound model of two layers, for tests of what stands around the network.
#pragma once
#include "moviegen/audio/sound_generator.h"

namespace mg::audio {

inline text::T5Config tiny_text() {
  text::T5Config c = text::t5_preset("mini");
  c.d_model = 16, c.d_kv = 8, c.d_ff = 24, c.num_layers = 1, c.num_heads = 2;
  return c;
}

inline FrameEncoderConfig tiny_frames() {
  FrameEncoderConfig c;
  c.image_size = 16, c.strides = {4, 2}, c.widths = {8, 12}, c.blocks = {1, 1}, c.features = 10;
  return c;
}

// Every weight has a value, so that every condition is heard. Windows of one second, four solver steps.
inline SoundModel tiny_sound_model(uint64_t seed = 3) {
  torch::manual_seed(seed);
  auto [tokenizer, path] = read_tokenizer_model(MG_SOURCE_DIR "/models/mini");
  SoundModel model;
  TransformerConfig config;
  config.num_layers = 2, config.width = 32, config.num_heads = 2, config.feed_forward_width = 48, config.latent_channels = 6, config.video_width = 10;
  config.text_width = 16;
  model.transformer = Transformer(config);
  model.conditioner = SoundConditioner(tiny_text(), tiny_frames(), tokenizer, path);
  at::NoGradGuard no_grad;
  for (auto& p : model.transformer->parameters()) p.add_(torch::randn_like(p) * 0.1);
  model.transformer->eval(), model.conditioner->eval();
  model.sampling.num_inference_steps = 4, model.sampling.window_s = 1, model.sampling.overlap_s = 0.4, model.sampling.context_s = 0.24;
  return model;
}

}  // namespace mg::audio
