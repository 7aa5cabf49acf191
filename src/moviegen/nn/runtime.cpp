#include "moviegen/nn/runtime.h"

#include <malloc.h>
#include <omp.h>

#include <cstdlib>
#include <thread>

#include "moviegen/core/error.h"

namespace mg::nn {

int set_threads(int threads) {
  if (threads < 0 || threads > 1024) throw UsageError("threads: expected 0 (all cores) to 1024, got {}", threads);
  if (threads == 0) {
    const char* asked = std::getenv("OMP_NUM_THREADS");
    threads = asked && std::atoi(asked) > 0 ? std::atoi(asked) : static_cast<int>(std::thread::hardware_concurrency());
  }
  threads = threads > 0 ? threads : 1;
  omp_set_num_threads(threads);
  at::set_num_threads(threads);
  return threads;
}

void keep_freed_memory() {
  // Without these, glibc maps every large tensor anew and the kernel clears its pages again on each step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000 << 20);
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace mg::nn
