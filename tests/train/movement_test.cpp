#include "moviegen/train/tasks/movement.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace mg::train {
namespace {

// A bright column that goes one pixel a frame over a ground with a still pattern.
at::Tensor passing_column(int64_t films) {
  torch::manual_seed(5);
  auto ground = (torch::rand({1, 3, 1, 16, 16}) * 0.4 - 0.8).expand({films, 3, 8, 16, 16}).clone();
  for (int64_t t = 0; t < 8; ++t) ground.select(2, t).narrow(3, t + 1, 1).fill_(1);
  return ground;
}

TEST(Movement, IsWhereFramesDifferAndAPixelAround) {
  auto moves = where_it_moves(passing_column(1));
  EXPECT_EQ(moves.sizes().vec(), (std::vector<int64_t>{1, 1, 8, 16, 16}));
  EXPECT_EQ(moves.narrow(4, 11, 5).max().item<float>(), 0.0f);
  auto fourth = moves[0][0][3];  // the column is at 4, was at 3 and will be at 5
  EXPECT_EQ(fourth.narrow(1, 2, 5).min().item<float>(), 1.0f);
  EXPECT_EQ(fourth.narrow(1, 7, 9).max().item<float>(), 0.0f);
  EXPECT_EQ(fourth.narrow(1, 0, 2).max().item<float>(), 0.0f);
}

TEST(Movement, SoftensWhatMovesOfSomeFilms) {
  auto films = passing_column(24);
  Generator generator(3, "films"), again(3, "films");
  auto soft = soften_movement(films, 0.5, generator);
  EXPECT_TRUE(at::equal(soft, soften_movement(films, 0.5, again)));
  EXPECT_TRUE(at::equal(soft.narrow(4, 11, 5), films.narrow(4, 11, 5)));  // where nothing moves
  int64_t changed = 0;
  for (int64_t i = 0; i < 24; ++i) changed += !at::equal(soft[i], films[i]);
  EXPECT_GE(changed, 5);
  EXPECT_LE(changed, 18);
  auto change_of = [](const at::Tensor& x) { return (x.narrow(2, 1, 7) - x.narrow(2, 0, 7)).abs().mean().item<double>(); };
  EXPECT_LT(change_of(soft), 0.95 * change_of(films));
  EXPECT_LE(soft.max().item<float>(), 1.0f);
  EXPECT_GE(soft.min().item<float>(), -1.0f);
  EXPECT_TRUE(at::equal(passing_column(24), films)) << "what is given stays as it is";
}

TEST(Movement, LeavesPicturesAndAShareOfNone) {
  Generator generator(3, "films");
  auto films = passing_column(4);
  EXPECT_TRUE(at::equal(soften_movement(films, 0, generator), films));
  auto stills = films.narrow(2, 0, 1);
  EXPECT_TRUE(at::equal(soften_movement(stills, 1, generator), stills));
}

}  // namespace
}  // namespace mg::train
