#include "moviegen/media/png_text.h"

extern "C" {
#include <libavutil/crc.h>
}

#include <cstdint>
#include <cstring>

namespace mg::media {
namespace {

constexpr std::string_view kSignature{"\x89PNG\r\n\x1a\n", 8};
constexpr size_t kHeaderEnd = 8 + 25;   // signature, IHDR
constexpr size_t kChunkOverhead = 12;   // length, type, checksum

uint32_t checksum(std::string_view bytes) {
  auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  return ~av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), 0xffffffffu, data, bytes.size());
}

std::string big_endian(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}

uint32_t from_big_endian(const char* p) {
  uint32_t v = 0;
  for (int i = 0; i < 4; ++i) v = v << 8 | static_cast<uint8_t>(p[i]);
  return v;
}

// The text of an iTXt chunk's body, if it is uncompressed and has this keyword.
std::optional<std::string> text_of(std::string_view body, std::string_view keyword) {
  std::string head = std::string(keyword) + std::string(3, '\0');  // end of keyword, not compressed, method 0
  if (!body.starts_with(head)) return std::nullopt;
  body.remove_prefix(head.size());
  for (int skipped = 0; skipped < 2; ++skipped) {  // language, translated keyword
    size_t end = body.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    body.remove_prefix(end + 1);
  }
  return std::string(body);
}

}  // namespace

bool is_png(std::span<const char> bytes) {
  return bytes.size() >= kHeaderEnd && std::string_view(bytes.data(), kSignature.size()) == kSignature;
}

std::string with_png_text(std::string_view png, std::string_view keyword, std::string_view text) {
  std::string body = "iTXt" + std::string(keyword) + std::string(5, '\0') + std::string(text);
  std::string chunk = big_endian(static_cast<uint32_t>(body.size() - 4)) + body + big_endian(checksum(body));
  return std::string(png.substr(0, kHeaderEnd)) + chunk + std::string(png.substr(kHeaderEnd));
}

std::optional<std::string> png_text(std::span<const char> bytes, std::string_view keyword) {
  std::string_view file(bytes.data(), bytes.size());
  for (size_t at = kSignature.size(); is_png(bytes) && file.size() - at >= kChunkOverhead;) {
    size_t length = from_big_endian(file.data() + at);
    if (length > file.size() - at - kChunkOverhead) return std::nullopt;
    std::string_view type_and_body = file.substr(at + 4, length + 4);
    if (type_and_body.starts_with("iTXt") && checksum(type_and_body) == from_big_endian(file.data() + at + 8 + length))
      if (auto text = text_of(type_and_body.substr(4), keyword)) return text;
    at += length + kChunkOverhead;
  }
  return std::nullopt;
}

}  // namespace mg::media
