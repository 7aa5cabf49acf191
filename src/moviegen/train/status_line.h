// What a person sees of a run while it goes.
#pragma once
#include <string>
#include <vector>

#include "moviegen/train/metrics.h"
#include "moviegen/train/trainer.h"

namespace mg::train {

// "step 510/1000  loss 0.0712  lr 3.0e-04  …  12 min 04 s left", from the names used in metrics.jsonl.
std::string status_line(int64_t step, int64_t steps, const Scalars& values);
// "validation: loss 0.0712  psnr 31.2".
std::string figures_line(const std::string& what, const Scalars& values);
// The command that goes on with a run, quoted for a shell.
std::string resume_command(const RunOptions& options);

// Lines that stand still above a progress bar or, without a terminal, the only sign of life.
class StatusPrinter {
 public:
  StatusPrinter();
  void line(const std::string& text);
  // The state after a step: redrawn in place on a terminal; elsewhere a line if `is_due`, or if there was none for a while.
  void status(const std::string& text, bool is_due);

 private:
  bool is_terminal_;
  double printed_at_ = 0;
};

}  // namespace mg::train
