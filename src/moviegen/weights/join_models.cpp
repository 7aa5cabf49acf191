#include "moviegen/weights/join_models.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "moviegen/core/config.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/weights/model_folder.h"

namespace mg::weights {
namespace {

namespace fs = std::filesystem;

bool is_part(const fs::path& folder) { return fs::is_regular_file(folder / "config.json") || fs::is_regular_file(folder / "scheduler_config.json"); }

Json index_of(const std::string& folder) {
  auto path = folder + "/model_index.json";
  Json index = Json::parse(read_text(path), nullptr, false);
  if (!index.is_object()) throw DataError("{}: expected a JSON object", path);
  return index;
}

// Removes a half-written folder unless it was kept.
struct Unfinished {
  std::string folder;
  ~Unfinished() {
    std::error_code error;
    if (!folder.empty()) fs::remove_all(folder, error);
  }
};

void copy_part(const fs::path& from, const fs::path& to, const std::string& dtype) {
  make_folder(to.string());
  for (const auto& entry : fs::directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    auto target = to / entry.path().filename();
    if (dtype.empty() || entry.path().extension() != ".safetensors") {
      fs::copy_file(entry.path(), target);
      continue;
    }
    Metadata metadata;
    auto state = read_state(entry.path().string(), &metadata);
    write_state(target.string(), state, dtype, metadata);
  }
}

}  // namespace

PartSource parse_part_source(const std::string& text) {
  auto colon = text.rfind(':');
  PartSource source{text.substr(0, colon), {}};
  for (size_t at = colon; at != std::string::npos;) {
    auto end = text.find(',', at + 1);
    source.parts.push_back(text.substr(at + 1, end == std::string::npos ? end : end - at - 1));
    at = end;
  }
  if (source.model.empty() || std::count(source.parts.begin(), source.parts.end(), ""))
    throw UsageError("'{}': expected MODEL or MODEL:PART,PART", text);
  return source;
}

std::vector<std::string> join_models(const std::vector<PartSource>& sources, const std::string& folder, const std::string& dtype) {
  if (sources.empty()) throw UsageError("join: expected at least one model");
  if (!dtype.empty() && dtype != "f32" && dtype != "bf16" && dtype != "int8") throw UsageError("join: dtype: expected f32, bf16 or int8, got '{}'", dtype);
  if (fs::exists(folder)) throw UsageError("{}: exists; choose another folder", folder);
  std::map<std::string, fs::path> places;
  Json joined;
  for (const auto& source : sources) {
    auto model = resolve_model(source.model);
    auto index = index_of(model);
    if (joined.is_null()) joined = {{"_class_name", index.value("_class_name", Json("MovieGenPipeline"))}};
    auto take = [&](const std::string& part) {
      places[part] = fs::path(model) / part;
      if (index.contains(part)) joined[part] = index[part];
    };
    for (const auto& part : source.parts) {
      bool is_name = fs::path(part).filename() == part;
      if (!is_name || !is_part(fs::path(model) / part)) throw NotFound("{}: has no part '{}'", model, part);
      take(part);
    }
    if (!source.parts.empty()) continue;
    for (const auto& entry : fs::directory_iterator(model))
      if (entry.is_directory() && is_part(entry.path())) take(entry.path().filename().string());
  }
  Unfinished unfinished{temporary_for(folder)};
  std::vector<std::string> names;
  try {
    for (const auto& [part, from] : places) copy_part(from, fs::path(unfinished.folder) / part, dtype), names.push_back(part);
    write_text(unfinished.folder + "/model_index.json", joined.dump(2) + "\n");
    fs::rename(unfinished.folder, folder);
  } catch (const fs::filesystem_error& error) {
    throw ResourceError("{}: could not be written: {}", folder, error.code().message());
  }
  unfinished.folder.clear();
  return names;
}

}  // namespace mg::weights
