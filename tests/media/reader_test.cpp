// VideoReader and read_frames on files of many kinds.
#include "make_media.h"

namespace mg::media {
namespace {

struct Kind {
  const char *name, *container, *codec, *pixels, *audio;
  int width, height;
  double min_psnr;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class AnyFile : public ::testing::TestWithParam<Kind> {};

TEST_P(AnyFile, GivesTheFramesAndTheirTimes) {
  const Kind& kind = GetParam();
  TestFolder folder;
  auto path = folder / "film";
  make_media(path, {.container = kind.container, .codec = kind.codec, .pixels = kind.pixels, .audio = kind.audio,
                    .width = kind.width, .height = kind.height, .frames = 9});
  VideoReader reader(path);
  EXPECT_EQ(reader.info().width, kind.width);
  EXPECT_EQ(reader.info().height, kind.height);
  EXPECT_EQ(reader.info().has_audio, *kind.audio != 0);
  EXPECT_NEAR(reader.info().frame_rate, 25, 0.5);
  int i = 0;
  while (auto frame = reader.next()) {
    EXPECT_NEAR(frame->time_s, i / 25.0, 0.00051) << i;
    Image expected = clip_frame(kind.width, kind.height, i);
    if (std::string(kind.pixels).starts_with("gray")) {
      for (size_t at = 0; at < expected.rgb.size(); at += 3) {
        double luma = 0.2126 * expected.rgb[at] + 0.7152 * expected.rgb[at + 1] + 0.0722 * expected.rgb[at + 2];
        std::fill_n(expected.rgb.begin() + static_cast<ptrdiff_t>(at), 3, static_cast<uint8_t>(std::lround(luma)));
      }
    }
    EXPECT_GT(psnr(frame->image, expected), kind.min_psnr) << i;
    ++i;
  }
  EXPECT_EQ(i, 9);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AnyFile,
    ::testing::Values(Kind{"mp4", "mp4", "libx264", "yuv420p", "", 64, 48, 32},
                      Kind{"mp4_sound", "mp4", "libx264", "yuv420p", "aac", 64, 48, 32},
                      Kind{"mp4_444", "mp4", "libx264", "yuv444p", "", 64, 48, 32},
                      Kind{"mp4_422_10bit", "mp4", "libx264", "yuv422p10le", "", 64, 48, 32},
                      Kind{"mp4_rgb", "mp4", "libx264rgb", "rgb24", "", 64, 48, 32},
                      Kind{"mkv_odd_444_10bit", "matroska", "ffv1", "yuv444p10le", "pcm_s16le", 63, 47, 48},
                      Kind{"mkv_odd_420", "matroska", "ffv1", "yuv420p", "", 63, 47, 32},
                      Kind{"mkv_gray", "matroska", "ffv1", "gray", "", 64, 48, 48},
                      Kind{"mkv_gray10", "matroska", "ffv1", "gray10le", "", 64, 48, 48},
                      Kind{"mkv_411", "matroska", "ffv1", "yuv411p", "", 64, 48, 28},
                      Kind{"mkv_rgb_alpha", "matroska", "ffv1", "bgra", "", 64, 48, 60},
                      Kind{"webm_vp8", "webm", "libvpx", "yuv420p", "", 64, 48, 28},
                      Kind{"webm_vp9", "webm", "libvpx-vp9", "yuv420p", "", 64, 48, 28},
                      Kind{"avi_mpeg4", "avi", "mpeg4", "yuv420p", "pcm_s16le", 64, 48, 30},
                      Kind{"avi_mjpeg", "avi", "mjpeg", "yuvj420p", "", 64, 48, 28},
                      Kind{"avi_raw_bgr", "avi", "rawvideo", "bgr24", "", 62, 47, 60},
                      Kind{"mov_qtrle_alpha", "mov", "qtrle", "argb", "", 64, 48, 60},
                      Kind{"mpegts", "mpegts", "mpeg4", "yuv420p", "", 64, 48, 28},
                      Kind{"nut_png", "nut", "png", "rgb48be", "", 65, 33, 48},
                      Kind{"gif", "gif", "gif", "rgb8", "", 64, 48, 16}),
    [](const auto& kind) { return std::string(kind.param.name); });

TEST(VideoReader, KeepsTheTimesOfAVariableRate) {
  TestFolder folder;
  std::vector<int64_t> times = {0, 40, 200, 210, 1000, 1033, 2500};
  for (const char* container : {"mp4", "matroska"}) {
    make_media(folder / "film", {.container = container, .frames = 7, .time_base = {1, 1000}, .times = times});
    auto frames = read_all(folder / "film");
    ASSERT_EQ(frames.size(), times.size());
    for (size_t i = 0; i < times.size(); ++i) {
      EXPECT_DOUBLE_EQ(frames[i].time_s, static_cast<double>(times[i]) / 1000);
      EXPECT_GT(psnr(frames[i].image, clip_frame(64, 48, static_cast<int>(i))), 31);
    }
  }
}

TEST(VideoReader, CountsTimeFromTheFirstFrame) {
  TestFolder folder;
  make_media(folder / "film", {.container = "matroska", .frames = 3, .time_base = {1, 1000}, .times = {7000, 7040, 7080}});
  auto frames = read_all(folder / "film");
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_DOUBLE_EQ(frames[0].time_s, 0);
  EXPECT_NEAR(frames[2].time_s, 0.08, 1e-9);
}

// A picture with four different corners, turned clockwise by quarters, by hand.
Image corners(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      uint8_t* p = image.row(y) + 3 * x;
      bool right = x >= width / 2, low = y >= height / 2;
      p[0] = right ? 200 : 40, p[1] = low ? 200 : 40, p[2] = right == low ? 180 : 60;
    }
  return image;
}

Image quarter_turn(const Image& in) {
  Image out(in.height, in.width);
  for (int y = 0; y < in.height; ++y)
    for (int x = 0; x < in.width; ++x)
      for (int c = 0; c < 3; ++c) out.row(x)[3 * (in.height - 1 - y) + c] = in.row(y)[3 * x + c];
  return out;
}

TEST(VideoReader, TurnsAsTheDisplayMatrixSays) {
  TestFolder folder;
  Image expected = corners(64, 48);
  for (int quarter = 0; quarter < 4; ++quarter) {
    make_media(folder / "film.mp4",
               {.frames = 2, .turn_degrees = 90 * quarter, .frame = [](int) { return corners(64, 48); }});
    VideoReader reader(folder / "film.mp4");
    EXPECT_EQ(reader.info().width, expected.width);
    EXPECT_EQ(reader.info().height, expected.height);
    auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_GT(psnr(frame->image, expected), 24) << quarter;
    expected = quarter_turn(expected);
  }
}

TEST(VideoReader, StretchesPixelsThatAreNotSquare) {
  TestFolder folder;
  make_media(folder / "film.mp4", {.frames = 2, .turn_degrees = 90, .pixel_aspect = {3, 2}});
  VideoReader reader(folder / "film.mp4");
  EXPECT_EQ(reader.info().width, 48);
  EXPECT_EQ(reader.info().height, 96);
  auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_GT(psnr(frame->image, quarter_turn(resize(clip_frame(64, 48, 0), 96, 48))), 30);
}

TEST(VideoReader, LaysAlphaOnBlack) {
  TestFolder folder;
  make_media(folder / "film", {.container = "mov", .codec = "qtrle", .pixels = "argb", .frames = 2,
                               .alpha = [](int x, int) { return static_cast<uint8_t>(x < 32 ? 0 : x < 48 ? 128 : 255); }});
  auto frames = read_all(folder / "film");
  ASSERT_EQ(frames.size(), 2u);
  Image source = clip_frame(64, 48, 1);
  const Image& shown = frames[1].image;
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(shown.row(20)[3 * 10 + c], 0);
    EXPECT_NEAR(shown.row(20)[3 * 40 + c], source.row(20)[3 * 40 + c] * 128 / 255.0, 1);
    EXPECT_EQ(shown.row(20)[3 * 60 + c], source.row(20)[3 * 60 + c]);
  }
}

TEST(ReadFrames, TakesTheNearestEarlierFrameAtEachTime) {
  TestFolder folder;
  // Frames at 0, 0.1, 0.25 and 1 s; the last is shown for 0.75 s or more.
  make_media(folder / "film", {.container = "mp4", .codec = "libx264", .frames = 4, .time_base = {1, 100}, .times = {0, 10, 25, 100}});
  auto source = read_all(folder / "film");
  auto frames = read_frames(folder / "film", 10, 12);
  std::vector<size_t> expected = {0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3};
  ASSERT_GE(frames.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(frames[i].rgb, source[expected[i]].image.rgb) << i;
}

TEST(ReadFrames, IsExactAtTheFilmsOwnRateAndItsParts) {
  TestFolder folder;
  auto film = clip(64, 48, 33);
  for (const char* container : {"mp4", "matroska", "gif"}) {
    bool is_gif = std::string(container) == "gif";
    make_media(folder / "film", {.container = container, .codec = is_gif ? "gif" : "libx264", .pixels = is_gif ? "rgb8" : "yuv420p",
                                 .frames = 33, .time_base = {1, 16}});
    auto source = read_all(folder / "film");
    auto same = read_frames(folder / "film", 16, 1000);
    auto half = read_frames(folder / "film", 8, 1000);
    auto twice = read_frames(folder / "film", 32, 1000);
    ASSERT_EQ(same.size(), 33u) << container;
    ASSERT_EQ(half.size(), 17u) << container;
    ASSERT_EQ(twice.size(), 66u) << container;
    for (size_t i = 0; i < 33; ++i) EXPECT_EQ(same[i].rgb, source[i].image.rgb) << container << i;
    for (size_t i = 0; i < 17; ++i) EXPECT_EQ(half[i].rgb, source[2 * i].image.rgb) << container << i;
    for (size_t i = 0; i < 66; ++i) EXPECT_EQ(twice[i].rgb, source[i / 2].image.rgb) << container << i;
  }
  EXPECT_EQ(read_frames(folder / "film", 16, 5).size(), 5u);
  EXPECT_TRUE(read_frames(folder / "film", 16, 0).empty());
  EXPECT_THROW(read_frames(folder / "film", 0, 5), UsageError);
}

}  // namespace
}  // namespace mg::media
