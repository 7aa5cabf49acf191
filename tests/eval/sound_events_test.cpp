#include "moviegen/eval/sound_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "moviegen/core/random.h"

namespace mg::eval {
namespace {

int64_t hits(std::vector<double> events, std::vector<double> onsets, double tolerance = kTolerance_s) { return match_onsets(events, onsets, tolerance).hits; }

TEST(MatchOnsets, HandCases) {
  EXPECT_EQ(hits({}, {}), 0);
  EXPECT_EQ(hits({1}, {}), 0);
  EXPECT_EQ(hits({}, {1}), 0);
  EXPECT_EQ(hits({0.5, 1.0, 1.5}, {0.52, 0.97, 1.9}), 2);
  EXPECT_EQ(hits({0.5, 1.0}, {0.0, 0.1, 0.2, 0.3, 1.01}), 1);
}

TEST(MatchOnsets, EachAtMostOnce) {
  EXPECT_EQ(hits({1.0}, {0.95, 1.0, 1.05}), 1);
  EXPECT_EQ(hits({0.95, 1.0, 1.05}, {1.0}), 1);
  // The first event must take the earlier onset, or the second gets none.
  EXPECT_EQ(hits({1.00, 1.10}, {0.93, 1.04}), 2);
  EXPECT_EQ(hits({1.00, 1.10}, {1.07, 1.16}), 2);
}

TEST(MatchOnsets, ToleranceIsABoundOnBothSides) {
  EXPECT_EQ(hits({1.0}, {1.0 + 0.0799}), 1);
  EXPECT_EQ(hits({1.0}, {1.0 - 0.0799}), 1);
  EXPECT_EQ(hits({1.0}, {1.0 + 0.0801}), 0);
  EXPECT_EQ(hits({1.0}, {1.0 - 0.0801}), 0);
  EXPECT_EQ(hits({1.0}, {1.25}, 0.25), 1);
  EXPECT_EQ(hits({1.0}, {1.0}, 0), 1);
}

// By trying every assignment.
int64_t most_hits(const std::vector<double>& events, const std::vector<double>& onsets, double tolerance, size_t next = 0, uint64_t used = 0) {
  if (next == events.size()) return 0;
  int64_t best = most_hits(events, onsets, tolerance, next + 1, used);
  for (size_t i = 0; i < onsets.size(); ++i)
    if (!(used >> i & 1) && std::abs(onsets[i] - events[next]) <= tolerance)
      best = std::max(best, 1 + most_hits(events, onsets, tolerance, next + 1, used | uint64_t{1} << i));
  return best;
}

TEST(MatchOnsets, FindsAsManyPairsAsThereAre) {
  Generator generator(3, "match");
  auto draw = [&] {
    std::vector<double> times;
    for (int i = generator.below(7); i > 0; --i) times.push_back(generator.uniform());
    std::sort(times.begin(), times.end());
    return times;
  };
  for (int trial = 0; trial < 300; ++trial) {
    auto events = draw(), onsets = draw();
    EXPECT_EQ(hits(events, onsets), most_hits(events, onsets, kTolerance_s)) << trial;
  }
}

// Onsets at random times hit an event with probability 1 − exp(−2·tolerance·rate).
TEST(MatchOnsets, RandomOnsetsHitAsOftenAsChanceSays) {
  Generator generator(4, "chance");
  for (double rate : {0.5, 2.0, 5.0}) {
    OnsetCount sum;
    for (int clip = 0; clip < 4000; ++clip) {
      double event = generator.uniform(0.5, 1.5);
      std::vector<double> onsets;
      for (double t = -std::log(1 - generator.uniform()) / rate; t < 2; t -= std::log(1 - generator.uniform()) / rate) onsets.push_back(t);
      sum += match_onsets(std::vector<double>{event}, onsets);
    }
    EXPECT_NEAR(sum.event_share(), 1 - std::exp(-2 * kTolerance_s * rate), 0.025) << rate;
  }
}

TEST(OnsetCount, SharesAndF1) {
  OnsetCount sum;
  EXPECT_TRUE(std::isnan(sum.event_share()) && std::isnan(sum.onset_share()) && std::isnan(sum.f1()));
  sum += {4, 2, 1};
  sum += {0, 3, 0};
  EXPECT_DOUBLE_EQ(sum.event_share(), 0.25);
  EXPECT_DOUBLE_EQ(sum.onset_share(), 0.2);
  EXPECT_DOUBLE_EQ(sum.f1(), 2.0 / 9);
}

SoundEvent step(double t, bool visible = true, bool loop = false, double gain = 1) {
  return {.sound_class = "step", .kind = "contact", .time_s = t, .gain = gain, .visible = visible, .loop = loop};
}

TEST(VisibleTimes, LeaveOutWhatCannotBeAskedFor) {
  std::vector<SoundEvent> events{step(1.2), step(0.4, false), step(0.3), step(0.0, true, true), step(0.7, true, false, 0.01), step(1.97)};
  EXPECT_EQ(visible_times(events, 2), (std::vector<double>{0.3, 1.2}));
}

TEST(VisibleTimes, MergeWhatSoundsAsOne) {
  std::vector<SoundEvent> events{step(0.5), step(0.55), step(0.58), step(1.0), step(1.07)};
  EXPECT_EQ(visible_times(events, 2), (std::vector<double>{0.5, 0.58, 1.0, 1.07}));
}

TEST(ReadEvents, TakesTheWorldsEntries) {
  auto events = read_events(Json::parse(R"([{"frame": 3, "time_s": 0.2, "sound": "dog_bark", "class": "bark", "kind": "call", "gain": 0.5, "visible": true, "x": 0.1},
                                            {"time_s": 0, "sound": "rain", "loop": true}])"));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].sound_class, "bark");
  EXPECT_EQ(events[0].kind, "call");
  EXPECT_DOUBLE_EQ(events[0].gain, 0.5);
  EXPECT_TRUE(events[0].visible && !events[0].loop);
  EXPECT_EQ(events[1].sound_class, "rain");
  EXPECT_TRUE(events[1].loop && !events[1].visible);
  EXPECT_TRUE(read_events(Json()).empty());
}

TEST(ReadEvents, RefusesForgedOnes) {
  for (const char* text : {R"({"a": 1})", R"([1])", R"([{"time_s": 0}])", R"([{"sound": "x"}])", R"([{"sound": "x", "time_s": -1}])", R"([{"sound": "x", "time_s": "0"}])",
                           R"([{"sound": 7, "time_s": 0}])", R"([{"sound": "x", "time_s": 0, "visible": 1}])", R"([{"sound": "x", "time_s": 0, "gain": null}])"})
    EXPECT_THROW(read_events(Json::parse(text)), DataError) << text;
}

}  // namespace
}  // namespace mg::eval
