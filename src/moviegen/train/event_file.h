// TensorBoard's events files, written by hand: records of u64 length, its masked CRC32C, payload, the payload's masked
// CRC32C; each payload is a protobuf `Event`. An export for other tools; metrics.jsonl is the truth.
#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace mg::train {

// CRC-32 with the Castagnoli polynomial.
uint32_t crc32c(std::string_view bytes);
// One record with its framing.
std::string framed_record(std::string_view payload);
// Event{wall_time, step, summary{value{tag, simple_value}…}}.
std::string scalar_event(double wall_time, int64_t step, const std::map<std::string, double>& values);
// Event{wall_time, file_version}, the first record of every file.
std::string version_event(double wall_time);

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Appends whole pieces to a file and hands each to the system at once. Throws ResourceError.
class AppendFile {
 public:
  AppendFile(const std::string& path, bool start_anew);
  void append(std::string_view bytes);
  // To the disk itself.
  void sync();

 private:
  std::string path_;
  File file_;
};

}  // namespace mg::train
