#include "moviegen/nn/profile.h"

#include <gtest/gtest.h>

#include "moviegen/core/error.h"
#include "moviegen/nn/ops.h"

namespace mg::nn {
namespace {

const Profile::Row* find(const std::vector<Profile::Row>& rows, const std::string& phase, const std::string& operation) {
  for (const auto& row : rows)
    if (row.phase == phase && row.operation == operation) return &row;
  return nullptr;
}

TEST(Profile, CountsTheProductsOfEveryPhase) {
  set_compute(Compute::kF32);
  auto x = torch::randn({8, 32}).requires_grad_(), w = torch::randn({16, 32}).requires_grad_();
  nn::linear(x, w).sum().backward();
  Profile profile;
  for (int i = 0; i < 3; ++i) nn::linear(x, w).sum().backward();
  {
    RECORD_USER_SCOPE("phase optimizer");
    w.detach().mul_(0.5);
  }
  auto rows = profile.rows();
  auto* forward = find(rows, "forward", "linear");
  ASSERT_TRUE(forward);
  EXPECT_EQ(forward->calls, 3);
  EXPECT_EQ(forward->flops, 3 * 2.0 * 8 * 32 * 16);
  EXPECT_GT(forward->seconds, 0);
  auto* backward = find(rows, "backward", "LinearFunction");
  ASSERT_TRUE(backward);
  EXPECT_EQ(backward->flops, 2 * forward->flops);
  EXPECT_TRUE(find(rows, "optimizer", "aten::mul_"));
  EXPECT_FALSE(find(rows, "forward", "aten::mul_"));
}

TEST(Profile, TimeInsideIsNotCountedTwice) {
  Profile profile;
  auto start = std::chrono::steady_clock::now();
  {
    RECORD_USER_SCOPE("outer");
    [&] {
      RECORD_USER_SCOPE("inner");
      while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(20)) {
      }
    }();
  }
  auto rows = profile.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].operation, "inner");
  EXPECT_GT(rows[0].seconds, 0.015);
  EXPECT_LT(rows[1].seconds, rows[0].seconds);
}

TEST(Profile, OneAThread) {
  Profile profile;
  EXPECT_THROW(Profile(), InternalError);
}

}  // namespace
}  // namespace mg::nn
