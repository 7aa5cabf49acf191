#include "moviegen/core/cancel.h"

#include <unistd.h>

#include <csignal>

namespace mg {
namespace {

CancelToken token;
volatile std::sig_atomic_t signal_number = 0;

void on_signal(int number) {
  if (signal_number != 0) ::_exit(128 + number);  // the second one: now
  signal_number = number;
  token.cancel();  // a lock-free atomic store
}

}  // namespace

CancelToken& process_cancel() { return token; }
int received_signal() { return signal_number; }

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace mg
