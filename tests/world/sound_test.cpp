// What a clip of the world sounds like, with everything made by code: the sample pack has no recordings.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/data/world/pack.h"
#include "moviegen/data/world/sound_class.h"
#include "moviegen/data/world/sound_mix.h"
#include "moviegen/data/world/sound_synthesis.h"
#include "moviegen/data/world/world.h"
#include "moviegen/media/onsets.h"
#include "moviegen/media/sound.h"

namespace mg::world {
namespace {

const std::string kSource = MG_SOURCE_DIR;

std::shared_ptr<World> fresh_world() { return World::open(kSource + "/tests/data/world_sample", kSource + "/recipes/world/held_out.toml"); }

std::shared_ptr<World> sample_world() {
  static auto world = fresh_world();
  return world;
}

// Without pictures; 2 s at 16 frames a second.
RenderOptions listening() {
  RenderOptions options;
  options.width = options.height = 32, options.frames = 32, options.fps = 16;
  options.sound = true, options.pictures = false;
  return options;
}

// Only what events make.
RenderOptions bare() {
  RenderOptions options = listening();
  options.music = 0, options.surroundings = false, options.poor_sound = 0;
  return options;
}

media::Sound sound_of(const Clip& clip) { return {.sample_rate = kSoundRate, .channels = 2, .samples = clip.sound}; }

TEST(WorldSound, IsAsLongAsTheClip) {
  RenderOptions options = listening();
  for (auto [frames, fps] : {std::pair{32, 16.0}, {5, 24.0}, {7, 30.0}}) {
    options.frames = frames, options.fps = fps;
    EXPECT_EQ(sample_world()->render(3, options).sound.size(), 2 * static_cast<size_t>(std::lround(frames / fps * kSoundRate)));
  }
  options.frames = 1;
  EXPECT_TRUE(sample_world()->render(3, options).sound.empty());
}

TEST(WorldSound, PicturesAndSoundDoNotDependOnEachOther) {
  RenderOptions both = listening(), seen = listening(), heard = listening();
  both.pictures = seen.pictures = true, seen.sound = false;
  both.frames = seen.frames = heard.frames = 12;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Clip all = sample_world()->render(seed, both), picture = sample_world()->render(seed, seen), sound = sample_world()->render(seed, heard);
    EXPECT_EQ(all.rgb, picture.rgb);
    EXPECT_EQ(all.sound, sound.sound);
    EXPECT_TRUE(sound.rgb.empty());
    EXPECT_TRUE(picture.sound.empty());
    for (const Clip* other : {&picture, &sound}) {
      EXPECT_EQ(all.events, other->events);
      EXPECT_EQ(all.labels, other->labels);
      EXPECT_EQ(all.captions.full, other->captions.full);
    }
  }
}

TEST(WorldSound, ThreadsDoNotChangeIt) {
  constexpr int kClips = 12;
  RenderOptions options = listening();
  options.music = 0.6;
  std::vector<Clip> serial(kClips), parallel(kClips);
  for (int i = 0; i < kClips; ++i) serial[i] = sample_world()->render(i, options);
  auto world = fresh_world();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = kClips - 1 - t; i >= 0; i -= 4) parallel[i] = world->render(i, options);
    });
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < kClips; ++i) {
    EXPECT_EQ(serial[i].sound, parallel[i].sound) << "seed " << i;
    EXPECT_EQ(caption_text(serial[i].sound_caption), caption_text(parallel[i].sound_caption));
  }
}

