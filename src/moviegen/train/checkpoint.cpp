#include "moviegen/train/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;
constexpr const char *kWeights = "weights.safetensors", *kAverages = "ema.safetensors", *kMoments = "optimizer.safetensors",
                     *kTask = "task.safetensors", *kState = "state.json";
constexpr int kVersion = 1;
constexpr size_t kStepDigits = 10;

// state.json.
struct Position {
  int64_t version = kVersion, step = 0, updates = 0, samples = 0;
  double seconds = 0;
};
template <class V>
void fields(V& v, Position& p) {
  v("version", p.version, "of the layout");
  v("step", p.step, "steps done");
  v("updates", p.updates, "updates of the optimizer");
  v("samples", p.samples, "samples seen");
  v("seconds", p.seconds, "seconds of training");
}

void flush_folder(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool ok = fd >= 0 && ::fsync(fd) == 0;
  std::string reason = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!ok) throw ResourceError("{}: could not be flushed to disk: {}", path, reason);
}

bool is_step_name(const std::string& name) { return name.size() >= kStepDigits && name.find_first_not_of("0123456789") == std::string::npos; }

// Renamed first: a checkpoint that is half removed must not look whole.
void remove_checkpoint(const fs::path& path) {
  std::error_code error;
  auto hidden = fs::path(temporary_for(path.string()));
  fs::rename(path, hidden, error);
  fs::remove_all(error ? path : hidden, error);
}

void write_parts(const fs::path& folder, const Checkpoint& checkpoint) {
  for (const auto& [key, tensor] : checkpoint.task)
    check(tensor.scalar_type() == at::kFloat || !tensor.is_floating_point(), "task state '{}' must be f32 or integers, is {}", key,
          c10::toString(tensor.scalar_type()));
  weights::write_state((folder / kWeights).string(), checkpoint.weights);
  if (!checkpoint.averages.empty()) weights::write_state((folder / kAverages).string(), checkpoint.averages);
  weights::write_state((folder / kMoments).string(), checkpoint.moments);
  if (!checkpoint.task.empty()) weights::write_state((folder / kTask).string(), checkpoint.task);
  Json state = config_to_json(Position{kVersion, checkpoint.step, checkpoint.updates, checkpoint.samples, checkpoint.seconds});
  state["window"] = checkpoint.window;
  write_text((folder / kState).string(), state.dump(2) + "\n");
}

}  // namespace

std::string save_checkpoint(const std::string& folder, const Checkpoint& checkpoint, int64_t keep) {
  make_folder(folder);
  auto path = fs::path(folder) / fmt::format("{:0{}}", checkpoint.step, kStepDigits);
  if (fs::exists(path)) return path.string();  // resumed and stopped again at once: the same bytes
  auto temporary = temporary_for(path.string());
  try {
    make_folder(temporary);
    write_parts(temporary, checkpoint);
    flush_folder(temporary);
    fs::rename(temporary, path);
    flush_folder(folder);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw ResourceError("checkpoint of step {}: {}", checkpoint.step, error.what());
  }
  auto all = list_checkpoints(folder);
  for (size_t i = 0; i + static_cast<size_t>(keep) < all.size(); ++i) remove_checkpoint(all[i]);
  return path.string();
}

Checkpoint read_checkpoint_weights(const std::string& path) {
  auto folder = fs::path(path);
  if (!fs::is_regular_file(folder / kState)) throw NotFound("{}: not a checkpoint, there is no {}", path, kState);
  Checkpoint checkpoint;
  checkpoint.weights = weights::read_state((folder / kWeights).string());
  if (fs::exists(folder / kAverages)) checkpoint.averages = weights::read_state((folder / kAverages).string());
  return checkpoint;
}

Checkpoint read_checkpoint(const std::string& path) {
  auto folder = fs::path(path);
  Checkpoint checkpoint = read_checkpoint_weights(path);
  checkpoint.moments = weights::read_state((folder / kMoments).string());
  if (fs::exists(folder / kTask)) checkpoint.task = weights::read_state((folder / kTask).string());
  auto name = (folder / kState).string();
  Json state = Json::parse(read_text(name), nullptr, false);
  if (!state.is_object()) throw DataError("{}: expected a JSON object", name);
  checkpoint.window = state.value("window", Json::object());
  state.erase("window");
  Position position{0};
  try {
    read_config(state, position, name);
  } catch (const UsageError& error) {
    throw DataError(error.what());
  }
  if (position.version != kVersion) throw DataError("{}: layout version {}, this program reads {}", name, position.version, kVersion);
  if (position.step < 0 || position.updates < 0 || position.samples < 0) throw DataError("{}: negative counts", name);
  checkpoint.step = position.step;
  checkpoint.updates = position.updates;
  checkpoint.samples = position.samples;
  checkpoint.seconds = position.seconds;
  return checkpoint;
}

std::vector<std::string> list_checkpoints(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (is_step_name(entry.path().filename().string()) && fs::is_regular_file(entry.path() / kState, error)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

int remove_checkpoints_after(const std::string& folder, int64_t step) {
  int removed = 0;
  for (const auto& path : list_checkpoints(folder))
    if (std::stoll(fs::path(path).filename().string()) > step) {
      remove_checkpoint(path);
      ++removed;
    }
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".tmp") leftovers.push_back(entry.path());
  for (const auto& path : leftovers) fs::remove_all(path, error);
  return removed;
}

}  // namespace mg::train
