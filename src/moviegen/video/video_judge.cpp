// B batch · C channels · T frames · H W picture · N values of all attributes · F features
#include "moviegen/video/video_judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/nn/width.h"
#include "moviegen/weights/model_folder.h"
#include "moviegen/weights/state.h"

namespace mg::video {
namespace {

constexpr const char* kClass = "MovieGenVideoJudge";
constexpr int64_t kGroups = 8;

Tensor weight_of(int64_t in, int64_t out, const std::vector<int64_t>& kernel, double gain = 1) {
  std::vector<int64_t> shape{out, in};
  shape.insert(shape.end(), kernel.begin(), kernel.end());
  auto weight = torch::randn(shape);
  return weight * (gain * std::sqrt(2.0 * static_cast<double>(out) / static_cast<double>(weight.numel())));
}

void check_levels(const char* what, const std::vector<int64_t>& widths) {
  if (widths.empty() || widths.size() > 6) throw UsageError("video judge: {}: expected 1 to 6 levels, got {}", what, widths.size());
  for (int64_t width : widths)
    if (width < kGroups || width > 2048 || width % kGroups) throw UsageError("video judge: {} must be multiples of {} up to 2048, got {}", what, kGroups, width);
}

// A convolution in bf16 where the program computes in it; f32 comes and goes.
Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride, at::IntArrayRef padding) {
  auto type = nn::narrow_type(x);
  auto narrow_bias = bias.defined() ? bias.to(type) : bias;
  auto y = weight.dim() == 4 ? at::conv2d(x.to(type), weight.to(type), narrow_bias, stride, padding) : at::conv3d(x.to(type), weight.to(type), narrow_bias, stride, padding);
  return y.to(x.scalar_type());
}

// Mean and max over all places. x [B,C,…] → [B,2C].
Tensor mean_and_max(const Tensor& x) {
  auto places = at::gelu(x).flatten(2);
  return at::cat({places.mean(2), places.amax(2)}, 1);
}

// Spots look at the last level but one, or at the only one.
size_t spot_level(const std::vector<int64_t>& widths) { return widths.size() > 1 ? widths.size() - 2 : 0; }

// A convolution, so that no gradient arrives transposed: libtorch 1.13 reads wild memory then (group norm, GELU).
Tensor say_spots(const nn::Linear& head, const Tensor& level) {
  std::vector<int64_t> shape{head->weight.size(0), head->weight.size(1)}, ones(static_cast<size_t>(level.dim() - 2), 1), none(ones.size(), 0);
  shape.insert(shape.end(), ones.begin(), ones.end());
  return convolve(at::gelu(at::group_norm(level, kGroups)), head->weight.view(shape), head->bias, ones, none);
}

// The head of spots starts at zero, so that a judge without spots goes on as what it was.
nn::Linear fresh_spots(int64_t width, int64_t values) {
  nn::Linear head(width, values);
  head->zero_();
  return head;
}

int64_t value_count(const VideoJudgeConfig& config) {
  int64_t count = 0;
  for (const auto& attribute : attributes_of(config)) count += std::ssize(attribute.values);
  return count;
}

}  // namespace

std::vector<Attribute> attributes_of(const VideoJudgeConfig& c) {
  return {{"subject", c.subjects}, {"color", c.colors},     {"motion", c.motions},   {"direction", c.directions}, {"place", c.places},
          {"time", c.times},       {"weather", c.weathers}, {"camera", c.cameras}, {"style", c.styles},     {"extra", c.extras}};
}

std::vector<int64_t> mirrored_values(const VideoJudgeConfig& config) {
  auto mirrored = [](const std::string& words) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kSides = {{{"left", "right"}, {"right", "left"}}};
    for (const auto& [from, to] : kSides)
      if (words.ends_with(from)) return words.substr(0, words.size() - from.size()) + std::string(to);
    return words;
  };
  std::vector<int64_t> all;
  for (const auto& [name, values] : attributes_of(config)) {
    auto first = std::ssize(all);
    for (int64_t i = 0; i < std::ssize(values); ++i) {
      auto at = std::find(values.begin(), values.end(), mirrored(values[static_cast<size_t>(i)]));
      all.push_back(first + (at == values.end() ? i : at - values.begin()));
    }
  }
  return all;
}

