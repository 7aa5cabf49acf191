// Makes batches one after another on a worker thread while the trainer computes. A batch is a function of its index
// alone, so nothing depends on timing; a jump in the index (resume, validation) just restarts the worker there.
#pragma once
#include <ATen/Parallel.h>
#include <omp.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace mg::data {

template <class Batch>
class Prefetch {
 public:
  Prefetch(std::function<Batch(int64_t index)> make, size_t depth = 2) : make_(std::move(make)), depth_(depth) {}
  ~Prefetch() { stop(); }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  // Batch `index`; rethrows what its making threw. `wait_s` grows by the time spent waiting.
  Batch take(int64_t index, double* wait_s = nullptr) {
    auto start = std::chrono::steady_clock::now();
    if (!worker_.joinable() || index != next_taken_) restart(index);
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return !queue_.empty() || failure_; });
    if (queue_.empty()) std::rethrow_exception(failure_);
    Batch batch = std::move(queue_.front());
    queue_.pop_front();
    ++next_taken_;
    room_.notify_one();
    if (wait_s) *wait_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return batch;
  }

 private:
  void restart(int64_t index) {
    stop();
    queue_.clear();
    failure_ = nullptr;
    stopping_ = false;
    next_taken_ = index;
    worker_ = std::thread([this, index] { work(index); });
  }
  void stop() {
    if (!worker_.joinable()) return;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_one();
    worker_.join();
  }
  void work(int64_t index) {
    // A second team of OpenMP threads would outnumber the processors, and then libgomp lets the trainer's own team
    // sleep between products instead of spin: a sixth of a training step.
    at::internal::lazy_init_num_threads();
    omp_set_num_threads(1);
    for (;; ++index) {
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return queue_.size() < depth_ || stopping_; });
        if (stopping_) return;
      }
      try {
        Batch batch = make_(index);
        std::lock_guard lock(mutex_);
        queue_.push_back(std::move(batch));
      } catch (...) {
        std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        ready_.notify_one();
        return;
      }
      ready_.notify_one();
    }
  }

  std::function<Batch(int64_t)> make_;
  size_t depth_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<Batch> queue_;
  std::exception_ptr failure_;
  bool stopping_ = false;
  int64_t next_taken_ = 0;
  std::thread worker_;
};

}  // namespace mg::data
