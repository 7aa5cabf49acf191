// Shows the stages of a job as progress bars, or as one line each.
#pragma once
#include <memory>

#include "moviegen/core/progress.h"
#include "moviegen/generate/movie.h"

namespace mg::cli {

class StageDisplay {
 public:
  void operator()(const generate::StageUpdate& update) {
    if (update.done == 0) bar_ = std::make_unique<Progress>(update.stage, update.total);
    bar_->update(update.done);
    if (update.done == update.total) bar_->finish();
  }

 private:
  std::unique_ptr<Progress> bar_;
};

}  // namespace mg::cli