void VideoJudgeConfig::check() const {
  auto bounded = [](const char* field, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) throw UsageError("video judge: {}: expected {} to {}, got {}", field, least, most, value);
  };
  bounded("size", size, 8, 512);
  bounded("frames", frames, 2, 128);
  bounded("patch", patch, 1, 32);
  bounded("stills", stills, 1, frames);
  bounded("features", features, 1, 4096);
  check_levels("widths", widths);
  check_levels("picture_widths", picture_widths);
  int64_t halvings = int64_t{1} << (widths.size() - 1), of_pictures = int64_t{1} << (picture_widths.size() - 1);
  if (size % (patch * std::max(halvings, of_pictures)) || frames % halvings)
    throw UsageError("video judge: size ({}) must be patches of {} that halve {} times, and frames ({}) must halve {} times", size, patch,
                     std::max(widths.size(), picture_widths.size()) - 1, frames, widths.size() - 1);
  for (const auto& [name, values] : attributes_of(*this)) {
    bounded(name, std::ssize(values), 0, 4096);
    if (std::set<std::string>(values.begin(), values.end()).size() != values.size()) throw UsageError("video judge: a {} is named twice", name);
  }
  if (value_count(*this) == 0) throw UsageError("video judge: it has nothing to look for");
}

PictureLevelImpl::PictureLevelImpl(int64_t in, int64_t out, int64_t s) : step(s) {
  step_weight = register_parameter("step_weight", weight_of(in, out, {step, step}));
  step_bias = register_parameter("step_bias", torch::zeros({out}));
  norm1_weight = register_parameter("norm1_weight", torch::ones({out}));
  norm1_bias = register_parameter("norm1_bias", torch::zeros({out}));
  weight1 = register_parameter("weight1", weight_of(out, out, {3, 3}));
  norm2_weight = register_parameter("norm2_weight", torch::ones({out}));
  norm2_bias = register_parameter("norm2_bias", torch::zeros({out}));
  weight2 = register_parameter("weight2", weight_of(out, out, {3, 3}, 0.2));
  bias2 = register_parameter("bias2", torch::zeros({out}));
}

Tensor PictureLevelImpl::forward(const Tensor& x) {
  auto y = convolve(x, step_weight, step_bias, {step, step}, {0, 0});
  auto z = convolve(at::gelu(at::group_norm(y, kGroups, norm1_weight, norm1_bias)), weight1, {}, {1, 1}, {1, 1});
  return y + convolve(at::gelu(at::group_norm(z, kGroups, norm2_weight, norm2_bias)), weight2, bias2, {1, 1}, {1, 1});
}

VideoJudgeLevelImpl::VideoJudgeLevelImpl(int64_t in, int64_t out, int64_t p) : patch(p) {
  step_weight = register_parameter("step_weight", patch ? weight_of(in, out, {1, patch, patch}) : weight_of(in, out, {3, 2, 2}));
  step_bias = register_parameter("step_bias", torch::zeros({out}));
  norm1_weight = register_parameter("norm1_weight", torch::ones({out}));
  norm1_bias = register_parameter("norm1_bias", torch::zeros({out}));
  time_weight = register_parameter("time_weight", weight_of(out, out, {3, 1, 1}));
  norm2_weight = register_parameter("norm2_weight", torch::ones({out}));
  norm2_bias = register_parameter("norm2_bias", torch::zeros({out}));
  space_weight = register_parameter("space_weight", weight_of(out, out, {1, 3, 3}, 0.2));
  space_bias = register_parameter("space_bias", torch::zeros({out}));
}

Tensor VideoJudgeLevelImpl::forward(const Tensor& x) {
  auto y = patch ? convolve(x, step_weight, step_bias, {1, patch, patch}, {0, 0, 0}) : convolve(x, step_weight, step_bias, {2, 2, 2}, {1, 0, 0});
  auto z = convolve(at::gelu(at::group_norm(y, kGroups, norm1_weight, norm1_bias)), time_weight, {}, {1, 1, 1}, {1, 0, 0});
  return y + convolve(at::gelu(at::group_norm(z, kGroups, norm2_weight, norm2_bias)), space_weight, space_bias, {1, 1, 1}, {0, 1, 1});
}

