#include "moviegen/eval/sound_bench.h"

#include <gtest/gtest.h>

#include <cmath>

#include "moviegen/core/error.h"
#include "sound_world.h"

namespace mg::eval {
namespace {

HeldOutClips held_out() { return {std::make_shared<SoundWorld>(), {}, {.side = 16, .frames = 32}}; }

audio::SoundJudge fresh_judge() {
  torch::manual_seed(1);
  audio::SoundJudgeConfig config;
  config.mels = 32, config.widths = {8, 16}, config.hidden = 32, config.features = 8, config.classes = {"low", "high", "never"};
  return audio::SoundJudge(config);
}

const SystemReport& system(const SoundBench& bench, const std::string& name) {
  for (const auto& report : bench.systems)
    if (report.name == name) return report;
  throw std::runtime_error("no system " + name);
}

TEST(HeldOutClips, GiveTheTruthWithAndWithoutPictures) {
  auto clips = held_out();
  auto bare = clips.render(5, false), full = clips.render(5, true);
  EXPECT_TRUE(bare.frames.empty());
  ASSERT_EQ(full.frames.size(), 32u);
  EXPECT_EQ(full.frames[31].rgb.size(), 16u * 16 * 3);
  EXPECT_EQ(bare.sound.samples, full.sound.samples);
  EXPECT_DOUBLE_EQ(bare.duration_s, 2);
  EXPECT_EQ(bare.events.size(), 1u);
  EXPECT_NE(clips.render(6, false).sound.samples, bare.sound.samples);
}

TEST(HeldOutClips, SilentWorldIsAnError) {
  struct Silent : SoundWorld {
    world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
      auto clip = SoundWorld::render(seed, options);
      clip.sound.clear();
      return clip;
    }
  };
  EXPECT_THROW(HeldOutClips(std::make_shared<Silent>(), {}, {}).render(0, false), DataError);
}

TEST(SoundBench, PerfectMakerReachesTheCeilingAndSilenceHitsNothing) {
  auto clips = held_out();
  SoundBenchOptions options{.clips = 24, .prompts = 0};
  auto perfect = run_sound_bench(clips, [](const SoundItem& item) { return item.sound; }, nullptr, options);
  EXPECT_EQ(system(perfect, "generated").onsets.hits, system(perfect, "true").onsets.hits);
  EXPECT_GT(system(perfect, "true").event_share.value, 0.9);
  EXPECT_EQ(system(perfect, "true").event_share.count, 24);
  EXPECT_LT(system(perfect, "of another clip").event_share.value, 0.5);
  EXPECT_LT(system(perfect, "noise bursts").event_share.value, 0.5);
  EXPECT_TRUE(std::isnan(system(perfect, "true").top_class.value));
  auto silent = run_sound_bench(clips, [](const SoundItem& item) {
    return media::Sound{.sample_rate = 48000, .channels = 1, .samples = std::vector<float>(static_cast<size_t>(item.duration_s * 48000))};
  }, nullptr, options);
  EXPECT_EQ(system(silent, "generated").onsets.hits, 0);
  EXPECT_EQ(system(silent, "generated").loudness_share.value, 0);
}

TEST(SoundBench, WithoutMakerTheBaselinesStandOnTheTruth) {
  auto bench = run_sound_bench(held_out(), {}, nullptr, {.clips = 6, .prompts = 3});
  ASSERT_EQ(bench.systems.size(), 3u);
  EXPECT_EQ(bench.systems.back().name, "true");
  EXPECT_TRUE(bench.texts.empty());
}

TEST(SoundBench, CodecIsMeasuredByWhatItGivesBack) {
  SoundBenchOptions options{.clips = 12, .prompts = 0};
  options.codec = [](const SoundItem& item) { return item.sound; };
  auto faithful = run_sound_bench(held_out(), {}, nullptr, options);
  EXPECT_EQ(system(faithful, "true, coded").onsets.hits, system(faithful, "true").onsets.hits);
  options.codec = [](const SoundItem& item) {
    auto silence = item.sound;
    std::fill(silence.samples.begin(), silence.samples.end(), 0.0f);
    return silence;
  };
  auto deaf = run_sound_bench(held_out(), {}, nullptr, options);
  EXPECT_EQ(system(deaf, "true, coded").onsets.hits, 0);
  EXPECT_GT(system(deaf, "true").onsets.hits, 0);
}

TEST(SoundBench, JudgeFillsTheRestAndEverythingIsDeterministic) {
  auto judge = fresh_judge();
  int64_t seen = 0;
  auto run = [&] {
    return run_sound_bench(held_out(), [](const SoundItem& item) { return item.sound; }, &judge, {.clips = 12, .prompts = 6},
                           [&](int64_t index, const SoundItem& item, const media::Sound& sound) {
                             EXPECT_EQ(index, seen++ % 12);
                             EXPECT_EQ(item.frames.size(), 32u);
                             EXPECT_FALSE(sound.samples.empty());
                           });
  };
  auto bench = run();
  EXPECT_EQ(seen, 12);
  const auto &made = system(bench, "generated"), &real = system(bench, "true");
  EXPECT_EQ(made.top_class.value, real.top_class.value);
  EXPECT_EQ(made.mean_precision.value, real.mean_precision.value);
  EXPECT_TRUE(std::isfinite(made.quality.value) && std::isfinite(made.frechet));
  ASSERT_EQ(bench.texts.size(), 2u);
  EXPECT_EQ(bench.texts[0].named_class.count, 6);
  EXPECT_EQ(bench.texts[0].music_obeyed.value, bench.texts[1].music_obeyed.value);
  EXPECT_EQ(to_json(bench), to_json(run()));
}

TEST(SoundBench, RequestsByTextHaveNoPictures) {
  auto judge = fresh_judge();
  int64_t without = 0, with_music = 0;
  run_sound_bench(held_out(), [&](const SoundItem& item) {
    if (item.frames.empty()) ++without, with_music += item.caption.music >= 0.5;
    return item.sound;
  }, &judge, {.clips = 2, .prompts = 6});
  EXPECT_EQ(without, 12);
  EXPECT_EQ(with_music, 3);
}

TEST(SoundBench, ClipsWithManyEventsAreLeftOutUnlessWanted) {
  struct Busy : SoundWorld {
    world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
      auto clip = SoundWorld::render(seed, options);
      for (int i = 0; seed % 2 && i < 4; ++i) clip.events.push_back({{"class", "low"}, {"time_s", 0.2 + 0.3 * i}});  // heard, not seen
      return clip;
    }
  };
  HeldOutClips clips(std::make_shared<Busy>(), {}, {.side = 16, .frames = 32});
  auto most = [&](int64_t max_events) {
    size_t events = 0;
    run_sound_bench(clips, {}, nullptr, {.clips = 6, .max_events = max_events, .prompts = 0},
                    [&](int64_t, const SoundItem& item, const media::Sound&) { events = std::max(events, item.events.size()); });
    return events;
  };
  EXPECT_EQ(most(3), 1u);
  EXPECT_EQ(most(0), 5u);
}

