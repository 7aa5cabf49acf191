#include "moviegen/core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mg {
namespace {

Verbosity level = Verbosity::kNormal;
constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr int kBarWidth = 24;

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && !(term && std::strcmp(term, "dumb") == 0);
}

void put(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

void set_verbosity(Verbosity verbosity) { level = verbosity; }
Verbosity verbosity() { return level; }
void log_info(const std::string& line) {
  if (level != Verbosity::kQuiet) put(line + "\n");
}
void log_verbose(const std::string& line) {
  if (level == Verbosity::kVerbose) put(line + "\n");
}
void log_warning(const std::string& line) { put("warning: " + line + "\n"); }

std::string human_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string human_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) bytes /= 1000, ++unit;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

Progress::Progress(std::string stage, int64_t total)
    : stage_(std::move(stage)), total_(total), start_(std::chrono::steady_clock::now()), is_terminal_(stderr_is_terminal()) {}

Progress::~Progress() {
  if (!finished_ && is_terminal_ && level != Verbosity::kQuiet && drawn_.time_since_epoch().count() != 0) put("\n");
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Progress::update(int64_t done, const std::string& note) {
  done_ = done;
  note_ = note;
  auto now = std::chrono::steady_clock::now();
  if (level == Verbosity::kQuiet || !is_terminal_ || now - drawn_ < kRedraw) return;
  drawn_ = now;
  draw(false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (level == Verbosity::kQuiet) return;
  draw(true);
}

void Progress::draw(bool last) {
  std::string line;
  if (last) {
    line = fmt::format("{}: {}", stage_, human_seconds(seconds()));
  } else if (total_ > 0) {
    double share = static_cast<double>(done_) / static_cast<double>(total_);
    auto filled = static_cast<size_t>(share * kBarWidth);
    double left = done_ > 0 ? seconds() * (1 - share) / share : 0;
    line = fmt::format("{} [{}{}] {}/{}  {} left", stage_, std::string(filled, '='), std::string(kBarWidth - filled, ' '), done_,
                       total_, human_seconds(left));
  } else {
    line = fmt::format("{} {}  {}", stage_, done_, human_seconds(seconds()));
  }
  if (!note_.empty()) line += "  " + note_;
  put(is_terminal_ ? "\r\033[K" + line + (last ? "\n" : "") : line + "\n");
}

}  // namespace mg
