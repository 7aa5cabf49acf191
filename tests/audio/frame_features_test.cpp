#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "moviegen/audio/frame_encoder.h"
#include "moviegen/audio/resample_features.h"
#include "moviegen/core/error.h"

namespace mg::audio {
namespace {

// Features that are the frame's number: what comes out says which frames a step is made of.
std::vector<float> resampled(const std::vector<double>& times, int64_t steps, Resampling method, int64_t first = 0) {
  auto numbers = at::arange(static_cast<int64_t>(times.size()), at::kFloat).unsqueeze(1);
  auto out = resample_features(numbers, frames_of_steps(times, steps, 25, method, first)).squeeze(1).contiguous();
  return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
}

TEST(ResampleFeatures, NearestTakesTheNewestFrameThatIsNotLater) {
  auto out = resampled(frame_times(32, 16), 50, Resampling::kNearest);
  for (int k = 0; k < 50; ++k) EXPECT_EQ(out[static_cast<size_t>(k)], std::floor(k * 16 / 25.0)) << k;  // facts 13
}

TEST(ResampleFeatures, LinearKeepsWhereTheStepLiesBetweenFrames) {
  auto out = resampled(frame_times(32, 16), 50, Resampling::kLinear);
  for (int k = 0; k < 49; ++k) EXPECT_NEAR(out[static_cast<size_t>(k)], k * 16 / 25.0, 1e-4) << k;
  EXPECT_EQ(out[49], 31);  // step 49 is at frame 31.36: after the last one the picture stands still
  auto crop = resampled(frame_times(32, 16), 10, Resampling::kLinear, 20);
  for (size_t k = 0; k < 10; ++k) EXPECT_EQ(crop[k], out[k + 20]);
}

TEST(ResampleFeatures, OneFrameManyFramesGapsAndOddTimes) {
  EXPECT_EQ(resampled({0.7}, 3, Resampling::kLinear), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(resampled(frame_times(300, 250), 3, Resampling::kLinear), (std::vector<float>{0, 10, 20}));  // faster than 25 a second
  EXPECT_EQ(resampled({1.0, 2.0}, 3, Resampling::kLinear, 25), (std::vector<float>{0, 0, 0}));           // a gap is no cross-fade
  EXPECT_EQ(resampled({0.0, 0.1, 0.1, 0.1}, 4, Resampling::kNearest), (std::vector<float>{0, 0, 0, 3}));  // equal times: the last one counts
  auto late = resampled({0.1, 0.2}, 8, Resampling::kLinear);
  EXPECT_EQ(late[0], 0);
  EXPECT_NEAR(late[4], 0.6, 1e-5);
  EXPECT_EQ(late[7], 1);
}

TEST(ResampleFeatures, ItemsOfABatchHaveTheirOwnFrames) {
  auto features = torch::randn({2, 6, 3});
  std::vector<StepFrames> frames{frames_of_steps(frame_times(6, 16), 5, 25, Resampling::kLinear),
                                 frames_of_steps(frame_times(6, 16, 0.01), 5, 25, Resampling::kLinear, 2)};
  auto both = resample_features(features, frames);
  for (int64_t b : {0, 1}) EXPECT_TRUE(both[b].equal(resample_features(features[b], frames[static_cast<size_t>(b)])));
}

TEST(ResampleFeatures, RefusesTimesThatAreNone) {
  for (const auto& times : std::vector<std::vector<double>>{{}, {0.2, 0.1}, {0.0, std::numeric_limits<double>::quiet_NaN()}})
    EXPECT_THROW(frames_of_steps(times, 2, 25, Resampling::kNearest), UsageError);
  EXPECT_THROW(parse_resampling("cubic"), UsageError);
}

FrameEncoderConfig tiny() {
  FrameEncoderConfig c;
  c.image_size = 16, c.strides = {4, 2}, c.widths = {8, 12}, c.blocks = {1, 2}, c.features = 10;
  return c;
}

TEST(FrameEncoder, TakesAnySizeFrameByFrame) {
  torch::manual_seed(1);
  FrameEncoder encoder(tiny());
  torch::NoGradGuard no_grad;
  for (auto [height, width] : {std::pair{16, 16}, {37, 90}, {5, 3}}) {
    auto frames = torch::rand({2, 3, height, width}) * 2 - 1;
    EXPECT_EQ(encoder(frames, frames).sizes(), (std::vector<int64_t>{2, 10}));
  }
  auto frames = torch::rand({4, 3, 32, 48}) * 2 - 1;
  auto earlier = frames.roll(1, 0);
  EXPECT_TRUE(at::allclose(encoder(frames, earlier)[2], encoder(frames.narrow(0, 2, 1), frames.narrow(0, 1, 1))[0], 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(encoder(frames, earlier), encoder(frames, frames), 1e-2, 1e-2)) << "change is seen";
  EXPECT_THROW(encoder(torch::rand({2, 1, 16, 16}), torch::rand({2, 1, 16, 16})), UsageError);
  EXPECT_THROW(encoder(torch::rand({0, 3, 16, 16}), torch::rand({0, 3, 16, 16})), UsageError);
  EXPECT_THROW(encoder(frames, frames.narrow(0, 0, 2)), UsageError);
  auto config = tiny();
  config.sees_change = false;
  FrameEncoder still(config);
  EXPECT_TRUE(still(frames, earlier).equal(still(frames, frames)));
}

TEST(EarlierFrames, LieAtLeastFiftyMillisecondsBack) {
  using V = std::vector<int64_t>;
  EXPECT_EQ(earlier_frames(frame_times(5, 16)), (V{0, 0, 1, 2, 3}));
  EXPECT_EQ(earlier_frames(frame_times(6, 25)), (V{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(earlier_frames(frame_times(6, 30)), (V{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(earlier_frames({0.0, 0.3, 0.305, 0.36}), (V{0, 0, 0, 2}));
  EXPECT_TRUE(earlier_frames({}).empty());
}

TEST(FrameEncoder, SeesWhereThingsAre) {
  torch::manual_seed(1);
  FrameEncoder encoder(tiny());
  torch::NoGradGuard no_grad;
  auto at_column = [&](int64_t x) {
    auto frame = torch::full({1, 3, 16, 16}, -1.0);
    frame.slice(2, 4, 8).slice(3, x, x + 4).fill_(1);
    return encoder(frame, frame);
  };
  auto left = at_column(0), right = at_column(12);
  EXPECT_GT((left - right).norm().item<double>(), 0.3 * left.norm().item<double>());  // pooled over the grid they would be nearly equal
}

TEST(FrameEncoder, CountMatchesTheModuleAndEveryParameterLearns) {
  FrameEncoder encoder(tiny());
  int64_t count = 0;
  encoder(torch::rand({3, 3, 16, 16}) * 2 - 1, torch::rand({3, 3, 16, 16}) * 2 - 1).square().sum().backward();
  for (const auto& p : encoder->named_parameters()) {
    count += p.value().numel();
    EXPECT_GT(p.value().grad().abs().max().item<float>(), 0.0f) << p.key();
  }
  EXPECT_EQ(parameter_count(encoder->config), count);
  auto mini = parameter_count(FrameEncoderConfig{});
  EXPECT_GT(mini, 500'000);
  EXPECT_LT(mini, 1'000'000);
  EXPECT_LT(forward_flops(FrameEncoderConfig{}), 15e6);  // 32 frames of a 2 s clip cost less than its 50 tokens in the transformer
}

TEST(FrameEncoder, RefusesShapesThatDoNotDivide) {
  auto config = tiny();
  config.strides = {4, 3};
  EXPECT_THROW(FrameEncoder{config}, UsageError);
  config = tiny(), config.blocks = {1};
  EXPECT_THROW(FrameEncoder{config}, UsageError);
}

TEST(ResizeArea, IsTheMeanOfTheCoveredArea) {
  auto pixels = torch::randn({2, 3, 6, 9});
  EXPECT_TRUE(at::allclose(resize_area(pixels, 3), at::avg_pool2d(pixels, {2, 3}), 1e-5, 1e-6));
  auto odd = resize_area(pixels, 4);  // 6 rows to 4: a row and a half each
  auto first = (pixels[0][0][0] + pixels[0][0][1] * 0.5) / 1.5;
  auto expected = (first[0] + first[1] + first[2] * 0.25) / 2.25;
  EXPECT_NEAR(odd[0][0][0][0].item<double>(), expected.item<double>(), 1e-5);
  EXPECT_NEAR(odd.mean().item<double>(), pixels.mean().item<double>(), 1e-5);
  EXPECT_EQ(resize_area(pixels, 12).size(2), 12);
}

}  // namespace
}  // namespace mg::audio
