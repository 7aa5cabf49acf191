// Qt resource files (.rcc), as far as sounds need them: entries that are stored as they are.
//
// Layout, all big-endian: "qres", version, offsets of tree, data and names, from version 3 flags. A tree record is name
// offset (4), flags (2), then children count and first child (a folder) or locale (4) and data offset (a file), from
// version 2 a time (8). A name is length (2), hash (4), UTF-16. Data is length (4) and bytes.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mg::world {

// The bytes of the one entry whose path ends with "/" + `tail`, a view into `file`. Throws NotFound if there is none,
// DataError with `name` for a damaged file, two such entries, or an entry that is compressed.
std::span<const uint8_t> resource_entry(std::span<const uint8_t> file, std::string_view tail, const std::string& name);

}  // namespace mg::world
