// Fuzz target of the safetensors parser: any bytes are refused with DataError, or give views that lie inside the input,
// cover its data without overlap and are as large as their shapes say. Torch-free, so clang can build it alone:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/safetensors_fuzz.cpp \
//     src/moviegen/weights/safetensors.cpp src/moviegen/core/files.cpp -lfmt -o safetensors_fuzz
// Without -fsanitize=fuzzer, -DMG_FUZZ_FILES makes a program that runs the files it is given.
#include <cstdlib>

#include "moviegen/core/error.h"
#include "moviegen/weights/safetensors.h"

namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

void examine(std::span<const char> file, const mg::weights::Header& header) {
  uint64_t covered = 0;
  unsigned touched = 0;
  for (const auto& [name, view] : header.tensors) {
    require(!name.empty() && name.size() <= mg::weights::kMaxNameBytes);
    uint64_t bytes = static_cast<uint64_t>(mg::weights::dtype_bytes(view.dtype));
    for (int64_t axis : view.shape) {
      require(axis >= 0);
      bytes *= static_cast<uint64_t>(axis);
    }
    require(bytes == view.bytes.size());
    covered += bytes;
    if (view.bytes.empty()) continue;
    require(view.bytes.data() >= file.data() && view.bytes.data() + bytes <= file.data() + file.size());
    for (char byte : view.bytes) touched += static_cast<unsigned char>(byte);  // the sanitizer sees every byte read
  }
  require(covered < file.size());
  static volatile unsigned sink;
  sink = touched;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const char> file(reinterpret_cast<const char*>(data), size);
  try {
    examine(file, mg::weights::parse_safetensors(file, "fuzz"));
  } catch (const mg::DataError&) {
  }
  return 0;
}

#ifdef MG_FUZZ_FILES
int main(int count, char** paths) {
  for (int i = 1; i < count; ++i) {
    mg::MappedFile file(paths[i]);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(file.bytes().data()), file.bytes().size());
  }
}
#endif
