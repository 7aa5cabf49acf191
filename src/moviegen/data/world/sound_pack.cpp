#include "moviegen/data/world/sound_pack.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"

namespace mg::world {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRecordings = 4096, kMaxListBytes = 16u << 20;

template <class V>
void fields(V& v, Recording& r) {
  v("class", r.sound, "sound class");
  v("file", r.file, "packed file");
  v("source", r.source, "where it comes from");
  v("source_rate", r.source_rate, "samples a second of the source");
  v("peak_db", r.peak_db, "of the source");
  v("lufs", r.lufs, "of the source");
  v("clipped", r.clipped, "share of samples at full scale");
}

// Files lie in the folder itself.
std::string checked_file(const std::string& folder, const std::string& file, const std::string& list) {
  if (file.empty() || file.find('/') != std::string::npos || file.find('\0') != std::string::npos || file[0] == '.')
    throw DataError("{}: '{}' is not the name of a file in this folder", list, file);
  return folder + "/" + file;
}

}  // namespace

SoundPack read_sound_pack(const std::string& pack_folder) {
  const std::string folder = pack_folder + "/sounds", list = folder + "/sounds.json";
  SoundPack pack;
  if (!fs::exists(list)) return pack;
  const Json tree = Json::parse(read_text(list, kMaxListBytes), nullptr, false);
  if (!tree.is_object() || !tree.contains("recordings") || !tree["recordings"].is_array() || tree["recordings"].size() > kMaxRecordings)
    throw DataError("{}: expected a table with at most {} 'recordings'", list, kMaxRecordings);
  if (tree.value("format", Json()) != kSoundPackFormat)
    throw DataError("{}: format {}; this program reads format {}. Make it anew with: moviegen world fetch --force", list,
                    tree.value("format", Json()).dump(), kSoundPackFormat);
  for (const Json& item : tree["recordings"]) {
    Recording recording;
    std::vector<std::string> problems;
    if (!item.is_object()) throw DataError("{}: a recording is a table, got {}", list, item.dump().substr(0, 80));
    config_detail::Reader reader{item, "recordings.", problems};
    fields(reader, recording);
    reader.finish();
    if (!problems.empty()) throw DataError("{}: {}", list, problems.front());
    recording.file = checked_file(folder, recording.file, list);
    pack.recordings.push_back(std::move(recording));
  }
  if (tree.contains("soundfont") && tree["soundfont"].is_string()) pack.soundfont = checked_file(folder, tree["soundfont"].get<std::string>(), list);
  pack.mark = tree.contains("recipe_mark") && tree["recipe_mark"].is_string() ? tree["recipe_mark"].get<std::string>() : "";
  return pack;
}

}  // namespace mg::world
