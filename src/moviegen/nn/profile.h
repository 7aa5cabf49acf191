// Where the time of a piece of work goes: every operation of libtorch and of ours that the thread runs, with the time it takes
// beyond the operations inside it, and the products counted in floating point operations.
//
//   nn::Profile profile;              // from here on
//   { RECORD_USER_SCOPE("phase optimizer"); … }   // what runs inside is of that phase; else forward or backward
//   for (const auto& row : profile.rows()) …
#pragma once
#include <ATen/record_function.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mg::nn {

// Adds to the floating point operations (two per multiply-add) of what is running; called by whatever multiplies.
void count_flops(double flops);

class Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  struct Row {
    std::string phase, operation;
    int64_t calls = 0;
    double seconds = 0, flops = 0;
  };
  // Slowest first. Time between operations counts for the scope around them, under "between operations".
  std::vector<Row> rows() const;

 private:
  uint64_t handle_;
};

}  // namespace mg::nn
