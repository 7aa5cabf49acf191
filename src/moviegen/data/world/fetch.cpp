#include "moviegen/data/world/fetch.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "moviegen/core/cancel.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world/pack.h"
#include "moviegen/data/world/pack_folder.h"
#include "moviegen/data/world/sound_fetch.h"
#include "moviegen/data/world/source_package.h"
#include "moviegen/data/world/world.h"

namespace mg::world {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Plan {
  json recipe;                           // subjects.toml, cut to the subjects asked for
  std::vector<SourcePackage> packages;   // those with pictures whose sets are asked for
  std::vector<SourcePackage> sounds;     // those with sounds
  std::string mark;                      // changes whenever the pictures should
  std::string folder;                    // of the recipes
};
constexpr const char* kPacking = "11";   // of pictures: pack format and how they are packed; another text makes every pack anew

template <class T>
bool wanted(const std::vector<T>& only, const T& value) {
  return only.empty() || std::find(only.begin(), only.end(), value) != only.end();
}

Plan make_plan(const FetchOptions& options) {
  std::string folder = options.recipes;
  if (folder.empty()) {
    if (program_folder().empty()) throw NotFound("the folder recipes/world beside the program was not found");
    folder = program_folder() + "/recipes/world";
  }
  Plan plan;
  plan.recipe = read_toml(folder + "/subjects.toml");
  read_cast(plan.recipe, folder + "/subjects.toml");  // mistakes in the recipe are told before anything is downloaded
  json subjects = json::array();
  for (const json& subject : plan.recipe["subjects"])
    if (wanted(options.subjects, subject["name"].get<std::string>())) subjects.push_back(subject);
  if (subjects.empty()) throw UsageError("none of the subjects asked for are in {}/subjects.toml", folder);
  plan.recipe["subjects"] = std::move(subjects);
  for (SourcePackage& package : read_packages(read_toml(folder + "/sources.toml"), folder + "/sources.toml"))
    if (wanted(options.sets, package.set) && (options.animated_assets || !package.animated)) {
      if (!package.sounds.empty()) plan.sounds.push_back(package);
      if (!package.path.empty()) plan.packages.push_back(std::move(package));
    }
  std::string all = plan.recipe.dump() + kPacking;
  for (const SourcePackage& package : plan.packages) all += package.set + package.sha256 + package.path;
  plan.mark = recipe_mark(all);
  plan.folder = folder;
  return plan;
}

std::vector<std::string> sources_of(const json& look) {
  std::vector<std::string> all{look.value("source", look["id"].get<std::string>())};
  for (const json& part : look.value("over", json::array())) all.push_back(part["source"].get<std::string>());
  return all;
}

bool is_complete(const std::string& pack, const std::string& mark) {
  if (!fs::exists(pack + "/pack.json")) return false;
  const json tree = json::parse(read_text(pack + "/pack.json"), nullptr, false);
  if (!tree.is_object() || tree.value("recipe_mark", "") != mark || !tree.contains("files")) return false;
  for (const auto& [source, file] : tree["files"].items())
    if (!file.is_string() || !fs::exists(pack + "/" + file.get<std::string>())) return false;
  return true;
}

// Copies what the package has of `sources` into the pack; adds to `files`.
void copy_from(const SourcePackage& package, const std::set<std::string>& sources, const std::string& raw,
               const std::string& pack, PackedFiles& files) {
  std::vector<std::string> paths;
  for (const std::string& source : sources)
    if (package.holds_set_of(source)) paths.push_back(package.path_of(source));
  if (paths.empty()) return;
  const std::string archive = archive_of(package, raw), folder = pack + "/unpacked";
  make_folder(folder);
  unpack(package, archive, paths, folder);
  for (const std::string& source : sources) {
    if (!package.holds_set_of(source)) continue;
    const std::string inside = package.path_of(source), from = folder + "/" + inside;
    if (!fs::is_regular_file(fs::symlink_status(from))) continue;
    std::string file = "sprites/" + source + fs::path(inside).extension().string();
    std::replace(file.begin() + 8, file.end(), '/', '-');
    fs::rename(from, pack + "/" + file);
    files[source] = {file, inside, &package};
  }
  fs::remove_all(folder);
}

// The recipe without looks whose files are missing, and without subjects that have none left.
json available(const json& recipe, const PackedFiles& files) {
  json subjects = json::array();
  for (json subject : recipe["subjects"]) {
    json looks = json::array();
    for (const json& look : subject["looks"]) {
      const std::vector<std::string> sources = sources_of(look);
      if (std::all_of(sources.begin(), sources.end(), [&](const auto& source) { return files.contains(source); }))
        looks.push_back(look);
    }
    if (looks.empty()) continue;
    subject["looks"] = std::move(looks);
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

// A source every package of its set lacks is a mistake in the recipe.
void check_found(const std::set<std::string>& sources, const Plan& plan, const PackedFiles& files) {
  std::string missing;
  for (const std::string& source : sources)
    for (const SourcePackage& package : plan.packages)
      if (package.holds_set_of(source) && !files.contains(source)) {
        missing += (missing.empty() ? "" : ", ") + source;
        break;
      }
  if (!missing.empty()) throw DataError("subjects.toml: no package has the file of: {}", missing);
}

void make_pack(const Plan& plan, const std::string& raw, const std::string& folder) {
  std::set<std::string> sources;
  for (const json& subject : plan.recipe["subjects"])
    for (const json& look : subject["looks"])
      for (std::string& source : sources_of(look)) sources.insert(std::move(source));
  make_folder(folder + "/sprites");
  PackedFiles files;
  Progress progress("world packages", static_cast<int64_t>(plan.packages.size()));
  for (size_t i = 0; i < plan.packages.size(); ++i) {
    process_cancel().throw_if_cancelled();
    progress.update(static_cast<int64_t>(i), plan.packages[i].name);
    copy_from(plan.packages[i], sources, raw, folder, files);
  }
  progress.finish();
  check_found(sources, plan, files);
  json pack = {{"format", kPackFormat}, {"world_version", kWorldVersion}, {"recipe_mark", plan.mark}};
  pack["subjects"] = available(plan.recipe, files);
  for (const auto& [source, packed] : files) pack["files"][source] = packed.file;
  if (pack["subjects"].empty()) throw UsageError("no look is left with the packages asked for");
  write_text(folder + "/pack.json", pack.dump(1) + "\n");
  write_text(folder + "/ATTRIBUTION.md", attribution(files, "pictures", "unchanged"));
  read_pack(folder);  // whatever is wrong with it is said now
}

void fetch_pictures(const FetchOptions& options, const Plan& plan, const std::string& raw, const std::string& pack) {
  if (!options.force && is_complete(pack, plan.mark)) {
    log_info(fmt::format("{}: the world pack is complete", pack));
    return;
  }
  const std::string made = fmt::format("{}.making-{}", pack, ::getpid());
  fs::remove_all(made);
  try {
    make_pack(plan, raw, made);
    if (fs::exists(pack + "/sounds")) fs::rename(pack + "/sounds", made + "/sounds");
    put_in_place(made, pack);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(made, ignored);
    throw;
  }
  log_info(fmt::format("{}: world pack made", pack));
}

}  // namespace

void fetch(const FetchOptions& options) {
  const Plan plan = make_plan(options);
  const std::string raw = options.raw.empty() ? data_folder() + "/world/raw" : options.raw;
  const std::string pack = options.pack.empty() ? default_pack_folder() : options.pack;
  fetch_pictures(options, plan, raw, pack);
  if (options.sounds) fetch_sounds(plan.folder + "/sounds.toml", plan.sounds, raw, pack, options.force);
}

}  // namespace mg::world
