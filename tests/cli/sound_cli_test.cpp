// moviegen sound as a user runs it, on the tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "../generate/tiny_model.h"
#include "moviegen/media/sound.h"
#include "moviegen/media/video.h"
#include "process.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;
using generate::Scratch;
using testing::HasSubstr;

constexpr int kRate = 48000, kFrames = 30, kFps = 15;

Finished sound(const Scratch& scratch, std::vector<std::string> arguments) {
  std::vector<std::string> all{"sound", "--model", generate::tiny_model(), "--threads", "1"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Program(scratch.folder, all).wait();
}

std::vector<media::Image> frames_of(int count) {
  std::vector<media::Image> frames;
  for (int i = 0; i < count; ++i) {
    media::Image image(64, 48);
    std::fill(image.rgb.begin(), image.rgb.end(), static_cast<uint8_t>(i * 5));
    frames.push_back(image);
  }
  return frames;
}

media::Sound tone(double seconds, double step) {
  media::Sound sound{.sample_rate = kRate, .channels = 1};
  for (int64_t i = 0; i < std::llround(seconds * kRate); ++i) sound.samples.push_back(static_cast<float>(0.3 * std::sin(step * static_cast<double>(i))));
  return sound;
}

// Two seconds, silent or with a tone.
void write_film(const std::string& path, bool with_sound) {
  media::WriteOptions options{.width = 64, .height = 48, .fps = kFps, .comment = "a grey film"};
  if (!with_sound) return media::write_video(path, frames_of(kFrames), options);
  media::write_video(path + ".silent.mp4", frames_of(kFrames), options);
  media::write_soundtrack(path + ".silent.mp4", tone(2, 0.05), path);
  fs::remove(path + ".silent.mp4");
}

double strength(const media::Sound& sound, double step, double from_s, double to_s) {
  double re = 0, im = 0;
  auto begin = static_cast<size_t>(from_s * kRate), end = static_cast<size_t>(to_s * kRate);
  for (size_t i = begin; i < end; ++i) {
    double x = sound.samples[i * static_cast<size_t>(sound.channels)];
    re += x * std::cos(step * static_cast<double>(i)), im += x * std::sin(step * static_cast<double>(i));
  }
  return 2 * std::hypot(re, im) / static_cast<double>(end - begin);
}

// Without the streams that Program keeps there.
size_t files_in(const Scratch& scratch) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(scratch.folder)) {
    auto name = entry.path().filename().string();
    count += name != ".stdout" && name != ".stderr";
  }
  return count;
}

