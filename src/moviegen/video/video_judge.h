// Looks at a film of a second or two and says who is seen, where, when, doing what, in which style and how the camera moves, and
// gives features for the Fréchet distance. It measures and nothing else: no model is conditioned on it, and it shares neither
// architecture nor seed with the towers and encoders that models are conditioned on.
//   pixels [B,3,T,H,W] ┬ a few stills → levels of convolutions over the picture, each halving H and W
//                      └ all frames → levels over time and over the picture, each halving T, H and W
//   → mean and max over what is left of both → features [B,F] → one linear head for all attributes
//   and, with `spots` and `film_spots`, the most that any place of a still, or of the film, says for a value, so that of two subjects each
//   has a place of its own
//
//   auto judge = load_video_judge(folder);
//   auto seen = judge_film(judge, pixels);
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <string>
#include <vector>

#include "moviegen/nn/layers.h"

namespace mg::video {

using at::Tensor;

inline constexpr const char* kJudgePart = "video_judge";

// ours throughout: sized for half an hour of training on two cores.
struct VideoJudgeConfig {
  int64_t size = 128;                             // side of the square it sees
  int64_t frames = 16;                            // of a film, evenly spread
  int64_t patch = 4;                              // pixels a step of the first level
  int64_t stills = 4;                             // of those frames, that the picture levels see
  std::vector<int64_t> picture_widths{48, 96, 192, 320};  // channels of each level that looks at stills
  std::vector<int64_t> widths{32, 64, 128, 192};          // channels of each level that looks at the film
  bool spots = false;                             // logits of the places of the last picture level but one are added
  bool film_spots = false;                        // the same of the last film level but one
  int64_t features = 128;                         // narrower than the 256 films of a measure, so that their covariance has full rank
  // What its outputs stand for, in their order: the words of the world's labels.
  std::vector<std::string> subjects{}, colors{}, motions{}, directions{}, places{}, times{}, weathers{}, cameras{}, styles{}, extras{};
  void check() const;
};

template <class V>
void fields(V& v, VideoJudgeConfig& c) {
  v("size", c.size, "side of the square picture it sees");
  v("frames", c.frames, "frames of a film it sees, evenly spread");
  v("patch", c.patch, "pixels a step of the first level");
  v("stills", c.stills, "of those frames, how many the picture levels see");
  v("picture_widths", c.picture_widths, "channels of each level that looks at stills");
  v("widths", c.widths, "channels of each level that looks at the film");
  v("spots", c.spots, "each place of a still says what is seen there; the most of all places is added");
  v("film_spots", c.film_spots, "each place of the film, in time too, says what happens there; the most of all is added");
  v("features", c.features, "width of the feature vector");
  v("subjects", c.subjects, "names of the subjects");
  v("colors", c.colors, "names of their colours");
  v("motions", c.motions, "names of their motions");
  v("directions", c.directions, "names of the directions they move in");
  v("places", c.places, "names of the places");
  v("times", c.times, "names of the times of day");
  v("weathers", c.weathers, "names of the weathers");
  v("cameras", c.cameras, "names of the camera moves");
  v("styles", c.styles, "names of the styles");
  v("extras", c.extras, "what is worn, held, in the air, or how two stand to each other");
}

// One thing that is asked about a film. Of two subjects two values may be true.
struct Attribute {
  const char* name;
  std::vector<std::string> values;
};
std::vector<Attribute> attributes_of(const VideoJudgeConfig& config);
// For every value of all attributes the one that is true in its place when the film is mirrored: "right" for "left".
std::vector<int64_t> mirrored_values(const VideoJudgeConfig& config);

struct PictureLevelImpl : torch::nn::Module {
  // The first level cuts the picture into patches; the others halve it.
  PictureLevelImpl(int64_t in, int64_t out, int64_t step);
  Tensor forward(const Tensor& x_BCHW);
  int64_t step;
  Tensor step_weight, step_bias, norm1_weight, norm1_bias, weight1, norm2_weight, norm2_bias, weight2, bias2;
};
TORCH_MODULE(PictureLevel);

struct VideoJudgeLevelImpl : torch::nn::Module {
  // The first level cuts the picture into patches and keeps time; the others halve all three.
  VideoJudgeLevelImpl(int64_t in, int64_t out, int64_t patch);
  Tensor forward(const Tensor& x_BCTHW);
  int64_t patch;  // 0 = not the first
  Tensor step_weight, step_bias, norm1_weight, norm1_bias, time_weight, norm2_weight, norm2_bias, space_weight, space_bias;
};
TORCH_MODULE(VideoJudgeLevel);

struct FilmJudgements {
  Tensor logits_BN, features_BF;  // N: the values of all attributes, one after another
  // What each place says, beside 0 for nothing; undefined without `spots` and `film_spots`. M: B·stills.
  Tensor spots_MNHW, film_spots_BNTHW;
};

struct VideoJudgeImpl : torch::nn::Module {
  explicit VideoJudgeImpl(const VideoJudgeConfig& config);
  // [B,3,frames,size,size] in [−1,1].
  FilmJudgements forward(const Tensor& pixels_BCTHW);
  VideoJudgeConfig config;
  torch::nn::ModuleList picture_levels, levels;
  nn::Linear pool{nullptr}, head{nullptr}, spots{nullptr}, film_spots{nullptr};
};
TORCH_MODULE(VideoJudge);

int64_t parameter_count(const VideoJudgeConfig& config);
// Places that say what they see: `side`×`side` of them at each of these frames.
struct SpotGrid {
  std::vector<int64_t> frames;
  int64_t side;
};
SpotGrid still_spot_grid(const VideoJudgeConfig& config);  // its frames are the stills
SpotGrid film_spot_grid(const VideoJudgeConfig& config);

// Any film [3,T,H,W] as the judge sees it: its frames evenly spread, shrunk to the square by area. A picture stands still.
Tensor for_judge(const Tensor& pixels_CTHW, const VideoJudgeConfig& config);

// One film, seen as it is and mirrored: of each attribute the probability that a subject (or the film) has each value, which sum to one; and features [F] in f64 of the film as it is.
struct FilmVerdict {
  std::vector<std::vector<double>> values;
  Tensor features;
};
FilmVerdict judge_film(VideoJudge& judge, const Tensor& pixels_CTHW);

// Model-folder part "video_judge", class "MovieGenVideoJudge".
VideoJudge load_video_judge(const std::string& folder);
// Weights of a judge of the same sizes, which may know other words and lack spots: what stands for a word goes with it, the rest of the
// heads stays as it is. `name` is for messages. Throws DataError where a size differs.
void load_with_words(VideoJudgeImpl& judge, const VideoJudge& saved, const std::string& name);
void save_video_judge(const std::string& folder, const VideoJudge& judge, const std::string& dtype);

}  // namespace mg::video
