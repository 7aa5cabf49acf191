#include "moviegen/weights/safetensors.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "moviegen/core/error.h"

namespace mg::weights {
namespace {

using Json = nlohmann::json;

// Parses JSON and refuses an object that names a key twice, which nlohmann would silently merge.
Json parse_without_duplicates(std::span<const char> text, const std::string& name) {
  std::vector<std::set<std::string>> open;
  auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > 8) throw DataError("{}: the header is nested too deeply", name);
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second)
      throw DataError("{}: the header names '{}' twice", name, value.get<std::string>());
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::exception& error) {
    throw DataError("{}: the header is not JSON ({}); is this a safetensors file?", name, error.what());
  }
}

uint64_t unsigned_of(const Json& value, const std::string& what) {
  if (!value.is_number_unsigned()) throw DataError("{}: expected a non-negative whole number, got {}", what, value.dump());
  return value.get<uint64_t>();
}

struct Extent {
  uint64_t begin, end;
  const std::string* name;
};

TensorView read_entry(const Json& entry, std::span<const char> data, const std::string& who, Extent& extent) {
  for (const char* key : {"dtype", "shape", "data_offsets"})
    if (!entry.is_object() || !entry.contains(key)) throw DataError("{}: '{}' is missing", who, key);
  TensorView view;
  if (!entry["dtype"].is_string() || dtype_bytes(entry["dtype"]) == 0)
    throw DataError("{}: unknown dtype {}", who, entry["dtype"].dump());
  view.dtype = entry["dtype"];
  if (!entry["shape"].is_array() || entry["shape"].size() > 8) throw DataError("{}: expected a shape of at most 8 axes", who);
  uint64_t bytes = dtype_bytes(view.dtype);
  for (const Json& axis : entry["shape"]) {
    uint64_t length = unsigned_of(axis, who + ": shape");
    if (length > INT64_MAX || __builtin_mul_overflow(bytes, length, &bytes)) throw DataError("{}: the shape overflows", who);
    view.shape.push_back(static_cast<int64_t>(length));
  }
  const Json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) throw DataError("{}: expected two data offsets", who);
  extent.begin = unsigned_of(offsets[0], who + ": data_offsets");
  extent.end = unsigned_of(offsets[1], who + ": data_offsets");
  if (extent.begin > extent.end || extent.end > data.size())
    throw DataError("{}: bytes {}..{} lie outside the {} bytes of data; is the file cut short?", who, extent.begin, extent.end,
                    data.size());
  if (extent.end - extent.begin != bytes)
    throw DataError("{}: its shape and dtype need {} bytes, the offsets give {}", who, bytes, extent.end - extent.begin);
  view.bytes = data.subspan(extent.begin, bytes);
  return view;
}

}  // namespace

int dtype_bytes(const std::string& dtype) {
  static const std::map<std::string, int> sizes = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1}, {"I64", 8}, {"I32", 4},
      {"I16", 2}, {"I8", 1},  {"U64", 8}, {"U32", 4},  {"U16", 2},     {"U8", 1},      {"BOOL", 1},    {"C64", 8}};
  auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

Header parse_safetensors(std::span<const char> file, const std::string& name) {
  if (file.size() < 8) throw DataError("{}: {} bytes are too few for a safetensors file", name, file.size());
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);  // little-endian, as every machine this runs on
  if (length > kMaxHeaderBytes || length > file.size() - 8)
    throw DataError("{}: the header claims {} bytes, the file has {}; is this a safetensors file?", name, length, file.size() - 8);
  auto text = file.subspan(8, length);
  if (text.empty() || text[0] != '{') throw DataError("{}: the header does not begin with '{{'; is this a safetensors file?", name);
  Json tree = parse_without_duplicates(text, name);
  if (!tree.is_object()) throw DataError("{}: the header is not a JSON object", name);
  auto data = file.subspan(8 + length);
  Header header;
  std::vector<Extent> extents;
  for (const auto& [key, entry] : tree.items()) {
    if (key == "__metadata__") {
      if (!entry.is_object()) throw DataError("{}: __metadata__ is not an object", name);
      for (const auto& [field, value] : entry.items()) {
        if (!value.is_string()) throw DataError("{}: __metadata__ '{}' is not a string", name, field);
        header.metadata[field] = value;
      }
      continue;
    }
    Extent extent{};
    auto& view = header.tensors[key] = read_entry(entry, data, name + ": tensor '" + key + "'", extent);
    if (!view.bytes.empty()) extents.push_back({extent.begin, extent.end, &header.tensors.find(key)->first});
  }
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  uint64_t expected = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != expected)
      throw DataError("{}: tensor '{}' begins at byte {}, expected {}: tensors must neither overlap nor leave holes", name,
                      *extent.name, extent.begin, expected);
    expected = extent.end;
  }
  if (expected != data.size())
    throw DataError("{}: {} bytes of data, but the tensors end at {}", name, data.size(), expected);
  return header;
}

void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, view] : tensors) {
    header[name] = {{"dtype", view.dtype}, {"shape", view.shape}, {"data_offsets", {offset, offset + view.bytes.size()}}};
    offset += view.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data begins on an 8-byte border
  uint64_t length = text.size();
  std::string temporary = temporary_for(path);
  std::FILE* file = std::fopen(temporary.c_str(), "wbx");
  if (!file) throw ResourceError("{}: could not be written: {}", path, std::strerror(errno));
  bool ok = std::fwrite(&length, 8, 1, file) == 1 && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  for (const auto& [name, view] : tensors)
    ok = ok && std::fwrite(view.bytes.data(), 1, view.bytes.size(), file) == view.bytes.size();
  std::string reason = std::strerror(errno);
  ok = std::fclose(file) == 0 && ok;
  if (!ok) {
    std::remove(temporary.c_str());
    throw ResourceError("{}: could not be written: {}", path, reason);
  }
  commit_file(temporary, path);
}

}  // namespace mg::weights