VideoJudgeImpl::VideoJudgeImpl(const VideoJudgeConfig& c) : config(c) {
  config.check();
  register_module("picture_levels", picture_levels);
  for (size_t i = 0; i < c.picture_widths.size(); ++i) picture_levels->push_back(PictureLevel(i ? c.picture_widths[i - 1] : 3, c.picture_widths[i], i ? 2 : c.patch));
  register_module("levels", levels);
  for (size_t i = 0; i < c.widths.size(); ++i) levels->push_back(VideoJudgeLevel(i ? c.widths[i - 1] : 3, c.widths[i], i ? 0 : c.patch));
  pool = register_module("pool", nn::Linear(2 * (c.picture_widths.back() + c.widths.back()), c.features));
  head = register_module("head", nn::Linear(c.features, value_count(c)));
  if (c.spots) spots = register_module("spots", fresh_spots(c.picture_widths[spot_level(c.picture_widths)], value_count(c)));
  if (c.film_spots) film_spots = register_module("film_spots", fresh_spots(c.widths[spot_level(c.widths)], value_count(c)));
}

FilmJudgements VideoJudgeImpl::forward(const Tensor& pixels) {
  const auto& c = config;
  if (pixels.dim() != 5 || pixels.size(1) != 3 || pixels.size(2) != c.frames || pixels.size(3) != c.size || pixels.size(4) != c.size)
    throw UsageError("video judge: expected [B,3,{},{},{}], got [{}]", c.frames, c.size, c.size, fmt::join(pixels.sizes(), ","));
  // Both stacks of levels, with what each of them gives.
  std::vector<Tensor> films, pictures;
  for (const auto& level : *levels) films.push_back(level->as<VideoJudgeLevel>()->forward(films.empty() ? pixels : films.back()));
  std::vector<Tensor> stills;
  for (int64_t frame : still_spot_grid(c).frames) stills.push_back(pixels.select(2, frame));
  auto shown = at::stack(stills, 1).flatten(0, 1);  // [B·stills,3,H,W]
  for (const auto& level : *picture_levels) pictures.push_back(level->as<PictureLevel>()->forward(pictures.empty() ? shown : pictures.back()));
  auto seen = pictures.back().unflatten(0, {-1, c.stills}).transpose(1, 2);  // [B,C,stills,…]
  FilmJudgements said;
  said.features_BF = pool(at::cat({mean_and_max(seen), mean_and_max(films.back())}, 1));
  said.logits_BN = head(at::gelu(said.features_BF));
  if (c.spots) {
    said.spots_MNHW = say_spots(spots, pictures[spot_level(c.picture_widths)]);
    said.logits_BN = said.logits_BN + said.spots_MNHW.unflatten(0, {-1, c.stills}).flatten(3).amax({1, 3});
  }
  if (c.film_spots) {
    said.film_spots_BNTHW = say_spots(film_spots, films[spot_level(c.widths)]);
    said.logits_BN = said.logits_BN + said.film_spots_BNTHW.flatten(2).amax(2);
  }
  return said;
}

SpotGrid still_spot_grid(const VideoJudgeConfig& c) {
  SpotGrid grid{{}, (c.size / c.patch) >> spot_level(c.picture_widths)};
  for (int64_t i = 0; i < c.stills; ++i) grid.frames.push_back((2 * i + 1) * c.frames / (2 * c.stills));
  return grid;
}

SpotGrid film_spot_grid(const VideoJudgeConfig& c) {
  auto halvings = spot_level(c.widths);
  SpotGrid grid{{}, (c.size / c.patch) >> halvings};
  for (int64_t frame = (1 << halvings) / 2; frame < c.frames; frame += 1 << halvings) grid.frames.push_back(frame);
  return grid;
}

int64_t parameter_count(const VideoJudgeConfig& c) {
  int64_t count = 0, in = 3;
  for (size_t i = 0; i < c.picture_widths.size(); ++i) {
    int64_t w = c.picture_widths[i];
    count += in * w * (i ? 4 : c.patch * c.patch) + 18 * w * w + 6 * w;
    in = w;
  }
  in = 3;
  for (size_t i = 0; i < c.widths.size(); ++i) {
    int64_t w = c.widths[i];
    count += in * w * (i ? 12 : c.patch * c.patch) + 12 * w * w + 6 * w;
    in = w;
  }
  int64_t a_value = c.features + 1;
  if (c.spots) a_value += c.picture_widths[spot_level(c.picture_widths)] + 1;
  if (c.film_spots) a_value += c.widths[spot_level(c.widths)] + 1;
  return count + (2 * (c.picture_widths.back() + c.widths.back()) + 1) * c.features + a_value * value_count(c);
}

