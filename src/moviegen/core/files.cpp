#include "moviegen/core/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "moviegen/core/error.h"

namespace mg {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

uint64_t size_of_regular_file(int fd, const std::string& path) {
  struct stat info {};
  if (fd < 0) throw NotFound("{}: {}", path, std::strerror(errno));
  if (::fstat(fd, &info) != 0) throw DataError("{}: {}", path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) throw DataError("{}: expected a file, got a folder or device", path);
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace

std::string read_text(const std::string& path, uint64_t max_bytes) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  uint64_t size = size_of_regular_file(file.get(), path);
  if (size > max_bytes) throw DataError("{}: {} bytes, expected at most {}", path, size, max_bytes);
  std::string text(size, '\0');
  size_t done = 0;
  while (done < size) {
    ssize_t got = ::read(file.get(), text.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw DataError("{}: read {} of {} bytes: {}", path, done, size, got ? std::strerror(errno) : "the file ends");
    done += static_cast<size_t>(got);
  }
  return text;
}

std::string temporary_for(const std::string& path) {
  static std::atomic<int> counter{0};
  auto file = std::filesystem::path(path);
  auto name = fmt::format(".{}.{}.{}.tmp", file.filename().string(), ::getpid(), ++counter);
  return (file.parent_path() / name).string();
}

void commit_file(const std::string& temporary, const std::string& path) {
  Descriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
  bool ok = file.get() >= 0 && ::fsync(file.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (ok) return;
  std::string reason = std::strerror(errno);
  ::unlink(temporary.c_str());
  throw ResourceError("{}: could not be written: {}", path, reason);
}

void write_file(const std::string& path, std::span<const char> bytes) {
  std::string temporary = temporary_for(path);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) throw ResourceError("{}: could not be written: {}", path, std::strerror(errno));
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t put = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      std::string reason = std::strerror(errno);
      ::unlink(temporary.c_str());
      throw ResourceError("{}: could not be written: {}", path, reason);
    }
    done += static_cast<size_t>(put);
  }
  commit_file(temporary, path);
}

TemporaryFile::~TemporaryFile() {
  std::error_code error;
  std::filesystem::remove(path_, error);
}

MappedFile::MappedFile(const std::string& path) : path_(path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  size_ = size_of_regular_file(file.get(), path);
  if (size_ == 0) return;
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED) throw ResourceError("{}: could not be mapped: {}", path, std::strerror(errno));
  data_ = static_cast<const char*>(mapped);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<char*>(data_), size_);
}

}  // namespace mg
