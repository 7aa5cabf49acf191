#include "moviegen/audio/dac_vae_bands.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

namespace mg::audio {
namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(Bands, GiveTheSoundBackBetweenTheEnds) {
  torch::manual_seed(1);
  for (int64_t p : {2, 4, 64}) {
    auto basis = mdct_basis(p);
    EXPECT_LT(largest_difference(basis.matmul(basis.t()), torch::eye(p)), 1e-5);
    auto sound = torch::randn({2, 10 * p});
    auto bands = to_bands(sound, basis);
    ASSERT_EQ(bands.sizes().vec(), (std::vector<int64_t>{2, 10, p}));
    auto back = from_bands(bands, basis);
    ASSERT_EQ(back.sizes(), sound.sizes());
    EXPECT_LT(largest_difference(back.narrow(1, p, 8 * p), sound.narrow(1, p, 8 * p)), 1e-4);
  }
}

TEST(Bands, OfWhiteNoiseAreWhiteAndBack) {
  torch::manual_seed(2);
  auto basis = mdct_basis(16);
  auto sound = from_bands(0.3 * torch::randn({1, 4000, 16}), basis);
  EXPECT_NEAR(sound.std().item<double>(), 0.3, 0.005);
  EXPECT_LT(largest_difference(to_bands(sound, basis).std(1), torch::full({1, 16}, 0.3)), 0.03);
}

TEST(Envelope, IsTheLevelOfEachBandAndBack) {
  torch::manual_seed(3);
  auto amplitude = torch::tensor({1.0, 0.1, 1e-3, 1e-7});
  auto bands = amplitude * torch::ones({2, 2 * 3 * 5, 4});  // two latents of three slots of five frames
  auto envelope = envelope_of(bands, 5, 3);
  ASSERT_EQ(envelope.sizes().vec(), (std::vector<int64_t>{2, 2, 12}));
  auto back = amplitudes_of(envelope.unflatten(2, {3, 4}));
  EXPECT_NEAR(back[1][1][2][0].item<double>(), 1, 1e-4);
  EXPECT_NEAR(back[0][0][0][1].item<double>(), 0.1, 1e-5);
  EXPECT_NEAR(back[0][1][1][2].item<double>(), 1e-3, 1e-6);
  EXPECT_LT(back[0][0][2][3].item<double>(), 2e-5);  // silence is −100 dB
  for (double wild : {1e9, -1e9}) EXPECT_TRUE(amplitudes_of(torch::full({1}, wild)).isfinite().all().item<bool>());
}

TEST(SmoothestWaves, AreOrthonormalAndBeginWithTheMean) {
  auto rows = smoothest_waves(32, 5, 64);
  EXPECT_LT(largest_difference(rows.matmul(rows.t()), torch::eye(32)), 1e-5);
  EXPECT_LT(largest_difference(rows[0], torch::full({320}, 1 / std::sqrt(320.0))), 1e-6);
  EXPECT_EQ(smoothest_waves(9, 2, 3).narrow(0, 6, 3).abs().max().item<double>(), 0);  // there are six
}

}  // namespace
}  // namespace mg::audio