Tensor for_judge(const Tensor& pixels, const VideoJudgeConfig& c) {
  if (pixels.dim() != 4 || pixels.size(0) != 3 || pixels.numel() == 0)
    throw UsageError("video judge: expected a film [3,T,H,W], got [{}]", fmt::join(pixels.sizes(), ","));
  auto times = torch::empty({c.frames}, at::kLong);
  for (int64_t i = 0; i < c.frames; ++i) times[i] = (2 * i + 1) * pixels.size(1) / (2 * c.frames);
  auto frames = pixels.index_select(1, times).transpose(0, 1);
  return at::adaptive_avg_pool2d(frames, {c.size, c.size}).transpose(0, 1).contiguous();
}

FilmVerdict judge_film(VideoJudge& judge, const Tensor& pixels) {
  at::NoGradGuard no_grad;
  auto film = for_judge(pixels, judge->config);
  auto seen = judge(at::stack({film, film.flip(3)}));
  auto mirrored = seen.logits_BN[1].index_select(0, torch::tensor(mirrored_values(judge->config)));
  FilmVerdict verdict{.values = {}, .features = seen.features_BF[0].to(at::kDouble)};
  int64_t first = 0;
  for (const auto& attribute : attributes_of(judge->config)) {
    auto count = std::ssize(attribute.values);
    auto likely_in = [&](const Tensor& logits_N) { return logits_N.narrow(0, first, count).softmax(0).to(at::kDouble); };
    auto likely = ((likely_in(seen.logits_BN[0]) + likely_in(mirrored)) / 2).contiguous();
    verdict.values.emplace_back(likely.data_ptr<double>(), likely.data_ptr<double>() + count);
    first += count;
  }
  return verdict;
}

VideoJudge load_video_judge(const std::string& folder) {
  auto place = folder + "/" + kJudgePart;
  VideoJudge judge(config_from<VideoJudgeConfig>(weights::read_part_config(folder, kJudgePart, kClass), place + "/config.json"));
  weights::load_into(*judge, weights::read_part_state(folder, kJudgePart), place);
  judge->eval();
  return judge;
}

void load_with_words(VideoJudgeImpl& judge, const VideoJudge& saved, const std::string& name) {
  auto attributes = attributes_of(judge.config), known = attributes_of(saved->config);
  auto same = saved->config;
  const auto& c = judge.config;
  same.subjects = c.subjects, same.colors = c.colors, same.motions = c.motions, same.directions = c.directions, same.places = c.places, same.times = c.times;
  same.weathers = c.weathers, same.cameras = c.cameras, same.styles = c.styles, same.extras = c.extras;
  same.spots = c.spots, same.film_spots = c.film_spots;
  if (config_to_json(same) != config_to_json(c) || (saved->config.spots && !c.spots) || (saved->config.film_spots && !c.film_spots)) throw DataError("{}: its sizes are not those of this run", name);
  at::NoGradGuard no_grad;
  auto state = weights::state_of(*saved), own = weights::state_of(judge);
  for (const char* key : {"head.weight", "head.bias", "spots.weight", "spots.bias", "film_spots.weight", "film_spots.bias"}) {
    if (!own.contains(key)) continue;
    auto rows = own.at(key).clone();
    int64_t row = 0, first = 0;
    for (size_t a = 0; a < attributes.size(); first += std::ssize(known[a++].values))
      for (const auto& value : attributes[a].values) {
        auto at = std::find(known[a].values.begin(), known[a].values.end(), value);
        if (at != known[a].values.end() && state.contains(key)) rows[row].copy_(state.at(key)[first + (at - known[a].values.begin())]);
        ++row;
      }
    own[key] = rows;
  }
  for (const auto& [key, rows] : own)
    if (key.starts_with("head.") || key.starts_with("spots.") || key.starts_with("film_spots.")) state[key] = rows;
  weights::load_into(judge, state, name);
}

void save_video_judge(const std::string& folder, const VideoJudge& judge, const std::string& dtype) {
  weights::write_part(folder, kJudgePart, kClass, config_to_json(judge->config), weights::state_of(*judge), dtype);
}

}  // namespace mg::video
