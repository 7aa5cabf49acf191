// Forged media as input of `sound`: a whole output or one clear sentence and nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

#include "../media/forged.h"
#include "moviegen/core/files.h"
#include "moviegen/generate/soundtrack.h"
#include "tiny_model.h"

namespace mg::generate {
namespace {

constexpr double kLongest_s = 60;

TEST(Soundtrack, ForgedFilesGetSoundOrOneClearError) {
  Scratch scratch;
  auto session = SoundSession::open(tiny_model());
  auto files = [&] { return std::distance(std::filesystem::directory_iterator(scratch.folder), std::filesystem::directory_iterator()); };
  int made = 0, refused = 0;
  for (const auto& [name, bytes] : media::forged_files()) {
    auto input = scratch / "forged.mp4";
    write_text(input, bytes);
    for (const char* suffix : {".mp4", ".wav"}) {
      auto output = scratch / "out" + std::string(suffix);
      std::string sentence;
      try {
        make_soundtrack(session, {.input = input, .output = output, .sound = {.num_inference_steps = 1, .seed = 1}});
      } catch (const NotFound& error) {
        sentence = error.what();
      } catch (const DataError& error) {
        sentence = error.what();
      } catch (const UsageError& error) {
        sentence = error.what();
      }
      if (sentence.empty()) {
        ++made;
        double duration_s = media::read_sound(output).duration_s();
        EXPECT_GT(duration_s, 0) << name;
        EXPECT_LT(duration_s, kLongest_s) << name;
        std::filesystem::remove(output);
      } else {
        ++refused;
        EXPECT_NE(sentence.find("forged.mp4"), std::string::npos) << name << ": " << sentence;
        EXPECT_EQ(sentence.find('\n'), std::string::npos) << name << ": " << sentence;
      }
      EXPECT_EQ(files(), 1) << name << suffix << ": something was left";
    }
  }
  EXPECT_GT(made, 10);
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace mg::generate
