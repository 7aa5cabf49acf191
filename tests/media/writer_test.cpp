// VideoWriter, write_gif and the generation record.
#include <sys/resource.h>

#include <csignal>

#include "make_media.h"
#include "moviegen/core/files.h"
#include "moviegen/core/random.h"

namespace mg::media {
namespace {

TEST(VideoWriter, RoundTripsFramesAndTimes) {
  TestFolder folder;
  for (int count : {1, 2, 33}) {
    auto film = clip(96, 64, count);
    write_video(folder / "film.mp4", film, {.width = 96, .height = 64, .fps = 16, .crf = 17});
    VideoReader reader(folder / "film.mp4");
    EXPECT_EQ(reader.info().codec, "h264");
    EXPECT_EQ(reader.info().pixel_format, "yuv420p");
    EXPECT_DOUBLE_EQ(reader.info().frame_rate, 16);
    EXPECT_DOUBLE_EQ(reader.info().duration_s, count / 16.0);
    EXPECT_FALSE(reader.info().has_audio);
    size_t i = 0;
    for (; auto frame = reader.next(); ++i) {
      EXPECT_DOUBLE_EQ(frame->time_s, static_cast<double>(i) / 16);
      EXPECT_GT(psnr(frame->image, film[i]), 33) << i;  // the fine colours of these clips suffer from 4:2:0
    }
    EXPECT_EQ(i, film.size());
  }
}

TEST(VideoWriter, KeepsBroadcastRatesExact) {
  TestFolder folder;
  auto film = clip(32, 32, 5);
  for (auto [fps, num, den] : {std::tuple{23.976, 24000, 1001}, {29.97, 30000, 1001}, {24.0, 24, 1}, {12.5, 25, 2}}) {
    write_video(folder / "film.mp4", film, {.width = 32, .height = 32, .fps = fps});
    auto frames = read_all(folder / "film.mp4");
    ASSERT_EQ(frames.size(), 5u);
    EXPECT_DOUBLE_EQ(frames[4].time_s, 4.0 * den / num);
  }
}

// Large even fields of colour: what remains is the error of matrix, range and rounding.
TEST(VideoWriter, KeepsColours) {
  TestFolder folder;
  std::vector<Image> film;
  std::vector<std::array<uint8_t, 3>> colors = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 0}, {0, 255, 255}, {255, 0, 255},
                                                {0, 0, 0}, {255, 255, 255}, {128, 128, 128}, {16, 64, 240}};
  for (auto color : colors) {
    Image image(64, 64);
    for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = color[i % 3];
    film.push_back(image);
  }
  write_video(folder / "film.mp4", film, {.width = 64, .height = 64, .fps = 1, .crf = 1});
  auto frames = read_all(folder / "film.mp4");
  ASSERT_EQ(frames.size(), film.size());
  int worst = 0;
  for (size_t i = 0; i < film.size(); ++i)
    for (size_t at = 0; at < film[i].rgb.size(); ++at) worst = std::max(worst, std::abs(film[i].rgb[at] - frames[i].image.rgb[at]));
  EXPECT_LE(worst, 3);  // limited range rounds to about ±1.5 in RGB
  RecordProperty("worst", worst);
}

