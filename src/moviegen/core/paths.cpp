#include "moviegen/core/paths.h"

#include <cstdlib>
#include <filesystem>

#include "moviegen/core/error.h"

namespace mg {
namespace {

namespace fs = std::filesystem;

std::string folder_for(const char* own, const char* xdg, const char* under_home) {
  if (const char* value = std::getenv(own); value && *value) return value;
  if (const char* value = std::getenv(xdg); value && *value) return (fs::path(value) / "moviegen").string();
  const char* home = std::getenv("HOME");
  return (fs::path(home && *home ? home : "/tmp") / under_home / "moviegen").string();
}

}  // namespace

std::string data_folder() { return folder_for("MOVIEGEN_DATA", "XDG_DATA_HOME", ".local/share"); }
std::string cache_folder() { return folder_for("MOVIEGEN_CACHE", "XDG_CACHE_HOME", ".cache"); }
std::string config_folder() { return folder_for("MOVIEGEN_CONFIG", "XDG_CONFIG_HOME", ".config"); }

std::string program_folder() {
  std::error_code error;
  for (auto folder = fs::read_symlink("/proc/self/exe", error).parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    std::error_code missing;  // that a folder is not there is no reason to stop
    if (fs::is_directory(folder / "recipes", missing)) return folder.string();
  }
  return {};
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw ResourceError("{}: the folder could not be made: {}", path, error.message());
}

}  // namespace mg
