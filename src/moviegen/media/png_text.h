// Text inside PNG files: one uncompressed iTXt chunk (UTF-8) under a keyword. Private to this folder.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mg::media {

bool is_png(std::span<const char> bytes);
// The file with the text added after its header chunk.
std::string with_png_text(std::string_view png, std::string_view keyword, std::string_view text);
// The text under the keyword; nothing if there is none or the chunks are damaged.
std::optional<std::string> png_text(std::span<const char> bytes, std::string_view keyword);

}  // namespace mg::media
