// Progress on stderr: a bar with ETA on a terminal, one line per stage otherwise, nothing when quiet.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace mg {

enum class Verbosity { kQuiet, kNormal, kVerbose };
void set_verbosity(Verbosity verbosity);
Verbosity verbosity();

// A line on stderr: always, or only when verbose.
void log_info(const std::string& line);
void log_verbose(const std::string& line);
void log_warning(const std::string& line);

// "1 h 02 min", "3 min 05 s", "4.2 s".
std::string human_seconds(double seconds);
// "3.1 MB".
std::string human_bytes(double bytes);

class Progress {
 public:
  // total 0 = unknown length.
  Progress(std::string stage, int64_t total);
  ~Progress();
  void update(int64_t done, const std::string& note = {});
  void finish();
  double seconds() const;

 private:
  void draw(bool last);
  std::string stage_, note_;
  int64_t total_, done_ = 0;
  std::chrono::steady_clock::time_point start_, drawn_{};
  bool finished_ = false, is_terminal_;
};

}  // namespace mg
