#include "moviegen/train/event_file.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "moviegen/core/error.h"

namespace mg::train {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli, bit-reversed
constexpr uint32_t kMaskDelta = 0xa282ead8;

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

// A CRC stored beside its own data would make CRCs of CRCs weak, so the format stores this instead.
uint32_t masked(uint32_t crc) { return std::rotr(crc, 15) + kMaskDelta; }

template <class T>
void put_raw(std::string& out, T value) {  // little-endian, as every machine this builds on
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<char>(value | 128));
  out.push_back(static_cast<char>(value));
}

// Protobuf wire types: a field's key is number·8 + type.
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
void put_key(std::string& out, int number, WireType type) { put_varint(out, static_cast<uint64_t>(number * 8 + type)); }
void put_bytes(std::string& out, int number, std::string_view bytes) {
  put_key(out, number, kBytes);
  put_varint(out, bytes.size());
  out.append(bytes);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (char byte : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 255] ^ (crc >> 8);
  return ~crc;
}

std::string framed_record(std::string_view payload) {
  std::string out;
  put_raw<uint64_t>(out, payload.size());
  put_raw(out, masked(crc32c(out)));
  out.append(payload);
  put_raw(out, masked(crc32c(payload)));
  return out;
}

std::string scalar_event(double wall_time, int64_t step, const std::map<std::string, double>& values) {
  std::string summary;
  for (const auto& [tag, value] : values) {
    std::string item;
    put_bytes(item, 1, tag);
    put_key(item, 2, kFixed32);
    put_raw(item, static_cast<float>(value));
    put_bytes(summary, 1, item);
  }
  std::string event;
  put_key(event, 1, kFixed64);
  put_raw(event, wall_time);
  put_key(event, 2, kVarint);
  put_varint(event, static_cast<uint64_t>(step));
  put_bytes(event, 5, summary);
  return event;
}

std::string version_event(double wall_time) {
  std::string event;
  put_key(event, 1, kFixed64);
  put_raw(event, wall_time);
  put_bytes(event, 3, "brain.Event:2");
  return event;
}

AppendFile::AppendFile(const std::string& path, bool start_anew) : path_(path), file_(std::fopen(path.c_str(), start_anew ? "wbe" : "abe")) {
  if (!file_) throw ResourceError("{}: could not be opened for writing: {}", path, std::strerror(errno));
}

void AppendFile::append(std::string_view bytes) {
  bool ok = std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size() && std::fflush(file_.get()) == 0;
  if (!ok) throw ResourceError("{}: could not be written: {}", path_, std::strerror(errno));
}

void AppendFile::sync() {
  if (::fsync(::fileno(file_.get())) != 0) throw ResourceError("{}: could not be written: {}", path_, std::strerror(errno));
}

}  // namespace mg::train