TEST(SoundBench, WorldWithoutWhatIsAskedForIsAnError) {
  struct Still : SoundWorld {
    world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
      auto clip = SoundWorld::render(seed, options);
      clip.events = nlohmann::json::array();
      return clip;
    }
  };
  EXPECT_THROW(run_sound_bench(HeldOutClips(std::make_shared<Still>(), {}, {}), {}, nullptr, {.clips = 1}), DataError);
}

SoundReading heard(std::vector<double> classes, double music = 0, std::vector<double> onsets = {}) {
  return {.onsets_s = std::move(onsets), .loudness_lufs = -23,
          .verdict = audio::Verdict{.classes = std::move(classes), .moods = {}, .music = music, .quality = 7, .features = at::zeros({2}, at::kDouble)}};
}

TEST(SoundScores, TopClassAsksOnlyAmongEventsOfTheBench) {
  std::vector<ClipTruth> truths(3);
  truths[0].discrete = {"dog"}, truths[1].discrete = {"cat"}, truths[2].discrete = {"cat", "dog"};
  truths[0].classes = {"dog", "rain"}, truths[1].classes = {"cat"}, truths[2].classes = {"cat", "dog"};
  std::vector<SoundReading> readings{heard({0.1, 0.6, 0.9}), heard({0.2, 0.3, 0.9}), heard({0.9, 0.9, 0.1})};
  SoundScores scores({"cat", "dog", "rain"}, truths, {}, -23, 0);
  auto report = scores.report("x", readings);
  EXPECT_EQ(report.top_class.count, 2);  // the third clip has two
  EXPECT_DOUBLE_EQ(report.top_class.value, 0.5);
  // cat: [1,0] behind 0.9 of the third, so (1 + 2/2)/2; dog: third first, then the first; rain: tied with the second clip.
  EXPECT_NEAR(report.mean_precision.value, (1 + 1 + 0.5) / 3, 1e-9);
  EXPECT_TRUE(std::isnan(report.frechet));
  EXPECT_EQ(report.loudness_share.value, 1);
}

TEST(SoundScores, CountsHitsByWhatSounds) {
  std::vector<ClipTruth> truths(2);
  truths[0].visible_s = {0.5, 1.0}, truths[0].visible_classes = {"step", "bark"};
  truths[1].visible_s = {0.3}, truths[1].visible_classes = {"step"};
  auto report = SoundScores({}, truths, {}, -23, 0).report("x", {heard({}, 0, {0.52}), heard({}, 0, {0.31, 0.7})});
  ASSERT_EQ(report.by_class.size(), 2u);
  EXPECT_EQ(report.by_class.at("step").events, 2);
  EXPECT_EQ(report.by_class.at("step").hits, 2);
  EXPECT_EQ(report.by_class.at("bark").events, 1);
  EXPECT_EQ(report.by_class.at("bark").hits, 0);
  EXPECT_EQ(report.onsets.hits, 2);
}

TEST(SoundScores, MusicIsObeyedBothWays) {
  std::vector<ClipTruth> music(4);
  music[0].has_music = music[1].has_music = true;
  SoundScores scores({"cat"}, {}, {}, -23, 0);
  auto report = scores.text_report("x", {}, {}, music, {heard({0}, 0.9), heard({0}, 0.2), heard({0}, 0.1), heard({0}, 0.4)});
  EXPECT_DOUBLE_EQ(report.music_obeyed.value, 0.75);
  EXPECT_EQ(report.music_obeyed.count, 4);
}

TEST(NoiseBursts, AreAsManyAsAskedAndDeterministic) {
  Generator one(1), same(1);
  auto sound = noise_bursts(3, 2, one);
  EXPECT_EQ(sound.samples, noise_bursts(3, 2, same).samples);
  EXPECT_EQ(sound.frames(), 96000);
  auto silent = noise_bursts(0, 0.5, one);
  EXPECT_EQ(*std::max_element(silent.samples.begin(), silent.samples.end()), 0);
}

TEST(MonoTensor, MixesChannels) {
  std::vector<float> stereo{1, 0, 0.5, 0.5, -1, 1};
  EXPECT_TRUE(at::equal(mono_tensor(stereo, 2), at::tensor({0.5f, 0.5f, 0.0f})));
  EXPECT_THROW(mono_tensor(std::span(stereo).first(5), 2), InternalError);
}

}  // namespace
}  // namespace mg::eval
