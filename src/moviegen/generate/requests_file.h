// Many requests in one file, one JSON object a line with the fields of Request and "output":
//   {"prompt": "a red fox runs through snow", "seed": 7, "output": "fox.mp4"}
// A line that cannot be read is kept with its error, so that the others are still made.
#pragma once
#include <string>
#include <vector>

#include "moviegen/generate/movie.h"

namespace mg::generate {

struct RequestLine {
  int number = 0;       // from 1
  Request request{};
  std::string output{};  // as asked; empty if the line has none
  std::string error{};   // why the line cannot be used; empty if it can
};

// Lines overlay `defaults`; empty lines are skipped. Throws NotFound, DataError only for the file itself.
std::vector<RequestLine> read_requests(const std::string& path, const Request& defaults);

}  // namespace mg::generate
