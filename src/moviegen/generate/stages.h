// The stages of a job by name, so that progress, timing and cancelling are written once.
//   stages.run("denoise", steps, [&](const Done& done) { …; done(i); });
#pragma once
#include <chrono>

#include "moviegen/generate/movie.h"

namespace mg::generate {

using Done = std::function<void(int64_t done)>;  // reports progress; throws Cancelled if the job should end

class Stages {
 public:
  explicit Stages(const Callbacks& callbacks) : callbacks_(callbacks) {}

  template <class Body>
  auto run(const std::string& stage, int64_t total, Body&& body) {
    Clock clock{*this, stage};
    int64_t last = 0;
    report(stage, 0, total);
    auto result = body(Done([&](int64_t n) { report(stage, last = n, total); }));
    if (last != total) report(stage, total, total);
    return result;
  }
  const std::map<std::string, double>& timings_s() const { return timings_s_; }

 private:
  struct Clock {
    Stages& owner;
    std::string stage;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    ~Clock() { owner.timings_s_[stage] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
  };
  void report(const std::string& stage, int64_t done, int64_t total) {
    if (callbacks_.cancel && done < total) callbacks_.cancel->throw_if_cancelled();
    if (callbacks_.on_stage) callbacks_.on_stage({stage, done, total});
  }
  const Callbacks& callbacks_;
  std::map<std::string, double> timings_s_;
};

}  // namespace mg::generate