TEST(Sound, GivesAFilmItsSoundtrack) {
  Scratch scratch;
  write_film(scratch / "in.mp4", false);
  auto result = sound(scratch, {"in.mp4", "-o", "out.mp4", "--prompt", "rain, calm piano", "--seed", "3", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  Json out = Json::parse(result.out);
  EXPECT_EQ(out["path"], "out.mp4");
  EXPECT_EQ(out["seed"], 3);
  for (const char* stage : {"read film", "look at frames", "make sound", "write"}) EXPECT_TRUE(out["timings_s"].contains(stage)) << stage;
  auto before = media::read_frames(scratch / "in.mp4", kFps, 100), after = media::read_frames(scratch / "out.mp4", kFps, 100);
  ASSERT_EQ(after.size(), static_cast<size_t>(kFrames));
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(before[i].rgb, after[i].rgb);
  EXPECT_NEAR(media::read_sound(scratch / "out.mp4").duration_s(), 2, 1.0 / kFps);
  Json record = Json::parse(media::read_generation(scratch / "out.mp4"));
  EXPECT_EQ(record["sound"]["seed"], 3);
  EXPECT_EQ(files_in(scratch), 2u);
  auto table = Program(scratch.folder, {"inspect", "out.mp4"}).wait();
  EXPECT_EQ(table.code, 0) << table.err;
  for (const char* word : {"sound.prompt", "rain, calm piano", "sound.model.name", "h264", "aac, 48000 Hz, 2 channels"}) EXPECT_THAT(table.out, HasSubstr(word));

  auto again = sound(scratch, {"in.mp4", "-o", "again.mp4", "--prompt", "rain, calm piano", "--seed", "3"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, "again.mp4\n");
  EXPECT_EQ(media::read_sound(scratch / "again.mp4").samples, media::read_sound(scratch / "out.mp4").samples);
}

TEST(Sound, MixesAndExtendsWhatIsThere) {
  Scratch scratch;
  write_film(scratch / "in.mp4", true);
  ASSERT_EQ(sound(scratch, {"in.mp4", "-o", "mix.mp4", "--mix", "-6dB", "--seed", "1", "--loudness", "-50"}).code, 0);
  EXPECT_NEAR(strength(media::read_sound(scratch / "mix.mp4"), 0.05, 0.5, 1.5), 0.15, 0.03);
  ASSERT_EQ(sound(scratch, {"in.mp4", "-o", "more.wav", "--extend", "0.8s", "--seed", "1"}).code, 0);
  auto more = media::read_sound(scratch / "more.wav");
  EXPECT_THAT(Program(scratch.folder, {"inspect", "more.wav"}).wait().out, HasSubstr("48000 Hz, 1 channel\n"));
  EXPECT_NEAR(more.duration_s(), 2, 1.0 / kFps);
  EXPECT_NEAR(strength(more, 0.05, 0.1, 0.75), 0.3, 0.02);
  EXPECT_LT(strength(more, 0.05, 1.0, 1.9), 0.1);
}

TEST(Sound, StillPicturesBecomeFilms) {
  Scratch scratch;
  media::write_image(scratch / "still.png", frames_of(1)[0]);
  auto result = sound(scratch, {"still.png", "-o", "still.mp4", "--seconds", "1.5", "--seed", "1"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(media::read_frames(scratch / "still.mp4", 16, 100).size(), 24u);
  EXPECT_NEAR(media::read_sound(scratch / "still.mp4").duration_s(), 1.5, 1.0 / 16);
  ASSERT_EQ(sound(scratch, {"still.png", "-o", "still.flac", "--seconds", "0.2", "--seed", "1"}).code, 0);
  EXPECT_NEAR(media::read_sound(scratch / "still.flac").duration_s(), 0.2, 1e-3);
}

TEST(Sound, MistakesAreToldAndLeaveNothing) {
  Scratch scratch;
  write_film(scratch / "in.mp4", false);
  std::ofstream(scratch / "broken.mp4") << std::string(5000, 'x');
  std::ofstream(scratch / "empty.mp4");
  struct Case {
    std::vector<std::string> arguments;
    int code;
    const char* says;
  };
  for (const auto& c : std::vector<Case>{{{"in.mp4", "-o", "in.mp4", "--force"}, 2, "same file"},
                                         {{"in.mp4", "-o", "out.txt"}, 2, ".mp4"},
                                         {{"in.mp4", "-o", "out.mp4", "--mix", "loud"}, 2, "--mix"},
                                         {{"in.mp4", "-o", "out.mp4", "--mix", "-12dB", "--extend", "1s"}, 2, "--extend"},
                                         {{"in.mp4", "-o", "out.mp4", "--mix", "-12dB"}, 3, "sound"},
                                         {{"in.mp4", "-o", "out.mp4", "--quality", "20"}, 2, "quality"},
                                         {{"none.mp4", "-o", "out.mp4"}, 3, "none.mp4"},
                                         {{"broken.mp4", "-o", "out.mp4"}, 3, "broken.mp4"},
                                         {{"empty.mp4", "-o", "out.mp4"}, 3, "empty.mp4"}}) {
    auto result = sound(scratch, c.arguments);
    EXPECT_EQ(result.code, c.code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(c.says));
  }
  EXPECT_EQ(files_in(scratch), 3u);
  ASSERT_EQ(sound(scratch, {"in.mp4", "-o", "out.mp4", "--seed", "1"}).code, 0);
  EXPECT_EQ(sound(scratch, {"in.mp4", "-o", "out.mp4", "--seed", "1"}).code, 2);  // not overwritten
}

TEST(Sound, GenerateMakesItUnlessToldNotTo) {
  Scratch scratch;
  auto make = [&](std::vector<std::string> arguments) {
    std::vector<std::string> all{"generate", "a red fox", "--model", generate::tiny_model(), "--steps", "1", "--threads", "1", "--seed", "5"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return Program(scratch.folder, all).wait();
  };
  ASSERT_EQ(make({"-o", "loud.mp4", "--sound-prompt", "wind"}).code, 0);
  ASSERT_EQ(make({"-o", "silent.mp4", "--no-sound"}).code, 0);
  EXPECT_EQ(media::sound_tracks(scratch / "loud.mp4").size(), 1u);
  EXPECT_TRUE(media::sound_tracks(scratch / "silent.mp4").empty());
  Json record = Json::parse(media::read_generation(scratch / "loud.mp4"));
  EXPECT_EQ(record["sound"]["prompt"], "wind");
  EXPECT_EQ(record["sound"]["seed"], 5);
  EXPECT_FALSE(Json::parse(media::read_generation(scratch / "silent.mp4")).contains("sound"));
  EXPECT_EQ(files_in(scratch), 2u);
}

}  // namespace
}  // namespace mg::cli
