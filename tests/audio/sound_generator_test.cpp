#include "moviegen/audio/sound_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "moviegen/audio/resample_features.h"
#include "moviegen/core/cancel.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/sound_caption.h"
#include "moviegen/flow/path.h"
#include "tiny_sound_model.h"

namespace mg::audio {
namespace {

namespace fs = std::filesystem;

SoundSampling sampling(const std::string& method = "auto") {
  SoundSampling s;
  s.method = method, s.num_inference_steps = 6, s.window_s = 2, s.overlap_s = 0.8, s.context_s = 0.4;
  return s;
}

// A network that knows no place: the velocity of a window is a function of its values alone.
flow::Velocity linear_velocity(const std::vector<Window>&, const KnownLatents&) {
  return [](const Tensor& x_NCW, double t) { return x_NCW * (0.7 - t) + 0.3; };
}

Tensor solved(const PrepareWindows& prepare, const LongSound& sound, const SoundSampling& s) {
  std::vector<Tensor> parts;
  solve_sound(prepare, sound, s, [&](const Tensor& part) { parts.push_back(part); });
  return at::cat(parts, 1);
}

TEST(SolveSound, WindowsAreOnePieceWhenTheNetworkKnowsNoPlace) {
  auto in_one_piece = sampling();
  in_one_piece.window_s = 30;
  auto whole = solved(linear_velocity, {.channels = 3, .steps = 173, .seed = 5}, in_one_piece);
  for (const char* method : {"windows", "extend", "auto"}) {
    auto pieces = solved(linear_velocity, {.channels = 3, .steps = 173, .seed = 5}, sampling(method));
    ASSERT_EQ(pieces.sizes(), whole.sizes()) << method;
    EXPECT_LT((pieces - whole).abs().max().item<float>(), 1e-4f) << method;  // no seam anywhere, noise of the whole sound
  }
}

TEST(SolveSound, ConstantVelocityIsSolvedExactly) {
  auto constant = [](const std::vector<Window>&, const KnownLatents&) -> flow::Velocity { return [](const Tensor& x, double) { return at::full_like(x, 2.5); }; };
  for (const char* solver : {"euler", "midpoint"}) {
    auto s = sampling("windows");
    s.solver = solver;
    auto out = solved(constant, {.channels = 2, .steps = 120, .seed = 1}, s);
    EXPECT_LT((out - (sound_noise(1, 2, {0, 120}) + 2.5)).abs().max().item<float>(), 1e-5f);
  }
}

TEST(SolveSound, KnownLatentsComeBackUntouchedAndTheNetworkMeetsThemOnTheirPath) {
  auto known = torch::randn({2, 130});
  auto mask = torch::zeros({130});
  mask.narrow(0, 60, 45).fill_(1);  // a hole to be filled
  double worst = 0;
  auto prepare = [&](const std::vector<Window>& windows, const KnownLatents& given) -> flow::Velocity {
    return [&, windows, given](const Tensor& x_NCW, double t) {
      for (size_t n = 0; n < windows.size(); ++n) {
        auto w = windows[n];
        auto on_path = flow::interpolate(given.latents_CS.narrow(1, w.start, w.length), sound_noise(4, 2, w), torch::full({2}, t)), is_known = given.mask_S.narrow(0, w.start, w.length) < 0.5;
        worst = std::max(worst, at::where(is_known, x_NCW[static_cast<int64_t>(n)] - on_path, at::zeros_like(on_path)).abs().max().item<double>());
      }
      return at::zeros_like(x_NCW);
    };
  };
  for (const char* method : {"windows", "extend"}) {
    worst = 0;
    auto out = solved(prepare, {.channels = 2, .steps = 130, .seed = 4, .known = {known * (1 - mask), mask}}, sampling(method));
    auto kept = mask < 0.5;
    EXPECT_TRUE(at::where(kept, out, at::zeros_like(out)).equal(at::where(kept, known, at::zeros_like(known)))) << method;
    EXPECT_LT(worst, 1e-4) << method;
    EXPECT_GT((out - known).abs().max().item<double>(), 0.1) << method;
  }
}

TEST(SolveSound, SegmentsSeeTheEndOfTheLastOneAndComeInOrder) {
  std::vector<Window> seen;
  std::vector<int64_t> known_steps;
  auto prepare = [&](const std::vector<Window>& windows, const KnownLatents& known) {
    EXPECT_EQ(windows.size(), 1u);
    seen.push_back(windows[0]);
    known_steps.push_back(windows[0].length - known.mask_S.narrow(0, windows[0].start, windows[0].length).sum().item<int64_t>());
    return linear_velocity(windows, known);
  };
  std::vector<int64_t> lengths;
  int steps = 0, most = 0;
  solve_sound(prepare, {.channels = 1, .steps = 15000, .seed = 2}, sampling("extend"), [&](const Tensor& part) { lengths.push_back(part.size(1)); },
              [&](int done, int total, const Tensor& x) {
                EXPECT_EQ(done, ++steps);
                most = total;
                EXPECT_LE(x.size(1), 50);  // ten minutes, and never more than a window at work
              });
  EXPECT_EQ(steps, most);
  EXPECT_EQ(std::accumulate(lengths.begin(), lengths.end(), int64_t{0}), 15000);
  EXPECT_LE(*std::max_element(lengths.begin(), lengths.end()), 50);
  for (size_t i = 1; i < seen.size(); ++i) {
    EXPECT_EQ(known_steps[i], 10);  // 0.4 s
    EXPECT_EQ(seen[i].start, seen[i - 1].end() - 10);
  }
  EXPECT_EQ(seen.back().end(), 15000);
}

TEST(SolveSound, WhatIsKnownIsNotMadeAgain) {
  auto mask = torch::zeros({200});
  mask.narrow(0, 150, 50).fill_(1);  // six seconds given, two to be added
  int prepared = 0;
  auto prepare = [&](const std::vector<Window>& w, const KnownLatents& k) { return ++prepared, linear_velocity(w, k); };
  auto known = torch::randn({1, 200}) * (1 - mask);
  auto out = solved(prepare, {.channels = 1, .steps = 200, .known = {known, mask}}, sampling("extend"));
  EXPECT_EQ(out.size(1), 200);
  EXPECT_LE(prepared, 2);
  EXPECT_TRUE(out.narrow(1, 0, 150).equal(known.narrow(1, 0, 150)));
  prepared = 0;
  EXPECT_TRUE(solved(prepare, {.channels = 1, .steps = 200, .known = {known, mask * 0}}, sampling("windows")).equal(known));
  EXPECT_EQ(prepared, 0);
}

TEST(SolveSound, TheRankerKeepsTheBestTakeAndTheFirstIsTheSeedsOwn) {
  LongSound sound{.channels = 2, .steps = 40, .seed = 9};
  auto own = solved(linear_velocity, sound, sampling());
  std::vector<double> ranks;
  sound.candidates = 5;
  sound.ranker = [&](const Tensor& x) { return ranks.push_back(x.sum().item<double>()), ranks.back(); };
  auto best = solved(linear_velocity, sound, sampling());
  ASSERT_EQ(ranks.size(), 5u);
  EXPECT_NEAR(best.sum().item<double>(), *std::max_element(ranks.begin(), ranks.end()), 1e-4);
  EXPECT_NEAR(own.sum().item<double>(), ranks[0], 1e-4);
  sound.ranker = {};
  EXPECT_THROW(solved(linear_velocity, sound, sampling()), UsageError);
}

TEST(SoundNoise, IsAFunctionOfSeedAndPlaceAlone) {
  auto whole = sound_noise(3, 4, {0, 60});
  EXPECT_TRUE(sound_noise(3, 4, {20, 30}).equal(whole.narrow(1, 20, 30)));
  EXPECT_FALSE(sound_noise(4, 4, {0, 60}).equal(whole));
  EXPECT_NEAR(sound_noise(3, 64, {0, 500}).std().item<double>(), 1, 0.02);
}

struct GenerateSoundTest : testing::Test {
  Tensor make(SoundRequest request) {
    std::vector<Tensor> parts;
    generate_sound(model, request, model.sampling, [&](const Tensor& part) { parts.push_back(part); });
    return at::cat(parts, 1);
  }
  SoundRequest request(double seconds) {
    at::NoGradGuard no_grad;
    torch::manual_seed(8);
    SoundRequest r;
    r.times_s = frame_times(static_cast<int64_t>(seconds * 16), 16);
    auto frames = torch::rand({static_cast<int64_t>(seconds * 16), 3, 16, 16}) * 2 - 1;
    r.features_FV = model.conditioner->frames(frames, frames.roll(1, 0));
    r.duration_s = seconds, r.caption = caption_text({.sounds = "a dog barks"}), r.seed = 6;
    return r;
  }
  SoundModel model = tiny_sound_model();
};

TEST_F(GenerateSoundTest, OneWindowThatCoversAllIsOnePiece) {
  auto plain = make(request(0.9));
  EXPECT_EQ(plain.sizes(), (std::vector<int64_t>{6, 23}));  // 22.5 latents
  for (const char* method : {"windows", "extend"}) {
    model.sampling.method = method;
    EXPECT_TRUE(make(request(0.9)).equal(plain)) << method;
  }
  for (const char* method : {"windows", "extend"}) {
    model.sampling.method = method;
    auto together = make(request(3.3));
    EXPECT_EQ(together.size(1), 83);
    model.sampling.windows_together = 1;
    EXPECT_LT((make(request(3.3)) - together).abs().max().item<float>(), 1e-3f);
    model.sampling.windows_together = 4;
  }
}

TEST_F(GenerateSoundTest, FollowsPictureTextSeedAndGivenSound) {
  auto r = request(0.8);
  auto plain = make(r);
  EXPECT_TRUE(make(r).equal(plain));
  auto differs = [&](const char* what, auto change) {
    auto changed = r;
    change(changed);
    EXPECT_GT((make(changed) - plain).abs().max().item<float>(), 1e-3f) << what;
  };
  differs("picture", [](SoundRequest& o) { o.features_FV = o.features_FV.flip({0}); });
  differs("no picture", [](SoundRequest& o) { o.features_FV = Tensor(), o.times_s = {}; });
  differs("text", [](SoundRequest& o) { o.caption = caption_text({.sounds = "rain"}); });
  differs("no text", [](SoundRequest& o) { o.caption = ""; });
  differs("seed", [](SoundRequest& o) { o.seed = 7; });
  auto mask = torch::ones({20});
  mask.narrow(0, 0, 5).zero_();
  differs("given sound", [&](SoundRequest& o) { o.known = {torch::ones({6, 20}) * (1 - mask), mask}; });
}

TEST_F(GenerateSoundTest, GuidanceOneTakesTheConditionsAsTheyAre) {
  auto r = request(0.8);
  model.sampling.guidance_scale = 1;
  auto plain = make(r);
  model.sampling.guidance_scale = 1 + 1e-5;  // the guided way, with as good as no guidance
  EXPECT_LT((make(r) - plain).abs().max().item<float>(), 1e-3f);
  model.sampling.guidance_scale = 3;
  EXPECT_GT((make(r) - plain).abs().max().item<float>(), 1e-2f);
}

TEST_F(GenerateSoundTest, RefusesAndStops) {
  for (auto change : {+[](SoundRequest& r) { r.duration_s = 0; }, +[](SoundRequest& r) { r.duration_s = 1e9; }, +[](SoundRequest& r) { r.times_s.pop_back(); },
                      +[](SoundRequest& r) { r.known = {torch::zeros({6, 3}), torch::ones({3})}; }, +[](SoundRequest& r) { r.candidates = 0; }}) {
    auto r = request(0.8);
    change(r);
    EXPECT_THROW(make(r), UsageError);
  }
  model.sampling.overlap_s = 1;
  EXPECT_THROW(make(request(0.8)), UsageError);
  model.sampling.overlap_s = 0.2;
  auto stop = [](int, int, const Tensor&) { throw Cancelled("stopped on request"); };
  EXPECT_THROW(generate_sound(model, request(0.8), model.sampling, [](const Tensor&) {}, stop), Cancelled);
}

TEST_F(GenerateSoundTest, ComesBackFromAModelFolder) {
  auto folder = (fs::path(testing::TempDir()) / "sound_model").string();
  fs::remove_all(folder);
  fs::create_directories(folder);
  save_transformer(folder, model.transformer, "f32");
  save_sound_conditioner(folder, model.conditioner, "f32");
  save_sound_sampling(folder, model.sampling);
  auto loaded = load_sound_model(folder);
  EXPECT_EQ(loaded.sampling.window_s, 1);
  auto r = request(0.8);
  auto expected = make(r);
  model = loaded;
  EXPECT_TRUE(make(r).equal(expected));
  fs::rename(folder + "/sound_tokenizer", folder + "/tokenizer");  // shared with the rest of the folder
  model = load_sound_model(folder);
  EXPECT_TRUE(make(r).equal(expected));
  auto path = folder + "/sound_scheduler/scheduler_config.json";
  for (const char* forged : {"", "[]", R"({"_class_name": "Other"})", R"({"_class_name": "MovieGenSoundScheduler", "window_s": -1})"}) {
    write_text(path, forged);
    EXPECT_THROW(load_sound_sampling(folder), Error) << forged;
  }
  fs::remove_all(folder);
}

TEST(SoundConditioner, NoTextIsOneToken) {
  auto model = tiny_sound_model();
  auto tokens = model.conditioner->tokenize({caption_text({.sounds = "a dog barks twice"}), ""});
  EXPECT_EQ(tokens.mask_BL[1].sum().item<int64_t>(), 1);
  EXPECT_GT(tokens.mask_BL[0].sum().item<int64_t>(), 10);
  EXPECT_THROW(model.conditioner->tokenize({}), UsageError);
  auto small = tiny_text();
  small.vocab_size = 100;
  auto [tokenizer, path] = read_tokenizer_model(MG_SOURCE_DIR "/models/mini");
  EXPECT_THROW(SoundConditioner(small, tiny_frames(), tokenizer, path), DataError);
}

}  // namespace
}  // namespace mg::audio
