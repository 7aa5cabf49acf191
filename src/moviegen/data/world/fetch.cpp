#include "moviegen/data/world/fetch.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "moviegen/core/cancel.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/core/random.h"
#include "moviegen/data/world/pack.h"
#include "moviegen/data/world/source_package.h"
#include "moviegen/data/world/world.h"

namespace mg::world {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Plan {
  json recipe;                           // subjects.toml, cut to the subjects asked for
  std::vector<SourcePackage> packages;   // those whose sets are asked for
  std::string recipe_mark;               // changes whenever the pack should
};

// One file of the pack and where it came from.
struct PackedFile {
  std::string file, inside;
  const SourcePackage* package;
};

template <class T>
bool wanted(const std::vector<T>& only, const T& value) {
  return only.empty() || std::find(only.begin(), only.end(), value) != only.end();
}

std::string mark_of(const std::string& text) {
  return fmt::format("{:016x}{:016x}", Generator(1, text).next(), Generator(2, text).next());
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
    if (wanted(options.sets, package.set) && (options.animated_assets || !package.animated))
      plan.packages.push_back(std::move(package));
  std::string all = plan.recipe.dump() + std::to_string(kPackFormat) + std::to_string(kWorldVersion);
  for (const SourcePackage& package : plan.packages) all += package.set + package.sha256 + package.path;
  plan.recipe_mark = mark_of(all);
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
               const std::string& pack, std::map<std::string, PackedFile>& files) {
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

std::string attribution(const std::map<std::string, PackedFile>& files) {
  std::string text =
      "# Attribution\n\nThe pictures of this pack are the work of others. Each package, its licence, and each file taken "
      "from it, unchanged:\n";
  std::set<const SourcePackage*> packages;
  for (const auto& [source, packed] : files) packages.insert(packed.package);
  std::vector<const SourcePackage*> sorted(packages.begin(), packages.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  for (const SourcePackage* package : sorted) {
    text += fmt::format("\n## {} {} ({})\n\n{}. Copyright: {}. Licence: {}. May be passed on: {}.\n\n", package->name,
                        package->version, package->kind, package->about, package->holder, package->licence,
                        package->redistribute);
    if (!package->notice.empty()) text += package->notice + "\n";
    for (const auto& [source, packed] : files)
      if (packed.package == package) text += fmt::format("- `{}` is `{}`\n", packed.file, packed.inside);
  }
  return text;
}

// The recipe without looks whose files are missing, and without subjects that have none left.
json available(const json& recipe, const std::map<std::string, PackedFile>& files) {
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
void check_found(const std::set<std::string>& sources, const Plan& plan, const std::map<std::string, PackedFile>& files) {
  std::string missing;
  for (const std::string& source : sources)
    for (const SourcePackage& package : plan.packages)
      if (package.holds_set_of(source) && !files.contains(source)) {
        missing += (missing.empty() ? "" : ", ") + source;
        break;
      }
  if (!missing.empty()) throw DataError("subjects.toml: no package has the file of: {}", missing);
}

// Puts the finished folder in the place of the pack, if there is one, in one step.
void put_in_place(const std::string& made, const std::string& pack) {
  make_folder(fs::path(pack).parent_path().string());
  if (!fs::exists(pack)) {
    fs::rename(made, pack);
  } else if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, pack.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(made);
  } else {  // a file system without exchange
    fs::remove_all(pack);
    fs::rename(made, pack);
  }
}

void make_pack(const Plan& plan, const std::string& raw, const std::string& folder) {
  std::set<std::string> sources;
  for (const json& subject : plan.recipe["subjects"])
    for (const json& look : subject["looks"])
      for (std::string& source : sources_of(look)) sources.insert(std::move(source));
  make_folder(folder + "/sprites");
  std::map<std::string, PackedFile> files;
  Progress progress("world packages", static_cast<int64_t>(plan.packages.size()));
  for (size_t i = 0; i < plan.packages.size(); ++i) {
    process_cancel().throw_if_cancelled();
    progress.update(static_cast<int64_t>(i), plan.packages[i].name);
    copy_from(plan.packages[i], sources, raw, folder, files);
  }
  progress.finish();
  check_found(sources, plan, files);
  json pack = {{"format", kPackFormat}, {"world_version", kWorldVersion}, {"recipe_mark", plan.recipe_mark}};
  pack["subjects"] = available(plan.recipe, files);
  for (const auto& [source, packed] : files) pack["files"][source] = packed.file;
  if (pack["subjects"].empty()) throw UsageError("no look is left with the packages asked for");
  write_text(folder + "/pack.json", pack.dump(1) + "\n");
  write_text(folder + "/ATTRIBUTION.md", attribution(files));
  read_pack(folder);  // whatever is wrong with it is said now
}

}  // namespace

void fetch(const FetchOptions& options) {
  const Plan plan = make_plan(options);
  const std::string raw = options.raw.empty() ? data_folder() + "/world/raw" : options.raw;
  const std::string pack = options.pack.empty() ? default_pack_folder() : options.pack;
  if (!options.force && is_complete(pack, plan.recipe_mark)) {
    log_info(fmt::format("{}: the world pack is complete", pack));
    return;
  }
  const std::string made = fmt::format("{}.making-{}", pack, ::getpid());
  fs::remove_all(made);
  try {
    make_pack(plan, raw, made);
    put_in_place(made, pack);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(made, ignored);
    throw;
  }
  log_info(fmt::format("{}: world pack made", pack));
}

}  // namespace mg::world
