// The safetensors format: u64 header length, JSON header, then the tensors' bytes. The parser trusts nothing: every
// offset, size, name and dtype is checked before a view is handed out, so nothing downstream checks again. No torch here.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "moviegen/core/files.h"

namespace mg::weights {

inline constexpr uint64_t kMaxHeaderBytes = 100ull << 20;  // as the reference readers

struct TensorView {
  std::string dtype;  // "F32", "BF16", …
  std::vector<int64_t> shape;
  std::span<const char> bytes;
};

// Bytes of one element; 0 for an unknown dtype.
int dtype_bytes(const std::string& dtype);

struct Header {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
};

// Parses a whole file held in memory; `name` is used in errors. Throws DataError.
Header parse_safetensors(std::span<const char> file, const std::string& name);

class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path) : file_(path), header_(parse_safetensors(file_.bytes(), path)) {}
  const std::map<std::string, TensorView>& tensors() const { return header_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }

 private:
  MappedFile file_;
  Header header_;
};

// Writes tensors in name order; atomic.
void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace mg::weights
