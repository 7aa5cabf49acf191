#include "moviegen/data/world/sound_pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/data/world/recording.h"
#include "moviegen/data/world/resource_container.h"
#include "moviegen/data/world/sound_library.h"

namespace mg::world {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / "moviegen_sound_pack_test";
  Folder() { fs::remove_all(path), fs::create_directories(path / "sounds"); }
  ~Folder() { fs::remove_all(path); }
  void list(const std::string& text) const { write_text((path / "sounds" / "sounds.json").string(), text); }
};

media::Sound silence_and_tone(double silence_s, double tone_s, double gap_s, double again_s) {
  media::Sound sound{.sample_rate = 48000, .channels = 1, .samples = {}};
  auto add = [&](double seconds, double level) {
    for (int i = 0; i < static_cast<int>(seconds * 48000); ++i) sound.samples.push_back(static_cast<float>(level * std::sin(0.3 * i)));
  };
  add(silence_s, 0.0005), add(tone_s, 0.5), add(gap_s, 0.0005), add(again_s, 0.5);
  return sound;
}

TEST(SoundPack, APackWithoutSoundsIsSynthesised) {
  Folder folder;
  fs::remove_all(folder.path / "sounds");
  EXPECT_TRUE(read_sound_pack(folder.path.string()).recordings.empty());
  auto library = SoundLibrary::open(folder.path.string());
  EXPECT_FALSE(library->take(sound_class_named("dog_bark"), 5)->samples.empty());
  EXPECT_EQ(library->take(sound_class_named("rain"), 1), library->take(sound_class_named("rain"), 1));  // made once
}

TEST(SoundPack, RecordingsAreTakenWhereThereAreSome) {
  Folder folder;
  folder.list(R"({"format": 1, "recordings": [{"class": "dog_bark", "file": "a.flac", "source": "x/a", "source_rate": 22050}]})");
  media::write_sound((folder.path / "sounds" / "a.flac").string(), silence_and_tone(0, 0.5, 0, 0), {.channels = 1});
  auto library = SoundLibrary::open(folder.path.string());
  auto take = library->take(sound_class_named("dog_bark"), 123);
  EXPECT_NEAR(static_cast<double>(take->samples.size()), 24000, 10);
  EXPECT_EQ(take->bandwidth_hz, 11025);
  EXPECT_EQ(take, library->take(sound_class_named("dog_bark"), 7));
}

TEST(SoundPack, ForgedListsAreRefused) {
  Folder folder;
  for (const char* text : {"", "[]", "{}", R"({"format": 2, "recordings": []})", R"({"format": 1, "recordings": [1]})", R"({"format": 1, "recordings": [{"file": "../../etc/passwd"}]})",
                           R"({"format": 1, "recordings": [{"file": "/etc/passwd"}]})", R"({"format": 1, "recordings": [{"file": "a.flac", "loudnes": 1}]})",
                           R"({"format": 1, "recordings": [], "soundfont": "../x.sf2"})"}) {
    folder.list(text);
    EXPECT_THROW(read_sound_pack(folder.path.string()), DataError) << text;
  }
}

TEST(Recording, BeginsAtItsOnsetAndEndsAfterItsFirstUtterance) {
  media::Sound cut = cut_recording(silence_and_tone(0.5, 0.4, 0.3, 0.4), {}, "test");
  size_t loud = 0;
  while (std::abs(cut.samples[loud]) < 0.1f) ++loud;
  EXPECT_NEAR(static_cast<double>(loud) / 48000, 0.005, 0.001);
  EXPECT_NEAR(cut.duration_s(), 0.405, 0.08);
  EXPECT_NEAR(cut_recording(silence_and_tone(0.5, 0.4, 0.3, 0.4), {.whole = true}, "test").duration_s(), 1.105, 0.01);
  EXPECT_NEAR(cut_recording(silence_and_tone(0.5, 9, 0, 0), {}, "test").duration_s(), 3, 0.01);
  EXPECT_NEAR(cut_recording(silence_and_tone(0.5, 3, 0.5, 0), {.loop = true}, "test").duration_s(), 3, 0.2);
  EXPECT_NEAR(cut_recording(silence_and_tone(0, 1, 0, 0), {.from_s = 0.7}, "test").duration_s(), 0.3, 0.01);
  EXPECT_THROW(cut_recording(silence_and_tone(0, 1, 0, 0), {.from_s = 5}, "test"), DataError);
}

// "qres" version 1: root → folder "a" → files "b.ogg" with the text "sound", and "c.ogg" with the flags given.
std::string resource(uint16_t flags_of_c = 0) {
  std::string out, names, data, tree;
  auto put = [](std::string& to, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<char>(value >> (8 * i)));
  };
  auto name = [&](const std::string& text) {
    uint64_t at = names.size();
    put(names, text.size(), 2), put(names, 0, 4);
    for (char c : text) put(names, static_cast<unsigned char>(c), 2);
    return at;
  };
  auto blob = [&](const std::string& text) {
    uint64_t at = data.size();
    put(data, text.size(), 4), data += text;
    return at;
  };
  auto record = [&](uint64_t name_at, uint64_t flags, uint64_t first, uint64_t second) { put(tree, name_at, 4), put(tree, flags, 2), put(tree, first, 4), put(tree, second, 4); };
  record(0, 2, 1, 1);
  record(name("a"), 2, 2, 2);
  record(name("b.ogg"), 0, 0, blob("sound"));
  record(name("c.ogg"), flags_of_c, 0, blob("other"));
  out = "qres";
  for (uint64_t value : {uint64_t{1}, uint64_t{20}, 20 + tree.size(), 20 + tree.size() + data.size()}) put(out, value, 4);
  return out + tree + data + names;
}

std::string entry(const std::string& file, const std::string& tail) {
  auto view = resource_entry({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, tail, "test.rcc");
  return {view.begin(), view.end()};
}

TEST(ResourceContainer, EntriesAreFoundByTheEndOfTheirPath) {
  EXPECT_EQ(entry(resource(), "b.ogg"), "sound");
  EXPECT_EQ(entry(resource(), "a/c.ogg"), "other");
  EXPECT_THROW(entry(resource(), "d.ogg"), NotFound);
  EXPECT_THROW(entry(resource(1), "c.ogg"), DataError);
}

TEST(ResourceContainer, DamagedFilesAreRefused) {
  const std::string whole = resource();
  for (size_t length = 0; length + 1 < whole.size(); ++length) EXPECT_ANY_THROW(entry(whole.substr(0, length), "c.ogg")) << length;
  // No byte changed anywhere makes the reader leave the file; most are noticed.
  for (size_t i = 0; i < whole.size(); ++i)
    for (char value : {'\0', '\xff'}) {
      std::string forged = whole;
      forged[i] = value;
      try {
        entry(forged, "b.ogg");
      } catch (const Error&) {
      }
    }
  std::string circle = whole;
  circle[20 + 14 + 13] = 1;  // folder "a" holds itself
  EXPECT_ANY_THROW(entry(circle, "nothing"));
}

}  // namespace
}  // namespace mg::world
