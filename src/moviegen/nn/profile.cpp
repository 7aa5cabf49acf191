#include "moviegen/nn/profile.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

#include "moviegen/core/error.h"

namespace mg::nn {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<double> flops_so_far{0};

constexpr std::string_view kPhase = "phase ", kBackward = "backward", kForward = "forward", kBetween = "between operations";

struct Running {
  std::string phase, operation;
  Clock::time_point since;
  double flops_before, inner_seconds = 0, inner_flops = 0;
};

struct Record {
  std::vector<Running> stack;
  std::map<std::pair<std::string, std::string>, Profile::Row> rows;
};
thread_local std::unique_ptr<Record> record;

// "torch::autograd::CppNode<mg::nn::(anonymous namespace)::LinearFunction>" → "LinearFunction"; "aten::add" as is.
std::string short_name(std::string name) {
  if (!name.empty() && name.back() == '>') {
    name.pop_back();
    name = name.substr(name.rfind(':') + 1);
  }
  return name;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  if (!record) return nullptr;
  std::string name = function.name(), phase{kForward};
  if (!record->stack.empty()) phase = record->stack.back().phase;
  if (function.scope() == at::RecordScope::BACKWARD_FUNCTION) phase = kBackward;
  if (function.scope() == at::RecordScope::USER_SCOPE && name.starts_with(kPhase)) phase = name.substr(kPhase.size()), name = kBetween;
  record->stack.push_back({phase, short_name(name), Clock::now(), flops_so_far.load()});
  return nullptr;
}

void end(const at::RecordFunction&, at::ObserverContext*) {
  if (!record || record->stack.empty()) return;
  auto done = record->stack.back();
  record->stack.pop_back();
  double seconds = std::chrono::duration<double>(Clock::now() - done.since).count(), flops = flops_so_far.load() - done.flops_before;
  auto& row = record->rows[{done.phase, done.operation}];
  row.phase = done.phase, row.operation = done.operation;
  ++row.calls, row.seconds += seconds - done.inner_seconds, row.flops += flops - done.inner_flops;
  if (!record->stack.empty()) record->stack.back().inner_seconds += seconds, record->stack.back().inner_flops += flops;
}

}  // namespace

void count_flops(double flops) { flops_so_far.fetch_add(flops, std::memory_order_relaxed); }

Profile::Profile() {
  check(!record, "Profile: this thread has one already");
  record = std::make_unique<Record>();
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION, at::RecordScope::USER_SCOPE}));
}

Profile::~Profile() {
  at::removeCallback(handle_);
  record.reset();
}

std::vector<Profile::Row> Profile::rows() const {
  std::vector<Row> rows;
  for (const auto& [key, row] : record->rows) rows.push_back(row);
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.seconds > b.seconds; });
  return rows;
}

}  // namespace mg::nn
