#include "moviegen/train/metrics.h"

#include <chrono>
#include <cmath>
#include <filesystem>

#include "moviegen/core/files.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;
constexpr const char* kEventsPrefix = "events.out.tfevents.";

std::string lines_path(const std::string& run_folder) { return (fs::path(run_folder) / "metrics.jsonl").string(); }

// The run's events file: TensorBoard wants the start time in its name, so an existing file keeps the name it has.
std::string events_path(const std::string& run_folder) {
  for (const auto& entry : fs::directory_iterator(run_folder))
    if (entry.path().filename().string().starts_with(kEventsPrefix)) return entry.path().string();
  return (fs::path(run_folder) / fmt::format("{}{:.0f}.moviegen", kEventsPrefix, unix_time())).string();
}

// Leaves the whole lines up to `step` in the file. Returns the path.
std::string cut_back(const std::string& path, int64_t step) {
  if (!fs::exists(path)) return path;
  std::string text = read_text(path), kept;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    auto line = text.substr(begin, end - begin);
    auto object = Json::parse(line, nullptr, false);
    if (object.is_object() && object.contains("step") && object["step"].is_number_integer() && object["step"] <= step) kept += line + "\n";
  }
  if (kept != text) write_text(path, kept);
  return path;
}

std::string events_of(const std::string& lines) {
  std::string records = framed_record(version_event(unix_time()));
  for (size_t begin = 0, end; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1) {
    auto object = Json::parse(lines.substr(begin, end - begin));
    Scalars values;
    for (const auto& [key, value] : object.items())
      if (key != "step" && key != "time" && value.is_number()) values[key] = value;
    records += framed_record(scalar_event(object.contains("time") && object["time"].is_number() ? object["time"].get<double>() : 0.0, object["step"], values));
  }
  return records;
}

}  // namespace

double unix_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

void ScalarWindow::add(const Scalars& values) {
  for (const auto& [name, value] : values) {
    if (!std::isfinite(value)) continue;
    sums_[name].total += value;
    ++sums_[name].count;
  }
}

Scalars ScalarWindow::take() {
  Scalars means;
  for (const auto& [name, sum] : sums_) means[name] = sum.total / static_cast<double>(sum.count);
  sums_.clear();
  return means;
}

Json ScalarWindow::to_json() const {
  Json json = Json::object();
  for (const auto& [name, sum] : sums_) json[name] = {{"total", sum.total}, {"count", sum.count}};
  return json;
}

ScalarWindow ScalarWindow::from_json(const Json& json, const std::string& name) {
  ScalarWindow window;
  if (!json.is_object()) throw DataError("{}: expected an object of sums, got {}", name, json.dump());
  for (const auto& [key, sum] : json.items()) {
    if (!sum.is_object() || !sum.contains("total") || !sum["total"].is_number() || !sum.contains("count") ||
        !sum["count"].is_number_integer() || sum["count"] < 1)
      throw DataError("{}: expected a total and a count for '{}', got {}", name, key, sum.dump());
    window.sums_[key] = {sum["total"], sum["count"]};
  }
  return window;
}

MetricsLog::MetricsLog(const std::string& run_folder, int64_t step)
    : lines_(cut_back(lines_path(run_folder), step), false), events_(events_path(run_folder), true) {
  events_.append(events_of(read_text(lines_path(run_folder))));
}

void MetricsLog::append(int64_t step, const Scalars& values) {
  Json line = Json(values);
  line["step"] = step;
  line["time"] = unix_time();
  lines_.append(line.dump() + "\n");
  events_.append(framed_record(scalar_event(line["time"], step, values)));
}

}  // namespace mg::train
