#include "moviegen/train/status_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "moviegen/core/progress.h"

namespace mg::train {
namespace {

constexpr double kSilence_s = 20, kRedraw_s = 0.2;

std::string quoted(const std::string& word) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=,:+-@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string status_line(int64_t step, int64_t steps, const Scalars& values) {
  std::string line = fmt::format("step {}/{}", step, steps);
  auto add = [&](const char* name, auto&& text) {
    if (auto found = values.find(name); found != values.end()) line += "  " + text(found->second);
  };
  add("loss", [](double v) { return fmt::format("loss {:.5g}", v); });
  add("learning_rate", [](double v) { return fmt::format("lr {:.2e}", v); });
  constexpr std::string_view kNorm = "gradient_norm/";
  for (const auto& [name, value] : values)
    if (name.starts_with(kNorm)) line += fmt::format("  |g| {} {:.3g}", name.substr(kNorm.size()), value);
  add("s_per_step", [](double v) { return fmt::format("{:.3g} s/step", v); });
  add("samples_per_s", [](double v) { return fmt::format("{:.3g} samples/s", v); });
  add("gflop_per_s", [](double v) { return fmt::format("{:.0f} GFLOP/s", v); });
  add("utilisation", [](double v) { return fmt::format("({:.0f} %)", 100 * v); });
  add("data_wait", [](double v) { return fmt::format("wait {:.0f} %", 100 * v); });
  add("memory_bytes", [](double v) { return human_bytes(v); });
  add("s_per_step", [&](double v) { return human_seconds(v * static_cast<double>(steps - step)) + " left"; });
  return line;
}

std::string figures_line(const std::string& what, const Scalars& values) {
  std::string line = what + ":";
  for (const auto& [name, value] : values) line += fmt::format("  {} {:.5g}", name, value);
  return line;
}

std::string resume_command(const RunOptions& options) {
  std::string command = "moviegen train " + quoted(options.recipe);
  for (const auto& assignment : options.assignments) command += " --set " + quoted(assignment);
  return command + " --run-folder " + quoted(options.run_folder);
}

StatusPrinter::StatusPrinter() : is_terminal_(::isatty(STDERR_FILENO)) {}

void StatusPrinter::line(const std::string& text) {
  if (verbosity() == Verbosity::kQuiet) return;
  log_info((is_terminal_ ? "\r\033[K" : "") + text);
  printed_at_ = unix_time();
}

void StatusPrinter::status(const std::string& text, bool is_due) {
  double now = unix_time();
  if (is_terminal_ && verbosity() != Verbosity::kQuiet && (is_due || now - printed_at_ > kRedraw_s)) {
    std::fputs(("\r\033[K" + text).c_str(), stderr);
    printed_at_ = now;
  } else if (!is_terminal_ && (is_due || now - printed_at_ > kSilence_s)) {
    line(text);
  }
}

}  // namespace mg::train
