#include "moviegen/data/world/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"

namespace mg::world {
namespace {

constexpr size_t kMaxOutputBytes = 16u << 20;
constexpr int kPollMs = 100, kCannotRun = 127;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw ResourceError("no pipe for another program: {}", std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Only calls that are safe between fork and exec; a failure is told through `failure` as its errno.
[[noreturn]] void become(char* const* arguments, const char* folder, int output, int errors, int failure) {
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  if (*folder == '\0' || ::chdir(folder) == 0) ::execvp(arguments[0], arguments);
  const int reason = errno;
  if (::write(failure, &reason, sizeof reason) < 0) ::_exit(kCannotRun);
  ::_exit(kCannotRun);
}

// Reads what is there; false at the end.
bool take(const Descriptor& from, std::string& text) {
  char buffer[65536];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (text.size() < kMaxOutputBytes) text.append(buffer, static_cast<size_t>(count));
  return count > 0;
}

// Ends the child on every way out that has not waited for it.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

void collect(const Descriptor& output, const Descriptor& errors, ChildResult& result) {
  bool open_output = true, open_errors = true;
  while (open_output || open_errors) {
    process_cancel().throw_if_cancelled();
    pollfd ready[2] = {{open_output ? output.get() : -1, POLLIN, 0}, {open_errors ? errors.get() : -1, POLLIN, 0}};
    if (::poll(ready, 2, kPollMs) <= 0) continue;
    if (ready[0].revents) open_output = take(output, result.output);
    if (ready[1].revents) open_errors = take(errors, result.errors);
  }
}

}  // namespace

std::string command_line(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) line += (line.empty() ? "" : " ") + argument;
  return line;
}

ChildResult run_program(const std::vector<std::string>& arguments, const std::string& folder, const std::string& hint) {
  check(!arguments.empty(), "no program to run");
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  Pipe output = make_pipe(), errors = make_pipe(), failure = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) throw ResourceError("{} could not be started: {}", arguments[0], std::strerror(errno));
  if (pid == 0) become(raw.data(), folder.c_str(), output.write.get(), errors.write.get(), failure.write.get());
  Child child(pid);
  output.write.close(), errors.write.close(), failure.write.close();
  int reason = 0;
  if (::read(failure.read.get(), &reason, sizeof reason) == sizeof reason)  // closed without a word by a successful exec
    throw NotFound("'{}' could not be run: {}{}{}", command_line(arguments), std::strerror(reason), hint.empty() ? "" : ". ",
                   hint);
  ChildResult result;
  collect(output.read, errors.read, result);
  result.exit_code = child.wait();
  return result;
}

}  // namespace mg::world