TEST(VideoWriter, IsLosslessInYuvAtCrfZero) {
  TestFolder folder;
  auto film = clip(64, 48, 4);
  for (auto& image : film)  // grey, so that 4:2:0 loses nothing
    for (size_t at = 0; at < image.rgb.size(); at += 3) image.rgb[at + 1] = image.rgb[at + 2] = image.rgb[at];
  write_video(folder / "film.mp4", film, {.width = 64, .height = 48, .crf = 0});
  auto frames = read_all(folder / "film.mp4");
  ASSERT_EQ(frames.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_GT(psnr(frames[i].image, film[i]), 45);
}

TEST(VideoWriter, TagsTheStreamAsBt709High) {
  TestFolder folder;
  write_video(folder / "film.mp4", clip(64, 48, 40), {.width = 64, .height = 48, .fps = 8});
  InputFile file(folder / "film.mp4");
  ASSERT_GE(avformat_find_stream_info(file.get(), nullptr), 0);
  ASSERT_EQ(file->nb_streams, 1u);
  const AVCodecParameters& p = *file->streams[0]->codecpar;
  EXPECT_EQ(p.color_primaries, AVCOL_PRI_BT709);
  EXPECT_EQ(p.color_trc, AVCOL_TRC_BT709);
  EXPECT_EQ(p.color_space, AVCOL_SPC_BT709);
  EXPECT_EQ(p.color_range, AVCOL_RANGE_MPEG);
  EXPECT_EQ(p.profile, FF_PROFILE_H264_HIGH);
  EXPECT_NE(bytes_of(folder / "film.mp4").find("colrnclx"), std::string::npos);
  // A key frame at least every two seconds, and nothing shown before it that comes after it: closed groups.
  auto packet = new_packet();
  double last_key = 0, tick = av_q2d(file->streams[0]->time_base), longest = 0;
  int64_t key_pts = 0;
  int keys = 0;
  while (av_read_frame(file.get(), packet.get()) >= 0) {
    if (packet->flags & AV_PKT_FLAG_KEY) {
      double at = static_cast<double>(packet->pts) * tick;
      longest = std::max(longest, at - last_key);
      last_key = at;
      key_pts = packet->pts;
      ++keys;
    }
    EXPECT_GE(packet->pts, key_pts);
    av_packet_unref(packet.get());
  }
  EXPECT_GE(keys, 3);
  EXPECT_LE(longest, 2.0 + 1e-9);
}

TEST(VideoWriter, PutsTheIndexFirst) {
  TestFolder folder;
  write_video(folder / "film.mp4", clip(64, 48, 8), {.width = 64, .height = 48});
  auto bytes = bytes_of(folder / "film.mp4");
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
}

TEST(VideoWriter, KeepsTheGenerationRecord) {
  TestFolder folder;
  std::string record = R"({"prompt":"ein Fuchs läuft – 走る 🦊 \"quoted\"","seed":7,"long":")" + std::string(20000, 'x') + "\"}";
  write_video(folder / "film.mp4", clip(32, 32, 2), {.width = 32, .height = 32, .generation = record, .comment = "a fox"});
  EXPECT_EQ(read_generation(folder / "film.mp4"), record);
  auto tags = VideoReader(folder / "film.mp4").info().tags;
  EXPECT_EQ(tags["generation"], record);
  EXPECT_EQ(tags["comment"], "a fox");
  write_video(folder / "none.mp4", clip(32, 32, 2), {.width = 32, .height = 32});
  EXPECT_THROW(read_generation(folder / "none.mp4"), NotFound);
  EXPECT_THROW(read_generation(folder / "missing.mp4"), NotFound);
  put_bytes(folder / "text.mp4", "no film at all");
  EXPECT_THROW(read_generation(folder / "text.mp4"), DataError);
}

TEST(VideoWriter, WritesTheSameBytesAgain) {
  TestFolder folder;
  auto film = clip(160, 96, 40);
  WriteOptions options{.width = 160, .height = 96, .generation = "{}"};
  write_video(folder / "a.mp4", film, options);
  for (int i = 0; i < 3; ++i) {
    write_video(folder / "b.mp4", film, options);
    auto a = bytes_of(folder / "a.mp4"), b = bytes_of(folder / "b.mp4");
    EXPECT_TRUE(a == b) << "sizes " << a.size() << " and " << b.size() << ", first difference at "
                        << std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(std::min(a.size(), b.size())), b.begin()).first - a.begin();
  }
}

TEST(VideoWriter, LeavesNothingBehindUnfinished) {
  TestFolder folder;
  put_bytes(folder / "film.mp4", "older");
  {
    VideoWriter writer(folder / "film.mp4", {.width = 32, .height = 32});
    writer.write(clip_frame(32, 32, 0));
    EXPECT_EQ(folder.files(), 2u);
    EXPECT_EQ(bytes_of(folder / "film.mp4"), "older");
  }
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_EQ(bytes_of(folder / "film.mp4"), "older");
}

TEST(VideoWriter, TakesAnyFileName) {
  TestFolder folder;
  for (const char* name : {"a:b.mp4", "a%03d.mp4", "-x y'\"*.mp4", "ünïcode.film"}) {
    write_video(folder / name, clip(32, 32, 2), {.width = 32, .height = 32});
    EXPECT_EQ(read_all(folder / name).size(), 2u) << name;
  }
}

