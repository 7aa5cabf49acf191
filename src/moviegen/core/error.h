// Errors of the whole program. Throw these; they are caught only in cli/main.cpp (exit code), the server's
// router and the job worker. A message says who, what was expected, what came, and if possible what to do.
#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace mg {

// Exit codes of the command line (docs/cli.md).
enum class ExitCode : int { kOk = 0, kFailed = 1, kUsage = 2, kData = 3, kResources = 4, kCheck = 5, kInterrupted = 130 };

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

#define MG_ERROR_TYPE(Name, Code)                                                             \
  class Name : public Error {                                                                 \
   public:                                                                                    \
    explicit Name(const std::string& message) : Error(ExitCode::Code, message) {}             \
    template <class... Args>                                                                  \
    explicit Name(fmt::format_string<Args...> format, Args&&... args) requires(sizeof...(Args) > 0) \
        : Error(ExitCode::Code, fmt::format(format, std::forward<Args>(args)...)) {}          \
  }

MG_ERROR_TYPE(UsageError, kUsage);          // the request is wrong: flags, config, sizes
MG_ERROR_TYPE(DataError, kData);            // bytes from outside are not what they should be
MG_ERROR_TYPE(NotFound, kData);             // a file, model or asset is missing
MG_ERROR_TYPE(ResourceError, kResources);   // memory, disk, device
MG_ERROR_TYPE(CheckFailed, kCheck);         // an evaluation gate did not pass
MG_ERROR_TYPE(Cancelled, kInterrupted);     // the user stopped it
MG_ERROR_TYPE(InternalError, kFailed);      // our own invariant is broken
#undef MG_ERROR_TYPE

// Checks one of our own invariants.
template <class... Args>
void check(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) [[unlikely]]
    throw InternalError(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace mg
