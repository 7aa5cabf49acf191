// What a run says of itself: metrics.jsonl, one object per line, and the TensorBoard events made from it.
#pragma once
#include <map>
#include <string>

#include "moviegen/core/config.h"
#include "moviegen/train/event_file.h"

namespace mg::train {

using Scalars = std::map<std::string, double>;

// Means of scalars since the last metrics line. It is saved in checkpoints, so that the first line after a resume is the
// line an unbroken run would have written.
class ScalarWindow {
 public:
  // Values that are no numbers (a time bin without a sample, say) are left out.
  void add(const Scalars& values);
  // The means; empties the window.
  Scalars take();
  Json to_json() const;
  static ScalarWindow from_json(const Json& json, const std::string& name);

 private:
  struct Sum {
    double total = 0;
    int64_t count = 0;
  };
  std::map<std::string, Sum> sums_;
};

class MetricsLog {
 public:
  // Opens the files of a run folder for a run that goes on after step `step`: later lines, and a torn last one, belong to
  // steps that are trained again and are dropped. The events file is then made anew from what is left.
  MetricsLog(const std::string& run_folder, int64_t step);
  void append(int64_t step, const Scalars& values);
  void sync() { lines_.sync(); }

 private:
  AppendFile lines_, events_;
};

// Seconds since 1970.
double unix_time();

}  // namespace mg::train