TEST(VideoWriter, RefusesWhatItCannotWrite) {
  TestFolder folder;
  auto film = clip(32, 32, 1);
  EXPECT_THROW(write_video(folder / "no/such/film.mp4", film, {.width = 32, .height = 32}), ResourceError);
  for (auto [w, h] : {std::pair{33, 32}, {32, 31}, {8, 32}, {0, 0}, {-2, 32}, {16386, 32}, {16384, 16384}})
    EXPECT_THROW(VideoWriter(folder / "film.mp4", {.width = w, .height = h}), UsageError) << w << " " << h;
  EXPECT_THROW(VideoWriter(folder / "film.mp4", {.width = 32, .height = 32, .fps = 0}), UsageError);
  EXPECT_THROW(VideoWriter(folder / "film.mp4", {.width = 32, .height = 32, .crf = 52}), UsageError);
  EXPECT_THROW(write_video(folder / "film.mp4", {}, {.width = 32, .height = 32}), UsageError);
  EXPECT_THROW(write_video(folder / "film.mp4", film, {.width = 64, .height = 32}), UsageError);
  EXPECT_EQ(folder.files(), 0u);
}

// Runs `work` with files limited to `bytes`, as on a full disk.
template <class Work>
void with_full_disk(rlim_t bytes, const Work& work) {
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{bytes, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  work();
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
}

TEST(VideoWriter, SaysThatTheDiskIsFull) {
  TestFolder folder;
  Image noise(128, 128);
  Generator generator(1, "noise");
  for (auto& value : noise.rgb) value = static_cast<uint8_t>(generator.below(256));
  std::vector<Image> film(12, noise);
  with_full_disk(20000, [&] {
    EXPECT_THROW(write_video(folder / "film.mp4", film, {.width = 128, .height = 128, .crf = 5}), ResourceError);
    EXPECT_THROW(write_gif(folder / "film.gif", film, 10), ResourceError);
    EXPECT_THROW(write_image(folder / "film.png", noise), ResourceError);
  });
  EXPECT_EQ(folder.files(), 0u);
}

TEST(WriteGif, IsExactForFewColours) {
  TestFolder folder;
  std::vector<Image> film;
  for (int i = 0; i < 7; ++i) {
    Image image(40, 30);
    for (int y = 0; y < 30; ++y)
      for (int x = 0; x < 40; ++x) {
        uint8_t* p = image.row(y) + 3 * x;
        bool in = x >= 3 * i && x < 3 * i + 10;
        p[0] = in ? 250 : static_cast<uint8_t>(8 * (y / 4)), p[1] = in ? 17 : 90, p[2] = 33;
      }
    film.push_back(image);
  }
  write_gif(folder / "film.gif", film, 16);
  auto frames = read_all(folder / "film.gif");
  ASSERT_EQ(frames.size(), 7u);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(frames[i].image.rgb, film[i].rgb) << i;
    EXPECT_NEAR(frames[i].time_s, static_cast<double>(i) / 16, 0.0051);
  }
  EXPECT_NE(bytes_of(folder / "film.gif").find("NETSCAPE2.0"), std::string::npos);  // runs in a loop
}

TEST(WriteGif, IsCloseForManyColours) {
  TestFolder folder;
  auto film = clip(96, 64, 6);
  write_gif(folder / "film.gif", film, 10);
  auto frames = read_all(folder / "film.gif");
  ASSERT_EQ(frames.size(), 6u);
  for (size_t i = 0; i < 6; ++i) EXPECT_GT(psnr(frames[i].image, film[i]), 30);
  write_gif(folder / "again.gif", film, 10);
  EXPECT_EQ(bytes_of(folder / "film.gif"), bytes_of(folder / "again.gif"));
  EXPECT_THROW(write_gif(folder / "film.gif", {}, 10), UsageError);
  EXPECT_THROW(write_gif(folder / "film.gif", {Image(8, 8), Image(8, 9)}, 10), UsageError);
  EXPECT_THROW(write_gif(folder / "film.gif", film, 51), UsageError);
}

}  // namespace
}  // namespace mg::media
