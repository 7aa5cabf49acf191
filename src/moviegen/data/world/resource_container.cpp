#include "moviegen/data/world/resource_container.h"

#include <algorithm>
#include <vector>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

constexpr uint16_t kCompressed = 1, kFolder = 2, kCompressedZstd = 4;
constexpr size_t kMaxEntries = 1 << 12;

class Resource {
 public:
  Resource(std::span<const uint8_t> file, const std::string& name) : file_(file), name_(name) {
    if (file.size() < 20 || std::string_view(reinterpret_cast<const char*>(file.data()), 4) != "qres") throw DataError("{}: not a Qt resource file", name);
    uint32_t version = u32(4);
    if (version < 1 || version > 3) throw DataError("{}: a Qt resource file of version {}; versions 1 to 3 are known", name, version);
    tree_ = u32(8), data_ = u32(12), names_ = u32(16);
    record_bytes_ = version == 1 ? 14 : 22;
  }

  std::vector<std::span<const uint8_t>> entries_ending(std::string_view tail) {
    std::vector<std::span<const uint8_t>> found;
    struct Folder {
      uint64_t record;
      std::string path;
    };
    std::vector<Folder> open{{0, ""}};
    for (size_t seen = 0; !open.empty();) {
      Folder folder = std::move(open.back());
      open.pop_back();
      uint64_t at = record_at(folder.record), count = u32(at + 6), first = u32(at + 10);
      for (uint64_t i = first; i < first + count; ++i) {
        if (++seen > kMaxEntries) throw DataError("{}: more than {} entries, or folders in a circle", name_, kMaxEntries);
        uint64_t child = record_at(i);
        std::string path = folder.path + "/" + name_at(u32(child));
        uint16_t flags = u16(child + 4);
        if (flags & kFolder) open.push_back({i, path});
        else if (path.ends_with(tail)) found.push_back(data_of(child, flags, path));
      }
    }
    return found;
  }

 private:
  void need(uint64_t at, uint64_t bytes) const {
    if (at > file_.size() || bytes > file_.size() - at) throw DataError("{}: ends within a record at byte {}", name_, at);
  }
  uint16_t u16(uint64_t at) const {
    need(at, 2);
    return static_cast<uint16_t>(file_[at] << 8 | file_[at + 1]);
  }
  uint32_t u32(uint64_t at) const { return static_cast<uint32_t>(u16(at)) << 16 | u16(at + 2); }
  uint64_t record_at(uint64_t index) const { return tree_ + index * record_bytes_; }
  // Names of files we ask for are ASCII; other letters become '?'.
  std::string name_at(uint32_t offset) const {
    uint64_t at = uint64_t{names_} + offset, length = u16(at);
    std::string text;
    for (uint64_t i = 0; i < length; ++i) {
      uint16_t letter = u16(at + 6 + 2 * i);
      text += letter > 0 && letter < 128 ? static_cast<char>(letter) : '?';
    }
    return text;
  }
  std::span<const uint8_t> data_of(uint64_t record, uint16_t flags, const std::string& path) const {
    if (flags & (kCompressed | kCompressedZstd)) throw DataError("{}: the entry {} is compressed, which sounds never are", name_, path);
    uint64_t at = uint64_t{data_} + u32(record + 10), length = u32(at);
    need(at + 4, length);
    return file_.subspan(at + 4, length);
  }

  std::span<const uint8_t> file_;
  const std::string& name_;
  uint32_t tree_ = 0, data_ = 0, names_ = 0;
  uint64_t record_bytes_ = 0;
};

}  // namespace

std::span<const uint8_t> resource_entry(std::span<const uint8_t> file, std::string_view tail, const std::string& name) {
  auto found = Resource(file, name).entries_ending(std::string("/").append(tail));
  if (found.empty()) throw NotFound("{}: there is no entry ending in /{}", name, tail);
  if (found.size() > 1) throw DataError("{}: {} entries end in /{}", name, found.size(), tail);
  return found.front();
}

}  // namespace mg::world
