// Threads and memory of the tensor runtime; called once at program start.
#pragma once

namespace mg::nn {

// Sets the OpenMP and ATen thread counts (0 = physical cores, or OMP_NUM_THREADS) and returns the count.
int set_threads(int threads = 0);
// Keeps freed large blocks in the process (mallopt trim and mmap thresholds), so that steps do not fault pages anew.
void keep_freed_memory();

}  // namespace mg::nn