TEST(WorldSound, EventsAreHeardWhenTheyHappen) {
  int events = 0, heard = 0, alone = 0, alone_heard = 0;
  std::string missed;
  for (uint64_t seed = 0; seed < 90; ++seed) {
    Clip clip = sample_world()->render(seed, bare());
    std::vector<double> onsets = media::detect_onsets(sound_of(clip)), times;
    bool loops = false;
    for (const auto& event : clip.events) {
      loops = loops || event.value("loop", false);
      if (!event.value("loop", false)) times.push_back(event["time_s"].get<double>());
    }
    double busy_until = -1;  // a loud sound hides the soft ones that begin while it lasts
    for (const auto& event : clip.events) {
      if (event.value("loop", false) || event["gain"].get<double>() < 0.4) continue;
      double t = event["time_s"].get<double>();
      if (t < 0.05 || t > clip.frames / clip.fps - 0.05) continue;  // the detector needs something before and after
      bool found = std::any_of(onsets.begin(), onsets.end(), [&](double onset) { return std::abs(onset - t) <= 0.03; });
      ++events, heard += found;
      auto close = std::count_if(times.begin(), times.end(), [&](double other) { return std::abs(other - t) < 0.06; });
      if (!loops && close == 1 && t > busy_until) {
        ++alone, alone_heard += found;
        if (!found) missed += fmt::format("seed {}: {} at {} s; ", seed, event["class"].get<std::string>(), t);
      }
      busy_until = std::max(busy_until, t + (event["kind"] == "contact" ? 0.15 : 2.0));
    }
  }
  EXPECT_GE(alone, 80);
  EXPECT_GE(alone_heard, 0.98 * alone) << missed;  // the detector itself misses one in a hundred
  EXPECT_GE(heard, 0.85 * events) << heard << " of " << events;
}

TEST(WorldSound, LoudnessAndPeaksAreBounded) {
  int at_target = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Clip clip = sample_world()->render(seed, listening());
    media::Loudness loudness = media::measure_loudness(sound_of(clip));
    EXPECT_LE(loudness.true_peak_db, -0.9) << "seed " << seed;
    EXPECT_LE(loudness.integrated_lufs, -22) << "seed " << seed;
    at_target += loudness.integrated_lufs >= -25;
  }
  EXPECT_GE(at_target, 30);  // others are so soft that their gain is bounded, or lose peaks to the limiter
}

TEST(WorldSound, CaptionsSayWhatIsHeard) {
  static const std::vector<std::string> kCounts = {"", "", "twice", "three times", "four times"};
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Clip clip = sample_world()->render(seed, listening());
    const SoundCaption& caption = clip.sound_caption;
    EXPECT_FALSE(caption.speech || caption.singing);
    EXPECT_GE(caption.quality, 1);
    EXPECT_LE(caption.quality, 10);
    bool music = false;
    int calls = 0;
    for (const auto& event : clip.events) {
      if (event["kind"] == "music") {
        music = true;
        EXPECT_THAT(caption.music_description, testing::HasSubstr(event["mood"].get<std::string>()));
        EXPECT_THAT(caption.music_description, testing::HasSubstr(event["lead"].get<std::string>()));
      }
      for (auto [sound, word] : {std::pair{"footsteps", "steps"}, {"rain", "rain"}, {"thunder", "thunder"}})
        EXPECT_TRUE(event["sound"] != sound || caption.sounds.find(word) != std::string::npos) << caption.sounds;
      calls += event["kind"] == "call" && event["subject"] == clip.labels["subjects"][0]["subject"];
    }
    EXPECT_EQ(caption.music, music ? 1 : 0);
    EXPECT_EQ(caption.music_description.empty(), !music);
    if (calls >= 2 && calls <= 4) {
      EXPECT_THAT(caption.sounds, testing::HasSubstr(kCounts[calls])) << seed;
    }
  }
}

TEST(WorldSound, ABodySwellsAtItsCall) {
  RenderOptions options = listening();
  options.pictures = true, options.sound = false, options.width = options.height = 64;
  const nlohmann::json scene = {{"subject", "lion"}, {"place", "meadow"}, {"motion", "stand"}, {"camera", "static"}};
  int calls = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Clip clip = sample_world()->render_scene(scene, seed, options);
    const auto& boxes = clip.labels["subjects"][0]["boxes"];
    auto height = [&](int frame) { return boxes[frame][3].get<double>() - boxes[frame][1].get<double>(); };
    for (const auto& event : clip.events) {
      if (event["kind"] != "call") continue;
      int before = event["frame"].get<int>(), at = before + 1;  // the first frame after the call
      if (at + 1 >= clip.frames) continue;
      EXPECT_GT(std::max(height(at), height(at + 1)) / height(before), 1.05) << "seed " << seed;
      EXPECT_NE(0, std::memcmp(clip.rgb.data() + at * 64 * 64 * 3, clip.rgb.data() + before * 64 * 64 * 3, 64 * 64 * 3));
      ++calls;
    }
  }
  EXPECT_GE(calls, 6);
}

