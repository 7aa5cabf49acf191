// Fuzz target of the media readers. Built with Clang it is a libFuzzer program; any other compiler gives one that
// mutates the forged corpus from a seed for as many rounds as asked:
//   cmake --preset asan && cmake --build --preset asan --target media_fuzz && build/asan/tests/media_fuzz 20000
#include <unistd.h>

#include <cstdlib>

#include "../media/forged.h"

using namespace mg::media;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = fmt::format("/dev/shm/moviegen-fuzz-{}", ::getpid());
  put_bytes(path, std::string(reinterpret_cast<const char*>(data), size));
  auto handled = [](auto read) {
    try {
      read();
    } catch (const mg::DataError&) {
    } catch (const mg::NotFound&) {    // no generation record, no sound
    } catch (const mg::UsageError&) {  // a still picture with sound
    }
  };
  handled([] { read_frames(path, 16, 32); });
  handled([] { read_image(path); });
  handled([] { read_generation(path); });
  handled([] { read_sound(path, {.max_s = 5}); });
  handled([] { write_soundtrack(path, {.samples = std::vector<float>(4800)}, path + ".mp4", {.keep_tracks = true}); });
  std::filesystem::remove(path + ".mp4");
  std::filesystem::remove(path);
  return 0;
}

#ifndef MG_LIBFUZZER
int main(int count, char** arguments) {
  int rounds = count > 1 ? std::atoi(arguments[1]) : 2000;
  auto corpus = forged_files();
  corpus.merge(good_files());
  mg::Generator g(count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0, "media fuzz");
  for (int round = 0; round < rounds; ++round) {
    auto entry = std::next(corpus.begin(), g.below(static_cast<int>(corpus.size())));
    auto bytes = mutate(entry->second, g);
    put_bytes("media_fuzz.last", bytes);  // what a crash leaves to look at
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  std::filesystem::remove("media_fuzz.last");
  fmt::print("{} rounds over {} files: no crash\n", rounds, corpus.size());
}
#endif
