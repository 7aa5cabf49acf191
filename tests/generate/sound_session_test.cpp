// Sound for films from the tiny model: lengths, seeds, sound that is kept.
#include <gtest/gtest.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/generate/soundtrack.h"
#include "tiny_model.h"

namespace mg::generate {
namespace {

constexpr int kRate = 48000;

media::Image shade(int value) {
  media::Image image(40, 24);
  std::fill(image.rgb.begin(), image.rgb.end(), static_cast<uint8_t>(value));
  return image;
}

SeenFrames flicker(const SoundSession& session, double seconds, int phase) {
  auto seen = session.watch();
  for (int i = 0; i < seconds * 12; ++i) seen.add(shade((i + phase) % 3 * 100), i / 12.0);
  return seen;
}

std::vector<float> made(SoundSession& session, const SoundRequest& request, const SoundInput& input) {
  std::vector<float> all;
  session.make(request, input, [&](const media::Sound& block) { all.insert(all.end(), block.samples.begin(), block.samples.end()); });
  return all;
}

media::Sound tone(double seconds) {
  media::Sound sound{.sample_rate = kRate, .channels = 1};
  for (int64_t i = 0; i < std::llround(seconds * kRate); ++i) sound.samples.push_back(0.3f * std::sin(0.05f * static_cast<float>(i)));
  return sound;
}

TEST(SoundSession, SoundIsAsLongAsAskedFor) {
  auto session = SoundSession::open(tiny_model());
  auto seen = flicker(session, 2, 0);
  for (double seconds : {0.01, 0.2, 1.0, 1.37, 3.0}) {
    auto sound = made(session, {.seed = 1}, {.seen = &seen, .duration_s = seconds});
    EXPECT_EQ(static_cast<int64_t>(sound.size()), std::llround(seconds * kRate)) << seconds;
    for (float x : sound) ASSERT_TRUE(std::isfinite(x));
  }
}

TEST(SoundSession, SeedPictureAndPromptDecide) {
  auto session = SoundSession::open(tiny_model());
  auto seen = flicker(session, 1, 0), other = flicker(session, 1, 1);
  SoundInput input{.seen = &seen, .duration_s = 0.6};
  auto first = made(session, {.prompt = "rain", .seed = 4}, input);
  EXPECT_EQ(first, made(session, {.prompt = "rain", .seed = 4}, input));
  EXPECT_NE(first, made(session, {.prompt = "rain", .seed = 5}, input));
  EXPECT_NE(first, made(session, {.prompt = "calm piano", .seed = 4}, input));
  EXPECT_NE(first, made(session, {.prompt = "rain", .seed = 4}, {.seen = &other, .duration_s = 0.6}));
  EXPECT_NE(first, made(session, {.prompt = "rain", .seed = 4}, {.duration_s = 0.6}));
}

TEST(SoundSession, KeptSoundStaysAsItIs) {
  auto session = SoundSession::open(tiny_model());
  auto kept = tone(0.5);
  for (const char* method : {"windows", "extend"}) {
    auto sound = made(session, {.method = method, .seed = 2}, {.duration_s = 2.2, .kept = kept});
    ASSERT_EQ(sound.size(), size_t{105600});
    for (size_t i = 0; i < 0.47 * kRate; ++i) ASSERT_EQ(sound[i], kept.samples[i]) << i;
    double rest = 0;
    for (size_t i = kRate; i < sound.size(); ++i) rest = std::max(rest, std::abs(static_cast<double>(sound[i])));
    EXPECT_GT(rest, 0) << method;
  }
}

TEST(SoundSession, ReportTellsHowItWasMade) {
  auto session = SoundSession::open(tiny_model());
  std::vector<std::string> stages;
  Callbacks callbacks{.on_stage = [&](const StageUpdate& update) {
    if (update.done == update.total) stages.push_back(update.stage);
    EXPECT_LE(update.done, update.total);
  }};
  auto seen = flicker(session, 1, 0);
  auto report = session.make({.prompt = "a dog barks, jazz", .num_candidates = 2, .seed = 9}, {.seen = &seen, .duration_s = 2.5}, [](const media::Sound&) {}, callbacks);
  EXPECT_EQ(stages, (std::vector<std::string>{"look at frames", "make sound"}));
  EXPECT_EQ(report.seed, 9);
  EXPECT_EQ(report.record.at("caption"), "Audio quality: 8.0. Speech: no. Singing: no. Music: 1.00. Sounds: a dog barks. Music description: jazz.");
  ASSERT_EQ(report.notes.size(), 1u);  // the tiny model has no ranker
}

TEST(SoundSession, WrongRequestsAreRefusedBeforeAnythingIsMade) {
  auto session = SoundSession::open(tiny_model());
  auto refuse = [&](const SoundRequest& request, const SoundInput& input) {
    EXPECT_THROW(session.make(request, input, [](const media::Sound&) { FAIL(); }), UsageError);
  };
  refuse({}, {.duration_s = 0});
  refuse({}, {.duration_s = std::nan("")});
  refuse({.guidance_scale = -1}, {.duration_s = 1});
  refuse({.method = "loop"}, {.duration_s = 1});
  refuse({.num_candidates = 0}, {.duration_s = 1});
  refuse({.quality = 11}, {.duration_s = 1});
  media::Sound stereo{.sample_rate = kRate, .channels = 2, .samples = {0, 0}};
  refuse({}, {.duration_s = 1, .kept = stereo});
  EXPECT_THROW(SoundSession::open("no such model"), NotFound);
}

TEST(AtLoudness, IsAsAskedAndBelowThePeak) {
  auto loud = at_loudness(tone(2), -23);
  EXPECT_NEAR(media::measure_loudness(loud).integrated_lufs, -23, 0.3);
  auto click = tone(2);
  for (float& x : click.samples) x *= 0.01f;
  click.samples[40000] = 1;
  EXPECT_LT(media::measure_loudness(at_loudness(click, -18)).true_peak_db, kPeak_db + 0.1);
  media::Sound silence{.sample_rate = kRate, .channels = 1, .samples = std::vector<float>(kRate, 0.0f)};
  EXPECT_EQ(at_loudness(silence, -23).samples, silence.samples);
}

}  // namespace
}  // namespace mg::generate
