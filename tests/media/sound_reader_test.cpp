// SoundReader and read_sound on files of many kinds: nothing shifted, nothing lost.
#include "make_sound.h"

namespace mg::media {
namespace {

struct Kind {
  const char *name, *container, *codec, *format;
  int sample_rate, channels;
  double tolerance;  // of a sample; 0 = compare by level and place of clicks only
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

// A film of 1 s with a track of `kind`, holding a tone in every channel.
Recipe film_of(const Kind& kind, const Sound& sound) {
  return {.container = kind.container, .codec = std::string(kind.container) == "webm" ? "libvpx" : "mpeg4", .frames = 25,
          .tracks = {{.codec = kind.codec, .format = kind.format, .sample_rate = kind.sample_rate, .channels = kind.channels,
                      .samples = sound.samples}}};
}

class AnySound : public ::testing::TestWithParam<Kind> {};

TEST_P(AnySound, ComesBackInPlaceAndLength) {
  const Kind& kind = GetParam();
  TestFolder folder;
  auto made = clicks(kind.sample_rate, kind.channels, 1, {0.1, 0.5, 0.9});
  make_media(folder / "film", film_of(kind, made));
  auto sound = read_sound(folder / "film", {.sample_rate = kind.sample_rate});
  EXPECT_EQ(sound.channels, std::min(kind.channels, 2));
  bool says_its_length = std::string(kind.container) == "mp4" || kind.tolerance > 0;  // others may end in padding
  EXPECT_NEAR(sound.duration_s(), 1, says_its_length ? 0.0001 : 0.06);
  for (double time : {0.1, 0.5, 0.9}) EXPECT_NEAR(click_time(sound, time - 0.05, time + 0.05), time, 0.00101) << time;
  if (kind.tolerance > 0) {
    ASSERT_EQ(sound.frames(), made.frames());
    EXPECT_LE(largest_difference(sound, made), kind.tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AnySound,
    ::testing::Values(Kind{"mp4_aac", "mp4", "aac", "", 48000, 2, 0}, Kind{"mp4_aac_mono_44", "mp4", "aac", "", 44100, 1, 0},
                      Kind{"mp4_aac_51", "mp4", "aac", "", 48000, 6, 0}, Kind{"mp4_aac_8k", "mp4", "aac", "", 8000, 1, 0},
                      Kind{"mkv_aac", "matroska", "aac", "", 48000, 2, 0}, Kind{"mkv_71", "matroska", "pcm_s24le", "", 48000, 8, 0},
                      Kind{"mkv_s16", "matroska", "pcm_s16le", "", 48000, 2, 4e-5},
                      Kind{"mkv_flac_24", "matroska", "flac", "s32", 96000, 2, 1e-6},
                      Kind{"mkv_float", "matroska", "pcm_f32le", "", 192000, 1, 1e-7},
                      Kind{"mkv_double", "matroska", "pcm_f64le", "", 44100, 2, 1e-7},
                      Kind{"mkv_mp3", "matroska", "libmp3lame", "s16p", 44100, 2, 0},
                      Kind{"mkv_opus", "matroska", "libopus", "", 48000, 2, 0},
                      Kind{"mov_s32", "mov", "pcm_s32le", "", 32000, 2, 1e-7}, Kind{"mov_u8", "mov", "pcm_u8", "", 11025, 1, 0.008},
                      Kind{"avi_u8", "avi", "pcm_u8", "", 8000, 1, 0.008}, Kind{"avi_s16", "avi", "pcm_s16le", "", 22050, 2, 4e-5},
                      Kind{"ts_mp2", "mpegts", "mp2", "", 48000, 2, 0}, Kind{"ts_aac", "mpegts", "aac", "", 48000, 2, 0},
                      Kind{"webm_opus", "webm", "libopus", "", 48000, 1, 0}, Kind{"webm_vorbis", "webm", "libvorbis", "", 44100, 2, 0}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(SoundReader, ResamplesToTheRateAskedFor) {
  TestFolder folder;
  for (int from : {8000, 11025, 44100, 48000, 96000, 192000}) {
    write_sound(folder / "tone.wav", tone(from, 1, 1), {.float_samples = true});
    for (int to : {16000, 44100, 48000}) {
      auto sound = read_sound(folder / "tone.wav", {.sample_rate = to, .channels = 2});
      auto expected = tone(to, 2, 1);
      ASSERT_EQ(sound.frames(), to);
      int64_t edge = to / 50;  // where the filter meets the ends
      EXPECT_LT(largest_difference(part(sound, edge, to - 2 * edge), part(expected, edge, to - 2 * edge)), 2e-3) << from << " to " << to;
    }
  }
}

TEST(SoundReader, MixesChannels) {
  TestFolder folder;
  Sound stereo{.sample_rate = 48000, .channels = 2};
  for (int i = 0; i < 4800; ++i) stereo.samples.insert(stereo.samples.end(), {0.5f, -0.25f});
  write_sound(folder / "stereo.wav", stereo);
  auto mono = read_sound(folder / "stereo.wav", {.channels = 1});
  ASSERT_EQ(mono.frames(), 4800);
  EXPECT_NEAR(mono.samples[100], 0.125, 1e-4);
  write_sound(folder / "mono.wav", mono);
  auto doubled = read_sound(folder / "mono.wav", {.channels = 2});
  EXPECT_NEAR(doubled.samples[200], 0.125, 1e-4);
  EXPECT_EQ(doubled.samples[200], doubled.samples[201]);
  EXPECT_EQ(read_sound(folder / "mono.wav").channels, 1);
}

// All channels of 5.1 at full level must not overflow, and the centre is heard on both sides.
TEST(SoundReader, MixesSurroundWithoutOverflow) {
  TestFolder folder;
  TrackRecipe surround{.codec = "pcm_s16le", .channels = 6, .samples = std::vector<float>(6 * 4800, 1.0f)};
  make_media(folder / "loud.mkv", {.container = "matroska", .codec = "mpeg4", .tracks = {surround}});
  EXPECT_NEAR(read_sound(folder / "loud.mkv").samples[1000], 1, 1e-3);
  for (size_t i = 0; i < surround.samples.size(); ++i) surround.samples[i] = i % 6 == 2 ? 0.5f : 0;
  make_media(folder / "centre.mkv", {.container = "matroska", .codec = "mpeg4", .tracks = {surround}});
  auto centre = read_sound(folder / "centre.mkv");
  EXPECT_GT(centre.samples[1000], 0.1);
  EXPECT_NEAR(centre.samples[1000], centre.samples[1001], 1e-6);
}

TEST(SoundReader, StartsAnywhereWithTheSameSamples) {
  TestFolder folder;
  auto made = noise(44100, 2, 30);
  for (const char* name : {"noise.wav", "noise.flac", "noise.m4a", "noise.ogg", "noise.opus"}) {
    write_sound(folder / name, made);
    for (int rate : {44100, 48000, 16000}) {
      auto whole = read_sound(folder / name, {.sample_rate = rate});
      for (double start : {0.0, 0.3, 1.00001, 25.5, 29.99}) {  // the last two are sought
        auto from = read_sound(folder / name, {.sample_rate = rate, .start_s = start, .max_s = 2});
        int64_t first = std::llround(start * rate), frames = std::min<int64_t>(2 * rate, whole.frames() - first);
        EXPECT_LT(largest_difference(from, part(whole, first, frames)), 1e-5) << name << " " << rate << " Hz from " << start << " s";
      }
    }
  }
}

TEST(SoundReader, FillsALateStartAndGaps) {
  TestFolder folder;
  TrackRecipe track{.codec = "pcm_s16le", .channels = 1, .samples = clicks(48000, 1, 1, {0.0, 0.6}).samples};
  track.start = 24000;              // half a second late
  track.gap_at = 10240;             // then a hole of a quarter
  track.gap = 12000;
  make_media(folder / "film.mkv", {.container = "matroska", .codec = "mpeg4", .frames = 50, .tracks = {track}});
  auto sound = read_sound(folder / "film.mkv");
  EXPECT_NEAR(sound.duration_s(), 1.75, 0.01);
  EXPECT_NEAR(click_time(sound, 0, 1), 0.5, 1e-3);
  EXPECT_NEAR(click_time(sound, 1, 1.75), 0.5 + 0.6 + 0.25, 1e-3);
}

TEST(SoundReader, CutsOverlaps) {
  TestFolder folder;
  TrackRecipe track{.codec = "flac", .format = "s16", .channels = 1, .samples = clicks(48000, 1, 1, {0.1, 0.8}).samples};
  track.gap_at = 23040;  // five frames of 4608
  track.gap = -4608;     // half a tenth of a second is said to be heard twice
  make_media(folder / "film.mkv", {.container = "matroska", .codec = "mpeg4", .frames = 25, .tracks = {track}});
  auto sound = read_sound(folder / "film.mkv");
  EXPECT_NEAR(sound.duration_s(), 1 - 0.096, 0.002);
  EXPECT_NEAR(click_time(sound, 0.05, 0.15), 0.1, 1e-3);
  EXPECT_NEAR(click_time(sound, 0.6, 0.9), 0.8 - 0.096, 2e-3);
}

// Time 0 is the first picture shown, wherever the container's clock has it.
TEST(SoundReader, CountsFromTheFirstPicture) {
  TestFolder folder;
  for (const char* container : {"mp4", "mov", "matroska", "mpegts"}) {
    TrackRecipe track{.codec = "aac", .channels = 1, .samples = clicks(48000, 1, 2, {0.3, 1.2}).samples};
    make_media(folder / "film", {.container = container, .frames = 25, .times = [] {
                 std::vector<int64_t> times;
                 for (int i = 0; i < 25; ++i) times.push_back(i + 5);  // 0.2 s late
                 return times;
               }(), .tracks = {track}});
    auto sound = read_sound(folder / "film");
    EXPECT_NEAR(click_time(sound, 0, 0.4), 0.1, 0.00151) << container;
    EXPECT_NEAR(click_time(sound, 0.8, 1.2), 1.0, 0.00151) << container;
  }
}

TEST(SoundReader, ChoosesAmongTracks) {
  TestFolder folder;
  Recipe recipe{.codec = "mpeg4", .frames = 10};
  recipe.tracks.push_back({.channels = 1, .samples = tone(48000, 1, 0.4, 300).samples, .language = "deu"});
  recipe.tracks.push_back({.sample_rate = 44100, .samples = tone(44100, 2, 0.4, 300, 0).samples, .language = "eng"});
  make_media(folder / "film.mp4", recipe);
  auto tracks = sound_tracks(folder / "film.mp4");
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].channels, 1);
  EXPECT_EQ(tracks[0].language, "deu");
  EXPECT_EQ(tracks[1].sample_rate, 44100);
  EXPECT_EQ(tracks[1].codec, "aac");
  EXPECT_NEAR(tracks[1].duration_s, 0.4, 0.03);
  EXPECT_GT(rms(read_sound(folder / "film.mp4", {.track = 0})), 0.2);
  EXPECT_LT(rms(read_sound(folder / "film.mp4", {.track = 1})), 0.01);
  EXPECT_THROW(read_sound(folder / "film.mp4", {.track = 2}), NotFound);
  EXPECT_THROW(read_sound(folder / "film.mp4", {.track = -1}), NotFound);
}

TEST(SoundReader, SaysWhatIsWrong) {
  TestFolder folder;
  write_video(folder / "silent.mp4", clip(32, 32, 3), {.width = 32, .height = 32});
  EXPECT_TRUE(sound_tracks(folder / "silent.mp4").empty());
  try {
    SoundReader(folder / "silent.mp4", {});
    FAIL() << "a film without sound was read";
  } catch (const NotFound& error) {
    EXPECT_NE(std::string(error.what()).find("no sound track"), std::string::npos) << error.what();
  }
  EXPECT_THROW(SoundReader(folder / "none.wav", {}), NotFound);
  put_bytes(folder / "text.wav", "not a sound\n");
  EXPECT_THROW(SoundReader(folder / "text.wav", {}), DataError);
  write_sound(folder / "tone.wav", tone(48000, 1, 0.5));
  EXPECT_THROW(SoundReader(folder / "tone.wav", {.sample_rate = 100}), UsageError);
  EXPECT_THROW(SoundReader(folder / "tone.wav", {.channels = 3}), UsageError);
  EXPECT_THROW(SoundReader(folder / "tone.wav", {.start_s = -1}), UsageError);
  EXPECT_THROW(SoundReader(folder / "tone.wav", {.max_s = NAN}), UsageError);
  EXPECT_THROW(read_sound(folder / "tone.wav", {}, 10000), DataError);
  EXPECT_EQ(read_sound(folder / "tone.wav", {.start_s = 3}).frames(), 0);
}

TEST(SoundReader, MakesNumbersOfWhatIsNone) {
  TestFolder folder;
  write_sound(folder / "tone.wav", tone(48000, 1, 0.1, 440, 0.5), {.float_samples = true});
  auto bytes = bytes_of(folder / "tone.wav");
  size_t data = bytes.find("data") + 8;
  for (const char* lie : {"\xff\xff\xff\x7f", "\x00\x00\x80\x7f", "\xff\xff\x7f\x7f"}) bytes.replace(data += 400, 4, std::string(lie, 4));
  put_bytes(folder / "tone.wav", bytes);
  for (int rate : {48000, 44100})
    for (float sample : read_sound(folder / "tone.wav", {.sample_rate = rate}).samples) ASSERT_LE(std::abs(sample), 1);
}

}  // namespace
}  // namespace mg::media