TEST(WorldSound, PoorSoundIsLabelledPoor) {
  RenderOptions poor = listening(), good = listening();
  poor.poor_sound = 1, good.poor_sound = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Clip bad = sample_world()->render(seed, poor), fine = sample_world()->render(seed, good);
    EXPECT_LE(bad.sound_caption.quality, 4);
    EXPECT_GE(fine.sound_caption.quality, 6);
    EXPECT_NE(bad.sound, fine.sound);
  }
}

TEST(WorldSound, ThunderComesWithTheLightning) {
  RenderOptions options = bare();
  const nlohmann::json scene = {{"subject", "cow"}, {"place", "meadow"}, {"motion", "stand"}, {"weather", "storm"}, {"time", "night"}};
  options.pictures = true, options.width = options.height = 64;
  int strokes = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    Clip clip = sample_world()->render_scene(scene, seed, options);
    auto mean = [&](int frame) {
      size_t size = 64 * 64 * 3;
      double sum = 0;
      for (size_t i = 0; i < size; ++i) sum += clip.rgb[size * frame + i];
      return sum / size;
    };
    for (const auto& event : clip.events) {
      if (event["kind"] != "thunder") continue;
      int before = event["frame"].get<int>();
      if (before + 1 >= clip.frames) continue;
      EXPECT_GT(mean(before + 1), mean(before) + 2) << "seed " << seed;
      ++strokes;
    }
  }
  EXPECT_GE(strokes, 3);
}

TEST(SoundClasses, EverySubjectsSoundIsKnown) {
  const std::set<std::string> heard_otherwise = {"", "footsteps", "hop_boing", "ball_bounce", "apple_bite", "eat", "music", "fanfare", "rain", "wind", "birds", "roll", "pour", "sip"};
  for (const Subject& subject : read_cast(read_toml(kSource + "/recipes/world/subjects.toml"), "subjects.toml").subjects)
    EXPECT_TRUE(own_sound(subject) || heard_otherwise.contains(subject.sound)) << subject.name << ": " << subject.sound;
  EXPECT_THROW(sound_class_named("silence"), NotFound);
}

TEST(SoundSynthesis, EveryClassIsMadeAndBeginsAtOnce) {
  for (const SoundClass& sound : sound_classes()) {
    Samples one = synthesize(sound.name, Generator(1, sound.name)), other = synthesize(sound.name, Generator(2, sound.name));
    EXPECT_EQ(one, synthesize(sound.name, Generator(1, sound.name))) << sound.name;
    EXPECT_NE(one, other) << sound.name;
    float peak = 0;
    for (float x : one) {
      ASSERT_TRUE(std::isfinite(x)) << sound.name;
      peak = std::max(peak, std::abs(x));
    }
    EXPECT_GT(peak, 0.001) << sound.name;
    if (is_looped(sound.kind)) continue;
    auto first = std::find_if(one.begin(), one.end(), [&](float x) { return std::abs(x) > 0.03f * peak; });
    EXPECT_LT(first - one.begin(), kSoundRate / 50) << sound.name;
  }
  EXPECT_THROW(synthesize("nothing", Generator(1)), NotFound);
}

TEST(SoundMix, SidesAndTimesAreKept) {
  Take take{.samples = Samples(480, 0.5f)};
  SoundEvent event{.time_s = 0.01, .sound = &sound_class_named("thud"), .subject = "", .surface = ""};
  event.x = -1;
  Stereo mix(2 * 2400, 0.0f);
  add_shot(take, event, 1, mix);
  EXPECT_EQ(mix[2 * 479], 0.0f);
  EXPECT_NEAR(mix[2 * 480], 0.5f, 1e-6);
  for (size_t i = 0; i < 2400; ++i) EXPECT_NEAR(mix[2 * i + 1], 0, 1e-6);
  // A loop that crosses the frame has the same power everywhere.
  SoundEvent loop{.sound = &sound_class_named("car_engine"), .subject = "", .surface = ""};
  loop.x = -1, loop.x_end = 1;
  Stereo moving(2 * 4800, 0.0f);
  add_loop(take, loop, 0, moving);
  for (size_t i = 0; i < 4800; i += 100) EXPECT_NEAR(std::hypot(moving[2 * i], moving[2 * i + 1]), 0.5, 0.01);
  EXPECT_GT(moving[0], 0.49f);
  EXPECT_GT(moving[2 * 4799 + 1], 0.49f);
}

}  // namespace
}  // namespace mg::world
