// Files: whole reads with a size limit, and writes that appear complete or not at all.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace mg {

inline constexpr uint64_t kMaxTextBytes = 256u << 20;

// Reads a whole file; throws NotFound or DataError (larger than the limit, or not a regular file).
std::string read_text(const std::string& path, uint64_t max_bytes = kMaxTextBytes);

// Writes through a temporary file in the same folder, flushes it to disk and renames it. Throws ResourceError; nothing is
// left behind on failure.
void write_file(const std::string& path, std::span<const char> bytes);
inline void write_text(const std::string& path, const std::string& text) { write_file(path, {text.data(), text.size()}); }

// The temporary name that belongs to `path`, in the same folder.
std::string temporary_for(const std::string& path);
// Flushes `temporary` and renames it to `path`.
void commit_file(const std::string& temporary, const std::string& path);

// The name of a file that is removed when this goes.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A read-only mapping of a whole file.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const char> bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mg
