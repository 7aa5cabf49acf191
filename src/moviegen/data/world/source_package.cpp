#include "moviegen/data/world/source_package.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world/child_process.h"

namespace mg::world {
namespace {

namespace fs = std::filesystem;

template <class V>
void fields(V& v, SourcePackage& p) {
  v("kind", p.kind, "npm or deb");
  v("name", p.name, "package name");
  v("version", p.version, "package version");
  v("archive", p.archive, "file name of the archive");
  v("sha256", p.sha256, "of the archive");
  v("set", p.set, "set of sources");
  v("path", p.path, "of a picture inside the package");
  v("sounds", p.sounds, "path of a sound inside the package");
  v("container", p.container, "sounds lie in resource files");
  v("licence", p.licence, "SPDX name or words");
  v("holder", p.holder, "of the copyright");
  v("redistribute", p.redistribute, "yes, same licence or no");
  v("about", p.about, "what it holds");
  v("notice", p.notice, "text the licence wants to go along");
  v("animated", p.animated, "left out by --no-anim");
}

void check_package(const SourcePackage& p, const std::string& name) {
  if (p.kind != "npm" && p.kind != "deb") throw DataError("{}: {}: kind '{}' is neither npm nor deb", name, p.name, p.kind);
  for (const std::string& text : {p.name, p.version, p.archive, p.set})
    if (text.empty() || text[0] == '-') throw DataError("{}: {}: a name, version, archive or set is missing", name, p.name);
  if (p.archive.find('/') != std::string::npos) throw DataError("{}: {}: the archive is a file name", name, p.name);
  if (p.sha256.size() != 64) throw DataError("{}: {}: sha256 has {} characters, not 64", name, p.name, p.sha256.size());
  if (p.path.empty() && p.sounds.empty()) throw DataError("{}: {}: neither a path of pictures nor of sounds", name, p.name);
  for (const std::string& path : {p.path, p.sounds})
    if (!path.empty() && path.find("{}") == std::string::npos) throw DataError("{}: {}: the path has no {{}}", name, p.name);
}

[[noreturn]] void report(const std::vector<std::string>& command, const ChildResult& result, const std::string& what) {
  std::string said = result.errors.empty() ? result.output : result.errors;
  if (said.size() > 600) said = "…" + said.substr(said.size() - 600);
  throw ResourceError("{}: '{}' ended with {}: {}", what, command_line(command), result.exit_code, said);
}

ChildResult run_checked(const std::vector<std::string>& command, const std::string& folder, const std::string& what,
                        const std::string& hint = {}) {
  ChildResult result = run_program(command, folder, hint);
  if (result.exit_code != 0) report(command, result, what);
  return result;
}

std::string sha256_of(const std::string& path) {
  return run_checked({"sha256sum", "--", path}, {}, path).output.substr(0, 64);
}

// Removes a folder of half-done work on every way out.
struct WorkFolder {
  std::string path;
  explicit WorkFolder(std::string folder) : path(std::move(folder)) {
    fs::remove_all(path);
    make_folder(path);
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
};

void download(const SourcePackage& package, const std::string& folder, const std::string& target) {
  const WorkFolder work(folder + "/download-" + package.archive);
  const std::string what = fmt::format("downloading {} {}", package.name, package.version);
  log_info(what);
  if (package.kind == "npm") {
    run_checked({"npm", "pack", "--ignore-scripts", "--silent", package.name + "@" + package.version}, work.path, what,
                "Install npm (Debian: apt-get install npm), or leave this package out");
  } else {
    run_checked({"apt-get", "download", package.name + "=" + package.version}, work.path, what,
                "Debian packages need a Debian system; download it elsewhere and put it at " + target);
  }
  const std::string got = work.path + "/" + package.archive;
  if (!fs::exists(got)) throw DataError("{}: no file {} came out of it", what, package.archive);
  if (const std::string sum = sha256_of(got); sum != package.sha256)
    throw DataError("{}: {} has sha256 {}, expected {}", what, package.archive, sum, package.sha256);
  fs::rename(got, target);
}

}  // namespace

std::string SourcePackage::path_of(const std::string& source) const {
  std::string out = path;
  return out.replace(out.find("{}"), 2, source.substr(set.size() + 1));
}

std::string SourcePackage::sound_path_of(const std::string& source) const {
  std::string out = sounds, rest = source.substr(set.size() + 1);
  return out.replace(out.find("{}"), 2, container ? rest.substr(0, rest.find('/')) : rest);
}

std::string SourcePackage::entry_of(const std::string& source) const {
  const size_t slash = source.find('/', set.size() + 1);
  if (slash == std::string::npos) throw DataError("{}: a sound in a container is named set/container/entry", source);
  return source.substr(slash + 1);
}

std::string SourcePackage::inside_of_sound(const std::string& source) const {
  return sound_path_of(source) + (container ? ", entry …/" + entry_of(source) : "");
}

std::vector<SourcePackage> read_packages(const nlohmann::json& tree, const std::string& name) {
  if (!tree.contains("packages") || !tree["packages"].is_array()) throw DataError("{}: no list of packages", name);
  std::vector<SourcePackage> packages;
  for (const auto& item : tree["packages"]) {
    SourcePackage package;
    std::vector<std::string> problems;
    config_detail::Reader reader{item, "packages.", problems};
    fields(reader, package);
    reader.finish();
    if (!problems.empty()) config_detail::throw_problems(name, problems);
    check_package(package, name);
    packages.push_back(std::move(package));
  }
  return packages;
}

std::string archive_of(const SourcePackage& package, const std::string& raw) {
  const std::string folder = raw + "/" + package.kind, path = folder + "/" + package.archive;
  make_folder(folder);
  if (fs::exists(path)) {
    if (sha256_of(path) == package.sha256) return path;
    log_warning(fmt::format("{}: not the file it should be; it is fetched again", path));
    fs::remove(path);
  }
  download(package, folder, path);
  return path;
}

void unpack(const SourcePackage& package, const std::string& archive, const std::vector<std::string>& paths,
            const std::string& folder) {
  const std::string what = fmt::format("unpacking {}", package.archive);
  if (package.kind == "deb") {
    run_checked({"dpkg-deb", "--extract", archive, folder}, {}, what, "Install dpkg");
    return;
  }
  // tar fails when asked for a file that is not there, so only those that are get asked for.
  const std::set<std::string> wanted(paths.begin(), paths.end());
  std::istringstream listing(run_checked({"tar", "-tzf", archive}, {}, what).output);
  std::string found;
  for (std::string line; std::getline(listing, line);)
    if (wanted.contains(line)) found += line + "\n";
  if (found.empty()) return;
  const std::string list = folder + "/.wanted";
  write_text(list, found);
  run_checked({"tar", "-xzf", archive, "-C", folder, "--no-same-owner", "-T", list}, {}, what);
  fs::remove(list);
}

}  // namespace mg::world
