// Hostile files: whatever the bytes, reading ends soon with bounded pictures or with one clear sentence.
#include <gtest/gtest.h>

#include <chrono>

#include "forged.h"

namespace mg::media {
namespace {

constexpr int kMostFrames = 64;

// Reads the bytes as film and as picture. Anything but frames or a DataError is a failure.
void expect_handled(const std::string& path, const std::string& what) {
  auto start = std::chrono::steady_clock::now();
  auto handled = [&](const std::function<void()>& read) {
    try {
      read();
    } catch (const DataError& error) {
      std::string sentence = error.what();
      EXPECT_NE(sentence.find(path), std::string::npos) << what << ": " << sentence;
      EXPECT_EQ(sentence.find('\n'), std::string::npos) << what << ": " << sentence;
    }
  };
  handled([&] {
    VideoReader reader(path);
    for (int i = 0; i < kMostFrames; ++i) {
      auto frame = reader.next();
      if (!frame) break;
      ASSERT_LE(frame->image.width, kMaxSide) << what;
      ASSERT_EQ(frame->image.rgb.size(), size_t{3} * frame->image.width * frame->image.height) << what;
      ASSERT_TRUE(std::isfinite(frame->time_s)) << what;
    }
  });
  handled([&] { read_frames(path, 16, kMostFrames); });
  handled([&] { read_image(path); });
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << what;
}

TEST(Hostile, ForgedFilesAreReadOrRefused) {
  TestFolder folder;
  for (const auto& [name, bytes] : forged_files()) {
    put_bytes(folder / "forged", bytes);
    expect_handled(folder / "forged", name);
  }
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Hostile, FilesThatAreNoMediaAreRefused) {
  TestFolder folder;
  auto forged = forged_files();
  for (const char* name : {"empty", "one byte", "text.mp4", "zeros.mp4", "concat.mp4", "playlist.m3u8", "description.sdp",
                           "png of 2 billion by 2 billion", "png of zero width", "10 % of film.mp4"}) {
    put_bytes(folder / "forged", forged.at(name));
    EXPECT_THROW(VideoReader(folder / "forged"), DataError) << name;
  }
}

TEST(Hostile, MutatedFilesAreReadOrRefused) {
  TestFolder folder;
  auto good = good_files();
  for (const auto& [name, bytes] : good) {
    Generator g(7, name);
    for (int i = 0; i < 40; ++i) {
      put_bytes(folder / "mutated", mutate(bytes, g));
      expect_handled(folder / "mutated", fmt::format("{}, mutation {}", name, i));
      if (testing::Test::HasFailure()) return;  // the seed and the number find it again
    }
  }
}

}  // namespace
}  // namespace mg::media
