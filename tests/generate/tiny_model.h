// A whole model folder with random weights, small enough to make a film in a fraction of a second: what the tests of
// generate and of the program work on. Limits: 96×64 pixels, 40 frames; defaults: 64x64, 9 frames, 4 steps, guidance 3.
#pragma once
#include <torch/utils.h>

#include <filesystem>

#include "moviegen/audio/dac_vae.h"
#include "moviegen/audio/sound_generator.h"
#include "moviegen/core/config.h"
#include "moviegen/core/files.h"
#include "moviegen/tae/autoencoder.h"
#include "moviegen/text/text_encoders.h"
#include "moviegen/video/transformer.h"

namespace mg::generate {

inline text::T5Config tiny_t5(int64_t vocabulary, int64_t width) {
  text::T5Config c;
  c.vocab_size = vocabulary, c.d_model = width, c.d_kv = 8, c.d_ff = 16, c.num_layers = 1, c.num_heads = 2;
  return c;
}

inline text::TextEncoders tiny_encoders() {
  std::vector<std::string> captions(60, "a red fox runs to the left through snow");
  std::fill_n(captions.begin(), 30, "a blue car drives through a city in the rain");
  std::string tokenizer = text::train_sentencepiece(captions, 320);
  int64_t vocabulary = text::SentencePieceTokenizer(tokenizer).vocabulary_size();
  text::TextEncodersConfig c;
  c.ul2 = tiny_t5(vocabulary, 16), c.byt5 = tiny_t5(259, 8), c.ul2_max_tokens = 24, c.byt5_max_tokens = 16;
  auto& m = c.metaclip;
  m.embed_dim = 8, m.vocab_size = vocabulary, m.context_length = 32, m.text_width = 16, m.text_layers = 1, m.text_heads = 2;
  return text::TextEncoders(c, tokenizer);
}

inline video::Transformer tiny_transformer() {
  video::TransformerConfig c;
  c.num_layers = 2, c.width = 32, c.feed_forward_width = 48, c.num_heads = 2, c.max_frames = 5, c.max_rows = 4, c.max_columns = 6;
  c.text = {.ul2 = 16, .metaclip = 16, .byt5 = 8};
  video::Transformer model(c);
  torch::NoGradGuard no_grad;
  for (auto& p : model->parameters())  // a fresh transformer's velocity is zero, whatever the prompt
    if (p.abs().max().item<double>() == 0) p.normal_(0, 0.2);
  return model;
}

inline tae::Autoencoder tiny_autoencoder() {
  tae::TaeConfig c;
  c.encoder_widths = {8, 8, 8, 16}, c.decoder_widths = {16, 8, 8, 8}, c.encoder_blocks = {0, 0, 0, 1}, c.decoder_blocks = {1, 0, 0, 1};
  tae::Autoencoder model(c);
  model->preview_matrix.copy_(torch::zeros({3, c.latent_channels + 1}));
  for (int i = 0; i < 3; ++i) model->preview_matrix[i][i] = 0.3;
  return model;
}

// Sound parts: one-second windows, two solver steps. Every weight has a value, so that every condition is heard.
inline void save_tiny_sound(const std::string& folder) {
  audio::DacVaeConfig codec;
  codec.patch = 16, codec.strides = {10, 12}, codec.encoder_width = 8, codec.decoder_width = 16, codec.latent_channels = 6;
  audio::save_dac_vae(folder, audio::DacVae(codec), "f32");
  auto [tokenizer, path] = audio::read_tokenizer_model(folder);
  audio::FrameEncoderConfig frames;
  frames.image_size = 16, frames.strides = {4, 2}, frames.widths = {8, 12}, frames.blocks = {1, 1}, frames.features = 10;
  int64_t vocabulary = text::SentencePieceTokenizer(tokenizer).vocabulary_size();
  audio::save_sound_conditioner(folder, audio::SoundConditioner(tiny_t5(vocabulary, 16), frames, tokenizer, path), "f32");
  audio::TransformerConfig c;
  c.num_layers = 2, c.width = 32, c.num_heads = 2, c.feed_forward_width = 48, c.latent_channels = 6, c.video_width = 10, c.text_width = 16;
  audio::Transformer transformer(c);
  for (auto& p : transformer->parameters()) p.add_(torch::randn_like(p) * 0.1);
  audio::save_transformer(folder, transformer, "f32");
  audio::SoundSampling sampling;
  sampling.num_inference_steps = 2, sampling.window_s = 1, sampling.overlap_s = 0.4, sampling.context_s = 0.24;
  audio::save_sound_sampling(folder, sampling);
}

// Written once a process; returns the folder.
inline std::string tiny_model() {
  static const std::string folder = [] {
    auto made = (std::filesystem::temp_directory_path() / ("moviegen-tiny-" + std::to_string(::getpid())) / "tiny").string();
    torch::manual_seed(1);
    torch::NoGradGuard no_grad;
    text::save_text_encoders(made, tiny_encoders(), "f32");
    video::save_transformer(made, tiny_transformer(), "f32");
    tae::save_autoencoder(made, tiny_autoencoder(), "f32");
    save_tiny_sound(made);
    std::filesystem::create_directories(made + "/scheduler");
    Json defaults = {{"_class_name", "MovieGenFlowScheduler"}, {"guidance_scale", 3.0}, {"num_inference_steps", 4}, {"emulated_steps", 20},
                     {"sizes", {"64x64", "96x64"}}, {"num_frames", 9}, {"max_frames", 32}};
    write_text(made + "/scheduler/scheduler_config.json", defaults.dump());
    return made;
  }();
  return folder;
}

// Removes the model when the test program ends; one per test binary.
struct TinyModelCleanup : testing::Environment {
  void TearDown() override { std::filesystem::remove_all(std::filesystem::path(tiny_model()).parent_path()); }
};

// A folder of a test's own.
struct Scratch {
  std::filesystem::path folder;
  Scratch() {
    static int count = 0;
    folder = std::filesystem::temp_directory_path() / ("moviegen-scratch-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(folder);
  }
  ~Scratch() { std::filesystem::remove_all(folder); }
  std::string operator/(const std::string& name) const { return (folder / name).string(); }
};

}  // namespace mg::generate
