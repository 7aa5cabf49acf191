#include "moviegen/generate/sound_prompt.h"

#include <gtest/gtest.h>

namespace mg::generate {
namespace {

TEST(SoundPrompt, TellsMusicFromSounds) {
  auto caption = parse_sound_prompt("rain on leaves, a dog barks once, calm piano");
  EXPECT_EQ(caption.sounds, "rain on leaves, a dog barks once");
  EXPECT_EQ(caption.music_description, "calm piano");
  EXPECT_EQ(caption.music, 1);
  EXPECT_EQ(caption.quality, 8);
}

TEST(SoundPrompt, WithoutMusicIsOfQualitySeven) {
  auto caption = parse_sound_prompt("Footsteps on snow; no music.");
  EXPECT_EQ(caption.sounds, "Footsteps on snow");
  EXPECT_TRUE(caption.music_description.empty());
  EXPECT_EQ(caption.music, 0);
  EXPECT_EQ(caption.quality, 7);
}

TEST(SoundPrompt, MusicIsAWholeWord) {
  EXPECT_EQ(parse_sound_prompt("a harpoon is thrown").sounds, "a harpoon is thrown");
  EXPECT_EQ(parse_sound_prompt("a Jazz-like tune").music_description, "a Jazz-like tune");
}

TEST(SoundPrompt, EmptyAndOddPromptsAreFine) {
  EXPECT_TRUE(parse_sound_prompt("").sounds.empty());
  EXPECT_TRUE(parse_sound_prompt(" , ;; ,").sounds.empty());
  EXPECT_EQ(parse_sound_prompt("wind,,rain").sounds, "wind, rain");
}

}  // namespace
}  // namespace mg::generate
