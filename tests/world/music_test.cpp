#include "moviegen/data/world/music.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/data/world/music_player.h"

namespace mg::world {
namespace {

constexpr const char* kSoundfont = "/usr/share/sounds/sf2/TimGM6mb.sf2";

template <class F>
void for_each_plan(F f) {
  for (std::string_view mood : moods())
    for (std::string_view lead : leads())
      for (std::string_view tempo : tempos()) f(MusicPlan{.mood = mood, .lead = lead, .tempo = tempo, .beats_per_minute = 100, .seed = 7});
}

bool same(const Note& a, const Note& b) { return a.start_s == b.start_s && a.channel == b.channel && a.key == b.key && a.velocity == b.velocity; }

TEST(Music, EveryPlanBecomesATune) {
  for_each_plan([](const MusicPlan& plan) {
    Tune tune = compose(plan, 6);
    ASSERT_FALSE(tune.notes.empty());
    double last = 0;
    bool leads_at_once = false;
    for (const Note& note : tune.notes) {
      EXPECT_GE(note.start_s, last);
      EXPECT_LT(note.start_s, 6);
      EXPECT_TRUE(note.key > 0 && note.key < 128 && note.velocity > 0 && note.velocity < 128);
      leads_at_once = leads_at_once || (note.channel == 0 && note.start_s == 0);
      last = note.start_s;
    }
    EXPECT_TRUE(leads_at_once) << plan.mood;
  });
}

TEST(Music, ALongerTuneBeginsAsAShorterOne) {
  for (std::string_view mood : moods()) {
    MusicPlan plan{.mood = mood, .lead = "piano", .tempo = "medium", .beats_per_minute = 100, .seed = 3};
    Tune brief = compose(plan, 4.8), full = compose(plan, 19.2);  // 2 and 8 bars
    ASSERT_LT(brief.notes.size(), full.notes.size());
    for (size_t i = 0; i < brief.notes.size(); ++i) EXPECT_TRUE(same(brief.notes[i], full.notes[i])) << mood << " " << i;
  }
}

TEST(Music, SadIsMinorHappyIsMajorAndDanceHasAKickOnEveryBeat) {
  auto has_third = [](std::string_view mood, int semitones) {
    Tune tune = compose({.mood = mood, .lead = "piano", .tempo = "slow", .beats_per_minute = 60, .seed = 1}, 4);
    int root = 128, found = 0;
    for (const Note& note : tune.notes)
      if (note.channel == 2) root = std::min(root, note.key);
    for (const Note& note : tune.notes) found += note.channel == 1 && (note.key - root) % 12 == semitones;
    return found > 0;
  };
  EXPECT_TRUE(has_third("happy", 4) && !has_third("happy", 3));
  EXPECT_TRUE(has_third("sad", 3) && !has_third("sad", 4));
  int kicks = 0;
  for (const Note& note : compose({.mood = "dance", .lead = "synth", .tempo = "fast", .beats_per_minute = 120, .seed = 1}, 4).notes)
    if (note.channel == 9 && note.key == 36) {
      EXPECT_NEAR(note.start_s, 0.5 * kicks++, 1e-9);
    }
  EXPECT_EQ(kicks, 8);
}

TEST(Music, PlansVaryAndAreDescribed) {
  Generator generator(5, "plans");
  std::set<std::string> texts;
  for (int i = 0; i < 60; ++i) {
    MusicPlan plan = draw_music(generator);
    std::string text = describe(plan, generator);
    EXPECT_THAT(text, testing::HasSubstr(std::string(plan.mood)));
    EXPECT_THAT(text, testing::HasSubstr(std::string(plan.lead)));
    EXPECT_TRUE(plan.tempo == "slow" ? plan.beats_per_minute < 80 : plan.tempo == "fast" ? plan.beats_per_minute > 120 : plan.beats_per_minute > 80);
    texts.insert(text);
  }
  EXPECT_GT(texts.size(), 40u);
  EXPECT_EQ(draw_music(generator, "epic").mood, "epic");
  EXPECT_THROW(draw_music(generator, "bored"), NotFound);
}

TEST(MusicPlayer, WhatIsPlayedDoesNotDependOnWhatWasPlayedBefore) {
  if (!std::filesystem::exists(kSoundfont)) GTEST_SKIP() << "timgm6mb-soundfont is not installed";
  Tune tune = compose({.mood = "epic", .lead = "trumpet", .tempo = "fast", .beats_per_minute = 130, .seed = 1}, 1);
  Tune other = compose({.mood = "calm", .lead = "choir", .tempo = "slow", .beats_per_minute = 60, .seed = 2}, 1);
  MusicPlayer player(kSoundfont), second(kSoundfont);
  Stereo first = player.play(tune, 48000);
  player.play(other, 12345);
  EXPECT_EQ(first, player.play(tune, 48000));
  second.play(other, 777);
  EXPECT_EQ(first, second.play(tune, 48000));
  double energy = 0;
  for (float x : first) energy += static_cast<double>(x) * x;
  EXPECT_GT(energy, 1);
  EXPECT_THROW(MusicPlayer("/nowhere.sf2").play(tune, 64), DataError);
}

}  // namespace
}  // namespace mg::world
