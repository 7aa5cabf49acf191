// Cancelling long work: loops poll a token; the first Ctrl-C or SIGTERM asks for an orderly end, the second ends at once.
#pragma once
#include <atomic>

#include "moviegen/core/error.h"

namespace mg {

class CancelToken {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  void throw_if_cancelled() const {
    if (cancelled()) throw Cancelled("stopped on request");
  }

 private:
  std::atomic<bool> cancelled_{false};
};

// The process's token, set by SIGINT and SIGTERM after install_signal_handlers().
CancelToken& process_cancel();
void install_signal_handlers();
// The signal that arrived (0 if none): exit code 128 + signal.
int received_signal();

}  // namespace mg
