// Other programs, run with an argument list and never through a shell.
#pragma once
#include <string>
#include <vector>

namespace mg::world {

struct ChildResult {
  int exit_code = 0;
  std::string output, errors;  // what it wrote, up to 16 MB each
};

// Runs `arguments[0]` (looked up in PATH) in `folder` (empty: here) and waits; a request to stop ends the child too.
// Throws NotFound when there is no such program (message with `hint`), Cancelled, ResourceError.
ChildResult run_program(const std::vector<std::string>& arguments, const std::string& folder = {},
                        const std::string& hint = {});

// The arguments as one line, for messages.
std::string command_line(const std::vector<std::string>& arguments);

}  // namespace mg::world
