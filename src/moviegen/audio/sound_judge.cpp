// B batch · S samples · M mel bands · T spectra · C channels or classes · D frame width · F features
#include "moviegen/audio/sound_judge.h"

#include <cmath>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/weights/model_folder.h"

namespace mg::audio {
namespace {

constexpr const char* kClass = "MovieGenSoundJudge";
constexpr int64_t kGroups = 8;           // of the normalisations
constexpr double kPower = 0.1;           // root mean square every waveform is brought to
constexpr double kSilence = 1e-4;        // root mean square below which a sound stays as quiet as it is
constexpr double kMelFloor = 1e-9;       // added to band powers before the logarithm: about 70 dB below a tone at kPower
constexpr double kLowestHz = 50;         // bands below are narrower than a bin of the window
constexpr double kShortest_s = 0.5, kLongest_s = 10;
constexpr double kFirstLogit = -3;       // a fresh judge hears each class in one sound of twenty, about as often as it is there

double mel_of(double hz) { return 2595 * std::log10(1 + hz / 700); }
double hz_of(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

// Triangles of height one, evenly spaced in mel: [window/2+1, mels].
Tensor triangles(const SoundJudgeConfig& c) {
  int64_t bins = c.window / 2 + 1;
  double low = mel_of(kLowestHz), high = mel_of(static_cast<double>(c.sample_rate) / 2), step = (high - low) / static_cast<double>(c.mels + 1);
  auto bands = torch::zeros({bins, c.mels});
  auto a = bands.accessor<float, 2>();
  for (int64_t band = 0; band < c.mels; ++band) {
    double left = hz_of(low + step * static_cast<double>(band)), centre = hz_of(low + step * static_cast<double>(band + 1)),
           right = hz_of(low + step * static_cast<double>(band + 2));
    for (int64_t bin = 0; bin < bins; ++bin) {
      double hz = static_cast<double>(bin * c.sample_rate) / static_cast<double>(c.window);
      a[bin][band] = static_cast<float>(std::max(0.0, std::min((hz - left) / (centre - left), (right - hz) / (right - centre))));
    }
  }
  return bands;
}

Tensor convolution_weight(int64_t in, int64_t out, double gain) {
  return torch::randn({out, in, 3, 3}) * (gain * std::sqrt(2.0 / static_cast<double>(9 * in)));
}

Tensor mono(const Tensor& waveform) {
  if (waveform.dim() < 1 || waveform.dim() > 2 || waveform.numel() == 0)
    throw UsageError("sound judge: expected a waveform [S] or [C,S], got [{}]", fmt::join(waveform.sizes().begin(), waveform.sizes().end(), ","));
  auto x = waveform.dim() == 2 ? waveform.mean(0) : waveform;
  if (!x.isfinite().all().item<bool>()) throw DataError("sound judge: the waveform has samples that are not finite");
  return x.to(at::kFloat);
}

}  // namespace

void SoundJudgeConfig::check() const {
  auto bounded = [](const char* field, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) throw UsageError("sound judge: {}: expected {} to {}, got {}", field, least, most, value);
  };
  bounded("sample_rate", sample_rate, 8000, 192000);
  bounded("window", window, 64, 1 << 14);
  bounded("hop", hop, 16, window);
  bounded("mels", mels, 8, 256);
  bounded("levels", static_cast<int64_t>(widths.size()), 1, 6);
  for (int64_t width : widths) bounded("width", width, kGroups, 2048);
  bounded("hidden", hidden, 1, 1 << 13);
  bounded("features", features, 1, 1 << 13);
  bounded("classes", static_cast<int64_t>(classes.size()), 1, 4096);
  bounded("moods", static_cast<int64_t>(moods.size()), 0, 256);
  for (int64_t width : widths)
    if (width % kGroups) throw UsageError("sound judge: widths must be multiples of {}, got {}", kGroups, width);
  if (window % 2 || mels % (int64_t{1} << widths.size()))
    throw UsageError("sound judge: window ({}) must be even and mels ({}) halve {} times", window, mels, widths.size());
  if (std::set<std::string>(classes.begin(), classes.end()).size() != classes.size()) throw UsageError("sound judge: a class is named twice");
}

JudgeLevelImpl::JudgeLevelImpl(int64_t in, int64_t out, bool with_block) {
  step_weight = register_parameter("step_weight", convolution_weight(in, out, 1));
  step_bias = register_parameter("step_bias", torch::zeros({out}));
  if (!with_block) return;
  norm1_weight = register_parameter("norm1_weight", torch::ones({out}));
  norm1_bias = register_parameter("norm1_bias", torch::zeros({out}));
  conv1_weight = register_parameter("conv1_weight", convolution_weight(out, out, 1));
  norm2_weight = register_parameter("norm2_weight", torch::ones({out}));
  norm2_bias = register_parameter("norm2_bias", torch::zeros({out}));
  conv2_weight = register_parameter("conv2_weight", convolution_weight(out, out, 0.2));
  conv2_bias = register_parameter("conv2_bias", torch::zeros({out}));
}

Tensor JudgeLevelImpl::forward(const Tensor& x) {
  auto y = at::conv2d(x, step_weight, step_bias, /*stride=*/2, /*padding=*/1);
  if (!norm1_weight.defined()) return at::gelu(y);
  auto z = at::conv2d(at::gelu(at::group_norm(y, kGroups, norm1_weight, norm1_bias)), conv1_weight, {}, 1, 1);
  return y + at::conv2d(at::gelu(at::group_norm(z, kGroups, norm2_weight, norm2_bias)), conv2_weight, conv2_bias, 1, 1);
}

SoundJudgeImpl::SoundJudgeImpl(const SoundJudgeConfig& c) : config(c) {
  config.check();
  register_module("levels", levels);
  for (size_t i = 0; i < c.widths.size(); ++i) levels->push_back(JudgeLevel(i ? c.widths[i - 1] : 1, c.widths[i], i > 0));
  frame = register_module("frame", nn::Linear(c.widths.back() * (c.mels >> c.widths.size()), c.hidden));
  pool = register_module("pool", nn::Linear(2 * c.hidden, c.features));
  class_head = register_module("class_head", nn::Linear(c.features, static_cast<int64_t>(c.classes.size())));
  if (!c.moods.empty()) mood_head = register_module("mood_head", nn::Linear(c.features, static_cast<int64_t>(c.moods.size())));
  music_head = register_module("music_head", nn::Linear(c.features, 1));
  quality_head = register_module("quality_head", nn::Linear(c.features, 1));
  mel_bands = triangles(c);
  hann = at::hann_window(c.window);
  at::NoGradGuard no_grad;
  class_head->bias.fill_(kFirstLogit);
}

Tensor SoundJudgeImpl::log_mel(const Tensor& waveform) const {
  at::NoGradGuard no_grad;
  auto x = waveform / waveform.square().mean(1, true).sqrt().clamp_min(kSilence) * kPower;
  int64_t missing = static_cast<int64_t>(kShortest_s * static_cast<double>(config.sample_rate)) - x.size(1);
  if (missing > 0) x = at::constant_pad_nd(x, {0, missing});
  auto spectrum = at::stft(x, config.window, config.hop, config.window, hann.to(x.device()), /*center=*/true, "reflect", /*normalized=*/false,
                           /*onesided=*/true, /*return_complex=*/true);
  auto power = at::real(spectrum * spectrum.conj()) * (4.0 / static_cast<double>(config.window * config.window));  // a tone's amplitude squared
  auto bands = at::matmul(power.transpose(1, 2), mel_bands.to(x.device())).transpose(1, 2);                        // [B,M,T]
  return (((bands + kMelFloor).log10() + 5) * 0.4).unsqueeze(1);  // about −1.6 to 1.6
}

Judgements SoundJudgeImpl::forward(const Tensor& waveform) {
  auto x = log_mel(waveform);
  for (const auto& level : *levels) x = level->as<JudgeLevel>()->forward(x);
  auto frames = at::gelu(frame(x.permute({0, 3, 1, 2}).flatten(2)));                             // [B,T,D]
  auto features = pool(at::cat({frames.mean(1), std::get<0>(frames.max(1))}, 1));                // [B,F]
  auto seen = at::gelu(features);
  return {.classes_BC = class_head(seen),
          .moods_BM = mood_head ? mood_head(seen) : seen.new_zeros({seen.size(0), 0}),
          .music_B = music_head(seen).squeeze(1),
          .quality_B = 1 + 9 * at::sigmoid(quality_head(seen).squeeze(1)),
          .features_BF = features};
}

int64_t parameter_count(const SoundJudgeConfig& c) {
  int64_t count = 0, in = 1;
  for (size_t i = 0; i < c.widths.size(); ++i) {
    int64_t w = c.widths[i];
    count += 9 * in * w + w + (i ? 18 * w * w + 5 * w : 0);
    in = w;
  }
  auto heads = static_cast<int64_t>(c.classes.size() + c.moods.size()) + 2;
  return count + (in * (c.mels >> c.widths.size()) + 1) * c.hidden + (2 * c.hidden + 1) * c.features + (c.features + 1) * heads;
}

Verdict judge_sound(SoundJudge& judge, const Tensor& waveform) {
  at::NoGradGuard no_grad;
  auto x = mono(waveform);
  // Equal pieces, so that none is too short to judge.
  auto longest = static_cast<int64_t>(kLongest_s * static_cast<double>(judge->config.sample_rate));
  auto pieces = at::tensor_split(x, (x.size(0) + longest - 1) / longest);
  Tensor classes, rest, features;
  for (const auto& piece : pieces) {
    auto out = judge(piece.unsqueeze(0));
    auto likely = out.classes_BC.sigmoid()[0];
    auto other = at::cat({out.music_B.sigmoid(), out.quality_B, out.moods_BM.softmax(1)[0]}) / static_cast<double>(pieces.size());
    auto feature = out.features_BF[0].to(at::kDouble) / static_cast<double>(pieces.size());
    classes = classes.defined() ? at::maximum(classes, likely) : likely;
    rest = rest.defined() ? rest + other : other;
    features = features.defined() ? features + feature : feature;
  }
  auto list = [](const Tensor& t) {
    auto values = t.to(at::kDouble).contiguous();
    return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  };
  return {.classes = list(classes), .moods = list(rest.slice(0, 2)), .music = rest[0].item<double>(), .quality = rest[1].item<double>(), .features = features};
}

double quality(SoundJudge& judge, const Tensor& waveform) { return judge_sound(judge, waveform).quality; }

SoundJudge load_sound_judge(const std::string& folder, const std::string& part) {
  auto place = folder + "/" + part;
  SoundJudge judge(config_from<SoundJudgeConfig>(weights::read_part_config(folder, part, kClass), place + "/config.json"));
  weights::load_into(*judge, weights::read_part_state(folder, part), place);
  judge->eval();
  return judge;
}

void save_sound_judge(const std::string& folder, const std::string& part, const SoundJudge& judge, const std::string& dtype) {
  weights::write_part(folder, part, kClass, config_to_json(judge->config), weights::state_of(*judge), dtype);
}

}  // namespace mg::audio
