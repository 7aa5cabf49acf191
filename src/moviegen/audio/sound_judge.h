// Listens to a sound of a second to ten: which classes are heard, music and its mood, how good it sounds, and features for
// the Fréchet distance. Two of them exist, of one architecture and apart in their seeds: "sound_judge" measures and
// "sound_ranker" picks among candidates (facts 10.6), so that what ranks is not what judges.
//   waveform [B,S] → log-mel [B,1,M,T] → levels of convolutions, each halving M and T → frames [B,T,D] → mean and max over
//   time → features [B,F] → heads
// The level of a sound says nothing about it: every waveform is brought to one power first.
//
//   auto judge = load_sound_judge(folder, kJudgePart);
//   auto verdict = judge_sound(judge, waveform);
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <string>
#include <vector>

#include "moviegen/nn/layers.h"

namespace mg::audio {

using at::Tensor;

inline constexpr const char* kJudgePart = "sound_judge";
inline constexpr const char* kRankerPart = "sound_ranker";

// ours throughout: sized for a few minutes of training on two cores.
struct SoundJudgeConfig {
  int64_t sample_rate = 48000;
  int64_t window = 1024, hop = 480;              // samples: 21 ms every 10 ms
  int64_t mels = 64;                             // bands from 50 Hz to half the sample rate
  std::vector<int64_t> widths{24, 48, 96, 192};  // channels of each level
  int64_t hidden = 256;                          // width of a frame
  int64_t features = 64;                         // narrower than the 200 clips of a measure, so that their covariance has full rank
  std::vector<std::string> classes{}, moods{};   // what its outputs stand for, in their order
  void check() const;
};

template <class V>
void fields(V& v, SoundJudgeConfig& c) {
  v("sample_rate", c.sample_rate, "samples a second");
  v("window", c.window, "samples of a spectrum");
  v("hop", c.hop, "samples from one spectrum to the next");
  v("mels", c.mels, "bands of the log-mel spectrogram");
  v("widths", c.widths, "channels of each level");
  v("hidden", c.hidden, "width of a frame before it is pooled");
  v("features", c.features, "width of the feature vector");
  v("classes", c.classes, "names of the sound classes");
  v("moods", c.moods, "names of the moods of music");
}

// What the network puts out for a batch; logits but for quality, which is 1 to 10.
struct Judgements {
  Tensor classes_BC, moods_BM, music_B, quality_B, features_BF;
};

struct JudgeLevelImpl : torch::nn::Module {
  JudgeLevelImpl(int64_t in, int64_t out, bool with_block);
  Tensor forward(const Tensor& x_BCMT);  // → [B,out,M/2,⌈T/2⌉]
  Tensor step_weight, step_bias;
  Tensor norm1_weight, norm1_bias, conv1_weight, norm2_weight, norm2_bias, conv2_weight, conv2_bias;  // undefined without block
};
TORCH_MODULE(JudgeLevel);

struct SoundJudgeImpl : torch::nn::Module {
  explicit SoundJudgeImpl(const SoundJudgeConfig& config);
  // Waveforms [B,S] of any power and any length; shorter than half a second counts as followed by silence.
  Judgements forward(const Tensor& waveform_BS);
  // [B,S] → [B,1,M,T], no gradients.
  Tensor log_mel(const Tensor& waveform_BS) const;
  SoundJudgeConfig config;
  torch::nn::ModuleList levels;
  nn::Linear frame{nullptr}, pool{nullptr}, class_head{nullptr}, mood_head{nullptr}, music_head{nullptr}, quality_head{nullptr};
  Tensor mel_bands, hann;  // [bins, M] and [window]; follow from the config, not saved
};
TORCH_MODULE(SoundJudge);

int64_t parameter_count(const SoundJudgeConfig& config);

// One sound: probabilities, quality 1 to 10, features [F] in f64.
struct Verdict {
  std::vector<double> classes, moods;
  double music = 0, quality = 0;
  Tensor features;
};
// `waveform` is [S], or [C,S] which is mixed to mono, at the judge's rate. Longer than ten seconds is judged piece by piece:
// a class is as likely as in the piece where it is likeliest, the rest is averaged. Throws DataError if a sample is not finite.
Verdict judge_sound(SoundJudge& judge, const Tensor& waveform);
double quality(SoundJudge& judge, const Tensor& waveform);

// Model-folder part `part`, class "MovieGenSoundJudge".
SoundJudge load_sound_judge(const std::string& folder, const std::string& part);
void save_sound_judge(const std::string& folder, const std::string& part, const SoundJudge& judge, const std::string& dtype);

}  // namespace mg::audio
