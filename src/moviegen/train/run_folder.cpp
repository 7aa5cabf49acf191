#include "moviegen/train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/core/progress.h"
#include "moviegen/train/checkpoint.h"
#include "moviegen/train/event_file.h"
#include "moviegen/train/metrics.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;

std::string command_line() {
  // /proc files have no size, so read_text cannot read them.
  File file(std::fopen("/proc/self/cmdline", "re"));
  std::string text(1 << 16, '\0');
  text.resize(file ? std::fread(text.data(), 1, text.size(), file.get()) : 0);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::string processor_name() {
  File file(std::fopen("/proc/cpuinfo", "re"));
  char line[512];
  while (file && std::fgets(line, sizeof line, file.get()))
    if (std::string text = line; text.starts_with("model name")) {
      auto colon = text.find(": ");
      if (colon != std::string::npos) return text.substr(colon + 2, text.find_last_not_of("\n") - colon - 1);
    }
  return "unknown";
}

void warn_of_changes(const std::string& path, const Json& now) {
  Json before;
  try {
    before = read_toml(path);
  } catch (const Error&) {
    return log_warning(path + " could not be read; it is written anew");
  }
  Json flat_now = now.flatten(), flat_before = before.flatten();
  for (const auto& [key, value] : flat_now.items())
    if (Json old = flat_before.value(key, Json()); old != value)
      log_info(fmt::format("changed since the run began: {} = {}, was {}", key.substr(1), value.dump(), old.dump()));
}

}  // namespace

Json machine() {
  double memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return {{"processor", processor_name()}, {"processors", std::thread::hardware_concurrency()}, {"memory", human_bytes(memory)}};
}

RunFolder::RunFolder(const std::string& path) : path_(path) {
  make_folder(path);
  auto name = path + "/.lock";
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) throw ResourceError("{}: could not be written: {}", name, std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw UsageError("{}: another training run is using this folder; stop it, or choose another with --run-folder", path);
  }
}

RunFolder::~RunFolder() { ::close(lock_); }

std::string RunFolder::samples(int64_t step) const {
  auto folder = fmt::format("{}/samples/step-{:010}", path_, step);
  std::error_code error;
  fs::remove_all(folder, error);
  make_folder(folder);
  return folder;
}

bool RunFolder::is_used() const { return !list_checkpoints(checkpoints()).empty() || fs::exists(path_ + "/metrics.jsonl"); }

void RunFolder::record_start(const Recipe& recipe, int64_t step) const {
  auto config_path = path_ + "/config.toml";
  Json config = resolved(recipe);
  if (step > 0 && fs::exists(config_path)) warn_of_changes(config_path, config);
  write_text(config_path, to_toml(config));
  Json start = {{"time", unix_time()}, {"step", step},           {"recipe", recipe.name},
                {"command", command_line()}, {"version", MG_VERSION}, {"machine", machine()}};
  AppendFile(path_ + "/starts.jsonl", false).append(start.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void RunFolder::replace_model(const std::function<void(const std::string& folder)>& write) const {
  auto fresh = path_ + "/.model.new.tmp", old = path_ + "/.model.old.tmp";
  fs::remove_all(fresh);
  fs::remove_all(old);
  make_folder(fresh);
  write(fresh);
  std::error_code error;
  fs::rename(model(), old, error);  // there may be none yet
  fs::rename(fresh, model(), error);
  if (error) throw ResourceError("{}: could not be put in place: {}", model(), error.message());
  fs::remove_all(old, error);
}

}  // namespace mg::train
