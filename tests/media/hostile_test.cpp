// Hostile files: whatever the bytes, reading ends soon with bounded pictures or with one clear sentence.
#include <gtest/gtest.h>

#include <chrono>

#include "forged.h"
#include "make_sound.h"

namespace mg::media {
namespace {

constexpr int kMostFrames = 64;
constexpr int64_t kMostSamples = 2'000'000;

// Reads the bytes as film, picture and sound, and copies the film with another sound. Anything but frames, samples, a film
// or an error that names the file is a failure.
void expect_handled(const std::string& path, const std::string& what) {
  auto start = std::chrono::steady_clock::now();
  auto handled = [&](const std::function<void()>& read) {
    std::string sentence;
    try {
      return read();
    } catch (const DataError& error) {
      sentence = error.what();
    } catch (const NotFound& error) {  // no sound
      sentence = error.what();
    } catch (const UsageError& error) {  // a still, or a codec that MP4 does not hold
      sentence = error.what();
    }
    EXPECT_NE(sentence.find(std::filesystem::path(path).parent_path()), std::string::npos) << what << ": " << sentence;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << what << ": " << sentence;
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
  handled([&] {
    SoundReader reader(path, {});
    int64_t samples = 0;
    while (samples < kMostSamples) {
      auto block = reader.next();
      if (!block) break;
      samples += static_cast<int64_t>(block->samples.size());
      for (float sample : block->samples) ASSERT_LE(std::abs(sample), 1) << what;
    }
  });
  handled([&] { read_sound(path, {.channels = 1, .start_s = 0.1, .max_s = 1}); });
  handled([&] { sound_tracks(path); });
  handled([&] { write_soundtrack(path, tone(48000, 1, 0.3), path + ".mp4", {.keep_tracks = true}); });
  std::filesystem::remove(path + ".mp4");
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

// A film that is cut off has no soundtrack added: what would come of it is not the film.
TEST(Hostile, CutOffFilmsAreNotCopied) {
  TestFolder folder;
  std::string bytes = good_files().at("faststart.mp4");
  put_bytes(folder / "cut.mp4", bytes.substr(0, bytes.size() * 9 / 10));
  EXPECT_THROW(write_soundtrack(folder / "cut.mp4", tone(48000, 1, 0.3), folder / "out.mp4"), DataError);
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace mg::media
