// SoundtrackWriter: the picture stays bit for bit, the sound is where it should be, and nothing else is lost.
#include <sys/resource.h>

#include <csignal>

#include "make_sound.h"

namespace mg::media {
namespace {

struct PacketInfo {
  std::string bytes;
  double pts_s, dts_s;
  int flags;
};

// The packets of the stream of `type` number `which`, times from its first shown one.
std::vector<PacketInfo> packets_of(const std::string& path, AVMediaType type = AVMEDIA_TYPE_VIDEO, int which = 0) {
  InputFile file(path);
  file.find_streams();
  int index = -1;
  for (unsigned i = 0; i < file->nb_streams && index < 0; ++i)
    if (file->streams[i]->codecpar->codec_type == type && which-- == 0) index = static_cast<int>(i);
  if (index < 0) return {};
  double tick = av_q2d(file->streams[index]->time_base);
  std::vector<PacketInfo> packets;
  auto packet = new_packet();
  while (av_read_frame(file.get(), packet.get()) >= 0) {
    if (packet->stream_index == index)
      packets.push_back({std::string(reinterpret_cast<char*>(packet->data), static_cast<size_t>(packet->size)),
                         static_cast<double>(packet->pts) * tick, static_cast<double>(packet->dts) * tick, packet->flags & AV_PKT_FLAG_KEY});
    av_packet_unref(packet.get());
  }
  double first = 1e9;
  for (const auto& p : packets) first = std::min(first, p.pts_s);
  for (auto& p : packets) p.pts_s -= first, p.dts_s -= first;
  return packets;
}

void expect_same_picture(const std::string& a, const std::string& b, double tolerance_s) {
  auto before = packets_of(a), after = packets_of(b);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    ASSERT_EQ(before[i].bytes, after[i].bytes) << i;
    ASSERT_NEAR(before[i].pts_s, after[i].pts_s, tolerance_s) << i;
    if (tolerance_s < 1e-6) {
      ASSERT_NEAR(before[i].dts_s, after[i].dts_s, tolerance_s) << i;
    }
    ASSERT_EQ(before[i].flags, after[i].flags) << i;
  }
  auto shown_before = read_all(a), shown_after = read_all(b);
  ASSERT_EQ(shown_before.size(), shown_after.size());
  for (size_t i = 0; i < shown_before.size(); ++i) {
    ASSERT_EQ(shown_before[i].image.rgb, shown_after[i].image.rgb) << i;
    ASSERT_NEAR(shown_before[i].time_s, shown_after[i].time_s, tolerance_s) << i;
  }
}

// Seconds a stream lasts from time 0 of the picture.
double end_of(const std::string& path, AVMediaType type) {
  if (type == AVMEDIA_TYPE_AUDIO) return read_sound(path).duration_s();
  InputFile file(path);
  file.find_streams();
  auto packet = new_packet();
  double first = 1e9, last = 0;
  while (av_read_frame(file.get(), packet.get()) >= 0) {
    const AVStream* stream = file->streams[packet->stream_index];
    if (stream->codecpar->codec_type == type) {
      first = std::min(first, static_cast<double>(packet->pts) * av_q2d(stream->time_base));
      last = std::max(last, static_cast<double>(packet->pts + packet->duration) * av_q2d(stream->time_base));
    }
    av_packet_unref(packet.get());
  }
  return last - first;
}

struct Trip {
  const char *name, *container, *codec, *ending;
  int b_frames;
  bool is_late, is_variable;
};

std::ostream& operator<<(std::ostream& out, const Trip& trip) { return out << trip.name; }

class AnyFilm : public ::testing::TestWithParam<Trip> {};

TEST_P(AnyFilm, KeepsThePictureAndPlacesTheSound) {
  const Trip& trip = GetParam();
  TestFolder folder;
  Recipe recipe{.container = trip.container, .codec = trip.codec, .audio = "", .frames = 50, .time_base = {1, 50}};
  int64_t time = trip.is_late ? 40 : 0;
  for (int i = 0; i < 50; ++i, time += trip.is_variable ? 1 + i % 4 : 2) recipe.times.push_back(time);
  recipe.b_frames = trip.b_frames;
  std::string from = folder / "from", to = folder / ("to" + std::string(trip.ending));
  make_media(from, recipe);
  bool is_coarse = std::string(trip.container) == "matroska" || std::string(trip.ending) == ".mkv" || std::string(trip.ending) == ".webm";
  for (double seconds : {0.2, 5.0}) {  // shorter and longer than the picture
    SCOPED_TRACE(seconds);
    write_soundtrack(from, clicks(48000, 2, seconds, {0.0, 0.15, 0.7, 1.5}), to);
    expect_same_picture(from, to, is_coarse ? 0.00101 : 1e-9);
    auto sound = read_sound(to);
    EXPECT_NEAR(click_time(sound, 0, 0.1), 0, 0.001);
    EXPECT_NEAR(click_time(sound, 0.1, 0.25), 0.15, 0.001);
    if (seconds > 2) {
      EXPECT_NEAR(click_time(sound, 0.6, 0.8), 0.7, 0.001);
      EXPECT_NEAR(click_time(sound, 1.4, 1.6), 1.5, 0.001);
    }
    EXPECT_NEAR(end_of(to, AVMEDIA_TYPE_AUDIO), end_of(to, AVMEDIA_TYPE_VIDEO), 0.04);
  }
  EXPECT_EQ(folder.files(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Trips, AnyFilm,
    ::testing::Values(Trip{"mp4", "mp4", "libx264", ".mp4", -1, false, false}, Trip{"mp4_no_b", "mp4", "libx264", ".mp4", 0, false, false},
                      Trip{"mp4_late", "mp4", "libx264", ".mp4", -1, true, false}, Trip{"mp4_vfr", "mp4", "libx264", ".mp4", -1, false, true},
                      Trip{"mp4_late_vfr", "mp4", "libx264", ".m4v", -1, true, true}, Trip{"mov", "mov", "libx264", ".mov", -1, true, false},
                      Trip{"mkv_to_mp4", "matroska", "libx264", ".mp4", -1, false, false},
                      Trip{"mkv_late_to_mp4", "matroska", "libx264", ".mp4", -1, true, true},
                      Trip{"mp4_to_mkv", "mp4", "libx264", ".mkv", -1, false, true},
                      Trip{"mp4_late_to_mkv", "mp4", "libx264", ".mkv", -1, true, false},
                      Trip{"webm", "webm", "libvpx", ".webm", -1, false, false}, Trip{"webm_to_mkv", "webm", "libvpx-vp9", ".mkv", -1, true, false},
                      Trip{"vp9_to_mp4", "webm", "libvpx-vp9", ".mp4", -1, false, false},
                      Trip{"mpeg4_to_mov", "mp4", "mpeg4", ".mov", 0, false, true}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

// Streams of bytes without a decoder's header are put into MP4's form; the pictures are the same.
TEST(Soundtrack, TakesTransportStreams) {
  TestFolder folder;
  make_media(folder / "film.ts", {.container = "mpegts", .frames = 25, .tracks = {{.samples = tone(48000, 2, 1).samples}}});
  write_soundtrack(folder / "film.ts", clicks(48000, 1, 1, {0.5}), folder / "film.mp4", {.keep_tracks = true});
  auto before = read_all(folder / "film.ts"), after = read_all(folder / "film.mp4");
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) ASSERT_EQ(before[i].image.rgb, after[i].image.rgb);
  EXPECT_NEAR(click_time(read_sound(folder / "film.mp4"), 0.4, 0.6), 0.5, 0.001);
}

TEST(Soundtrack, KeepsRecordTagsAndChapters) {
  TestFolder folder;
  const std::string record = R"({"prompt":"a fox – runs","seed":7})";
  for (const char* ending : {".mp4", ".mov", ".mkv"}) {
    make_media(folder / "film.mp4", {.frames = 50, .tags = {{"generation", record}, {"comment", "one"}, {"title", "Fox"}, {"mood", "kept"}},
                                     .chapters = {{0.0, "start"}, {1.0, "later"}}});
    std::string out = folder / ("out" + std::string(ending));
    write_soundtrack(folder / "film.mp4", tone(48000, 2, 1), out);
    EXPECT_EQ(read_generation(out), record) << ending;
    auto tags = VideoReader(out).info().tags;
    EXPECT_EQ(tags["comment"], "one") << ending;
    EXPECT_EQ(tags["title"], "Fox") << ending;
    EXPECT_EQ(tags["mood"], "kept") << ending;
    InputFile file(out);
    ASSERT_EQ(file->nb_chapters, 2u) << ending;
    EXPECT_NEAR(static_cast<double>(file->chapters[1]->start) * av_q2d(file->chapters[1]->time_base), 1, 0.002);
    EXPECT_STREQ(av_dict_get(file->chapters[1]->metadata, "title", nullptr, 0)->value, "later");
    write_soundtrack(out, tone(48000, 2, 1), out, {.generation = R"({"sound":1})", .comment = "two"});  // onto itself
    EXPECT_EQ(read_generation(out), R"({"sound":1})") << ending;
    EXPECT_EQ(VideoReader(out).info().tags.at("comment"), "two") << ending;
    EXPECT_EQ(sound_tracks(out).size(), 1u);
    EXPECT_EQ(packets_of(out).size(), 50u);
  }
}

TEST(Soundtrack, KeepsRotationAndPixelAspect) {
  TestFolder folder;
  make_media(folder / "film.mp4", {.frames = 5, .turn_degrees = 90, .pixel_aspect = {4, 3}});
  VideoInfo before = VideoReader(folder / "film.mp4").info();
  write_soundtrack(folder / "film.mp4", tone(48000, 2, 0.2), folder / "out.mov");
  VideoInfo after = VideoReader(folder / "out.mov").info();
  EXPECT_EQ(after.width, before.width);
  EXPECT_EQ(after.height, before.height);
  EXPECT_GT(after.height, after.width * 4 / 3);  // 64 × 48, stretched and turned
  EXPECT_THROW(write_soundtrack(folder / "film.mp4", tone(48000, 2, 0.2), folder / "out.mkv"), UsageError);
}

TEST(Soundtrack, LeavesOutOrKeepsOldSound) {
  TestFolder folder;
  Recipe recipe{.frames = 50};
  recipe.tracks.push_back({.channels = 1, .samples = clicks(48000, 1, 2, {0.25}).samples, .language = "ita"});
  recipe.tracks.push_back({.channels = 2, .samples = clicks(48000, 2, 2, {1.25}).samples, .language = "spa"});
  make_media(folder / "film.mp4", recipe);
  for (const char* name : {"out.mp4", "out.mkv", "out.mov"}) {
    auto sound = clicks(44100, 2, 2, {0.75});
    write_soundtrack(folder / "film.mp4", sound, folder / name);
    ASSERT_EQ(sound_tracks(folder / name).size(), 1u);
    write_soundtrack(folder / "film.mp4", sound, folder / name, {.keep_tracks = true});
    auto tracks = sound_tracks(folder / name);
    ASSERT_EQ(tracks.size(), 3u) << name;
    EXPECT_EQ(tracks[1].language, "ita");
    EXPECT_EQ(tracks[2].language, "spa");
    EXPECT_NEAR(click_time(read_sound(folder / name, {.track = 0}), 0, 2), 0.75, 0.001) << name;
    EXPECT_NEAR(click_time(read_sound(folder / name, {.track = 1}), 0, 2), 0.25, 0.0011) << name;
    EXPECT_NEAR(click_time(read_sound(folder / name, {.track = 2}), 0, 2), 1.25, 0.0011) << name;
    for (int which : {0, 1}) {
      auto before = packets_of(folder / "film.mp4", AVMEDIA_TYPE_AUDIO, which), after = packets_of(folder / name, AVMEDIA_TYPE_AUDIO, which + 1);
      ASSERT_EQ(before.size(), after.size());
      for (size_t i = 0; i < before.size(); ++i) ASSERT_EQ(before[i].bytes, after[i].bytes);
    }
  }
}

TEST(Soundtrack, BlocksOfAnyLengthAndNoSoundAtAll) {
  TestFolder folder;
  write_video(folder / "film.mp4", clip(64, 48, 32), {.width = 64, .height = 48, .fps = 16});
  auto sound = clicks(16000, 1, 2, {0.3, 1.7});
  SoundtrackWriter writer(folder / "film.mp4", folder / "out.mp4", 16000, {.channels = 1});
  for (int64_t at = 0, i = 1; at < sound.frames(); at += i, i = std::min(i * 3, sound.frames() - at)) writer.write(part(sound, at, i));
  EXPECT_FALSE(std::filesystem::exists(folder / "out.mp4"));
  writer.finish();
  EXPECT_EQ(read_sound(folder / "out.mp4").duration_s(), 2);
  EXPECT_NEAR(click_time(read_sound(folder / "out.mp4"), 1, 2), 1.7, 0.001);
  SoundtrackWriter(folder / "film.mp4", folder / "silent.mp4", 48000).finish();
  EXPECT_EQ(read_sound(folder / "silent.mp4").duration_s(), 2);
  EXPECT_LT(rms(read_sound(folder / "silent.mp4")), 1e-6);
  { SoundtrackWriter dropped(folder / "film.mp4", folder / "dropped.mp4", 48000); }
  EXPECT_EQ(folder.files(), 3u);
}

void expect_usage_error(const std::string& from, const std::string& to, const std::string& word) {
  try {
    write_soundtrack(from, tone(48000, 2, 0.2), to);
    ADD_FAILURE() << from << " was written to " << to;
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(Soundtrack, RefusesWhatCannotBe) {
  TestFolder folder;
  write_video(folder / "film.mp4", clip(64, 48, 4), {.width = 64, .height = 48});
  for (const char* name : {"picture.png", "picture.jpg", "picture.webp"}) {
    write_image(folder / name, clip_frame(64, 48, 0));
    expect_usage_error(folder / name, folder / "out.mp4", "still");
  }
  make_media(folder / "film.gif", {.container = "gif", .codec = "gif", .pixels = "rgb8"});
  expect_usage_error(folder / "film.gif", folder / "out.mp4", "cannot hold its picture (gif)");
  expect_usage_error(folder / "film.mp4", folder / "out.webm", ".mkv");
  expect_usage_error(folder / "film.mp4", folder / "out.avi", "must end in");
  EXPECT_THROW(SoundtrackWriter(folder / "film.mp4", folder / "out.mp4", 100), UsageError);
  EXPECT_THROW(SoundtrackWriter(folder / "none.mp4", folder / "out.mp4", 48000), NotFound);
  write_sound(folder / "sound.m4a", tone(48000, 2, 1));
  EXPECT_THROW(write_soundtrack(folder / "sound.m4a", tone(48000, 2, 1), folder / "out.mp4"), DataError);
  SoundtrackWriter writer(folder / "film.mp4", folder / "out.mp4", 48000);
  EXPECT_THROW(writer.write(tone(44100, 2, 0.1)), UsageError);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.mp4"));
}

TEST(Soundtrack, AFullDiskLeavesNothing) {
  TestFolder folder;
  write_video(folder / "film.mp4", clip(320, 240, 32), {.width = 320, .height = 240, .crf = 1});
  auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{.rlim_cur = 20000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  for (const char* name : {"out.mp4", "out.mkv"})
    EXPECT_THROW(write_soundtrack(folder / "film.mp4", noise(48000, 2, 2), folder / name), ResourceError) << name;
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, previous);
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace mg::media
