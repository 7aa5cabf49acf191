#include "moviegen/eval/sound_events.h"

#include <algorithm>
#include <cmath>

namespace mg::eval {
namespace {

constexpr double kLastRoom_s = 0.05;

double ratio(int64_t part, int64_t whole) { return whole ? static_cast<double>(part) / static_cast<double>(whole) : std::nan(""); }

// The value of a key, the default if it is missing; throws if it is of another type.
template <class T>
T value_of(const Json& entry, const char* key, T otherwise) {
  auto found = entry.find(key);
  if (found == entry.end()) return otherwise;
  T value{};
  if (!config_detail::assign(*found, value)) throw DataError("sound event {}: '{}' is of a wrong type", entry.dump(), key);
  return value;
}

SoundEvent read_event(const Json& entry) {
  if (!entry.is_object()) throw DataError("sound event {}: expected an object", entry.dump());
  SoundEvent event;
  event.sound_class = value_of<std::string>(entry, "class", value_of<std::string>(entry, "sound", ""));
  event.kind = value_of<std::string>(entry, "kind", "");
  event.time_s = value_of(entry, "time_s", -1.0);
  event.gain = value_of(entry, "gain", 1.0);
  event.visible = value_of(entry, "visible", false);
  event.loop = value_of(entry, "loop", false);
  if (event.sound_class.empty()) throw DataError("sound event {}: names neither a class nor a sound", entry.dump());
  if (!(event.time_s >= 0) || !std::isfinite(event.time_s)) throw DataError("sound event {}: needs a time_s from 0 on", entry.dump());
  return event;
}

}  // namespace

std::vector<SoundEvent> read_events(const Json& events) {
  if (!events.is_array() && !events.is_null()) throw DataError("sound events: expected a list, got {}", events.type_name());
  std::vector<SoundEvent> list;
  for (const auto& entry : events) list.push_back(read_event(entry));
  return list;
}

std::vector<SoundEvent> visible_events(std::span<const SoundEvent> events, double duration_s) {
  std::vector<SoundEvent> list, merged;
  for (const auto& event : events)
    if (event.visible && !event.loop && event.gain >= kAudibleGain && event.time_s <= duration_s - kLastRoom_s) list.push_back(event);
  std::stable_sort(list.begin(), list.end(), [](const SoundEvent& a, const SoundEvent& b) { return a.time_s < b.time_s; });
  for (auto& event : list)
    if (merged.empty() || event.time_s - merged.back().time_s >= kMergeWithin_s) merged.push_back(std::move(event));
  return merged;
}

std::vector<double> visible_times(std::span<const SoundEvent> events, double duration_s) {
  std::vector<double> times;
  for (const auto& event : visible_events(events, duration_s)) times.push_back(event.time_s);
  return times;
}

OnsetCount& OnsetCount::operator+=(const OnsetCount& other) {
  events += other.events, onsets += other.onsets, hits += other.hits;
  return *this;
}
double OnsetCount::event_share() const { return ratio(hits, events); }
double OnsetCount::onset_share() const { return ratio(hits, onsets); }
double OnsetCount::f1() const { return ratio(2 * hits, events + onsets); }

std::vector<char> events_hit(std::span<const double> events, std::span<const double> onsets, double tolerance) {
  std::vector<char> hit(events.size(), false);
  // All windows are equally wide, so giving each event the earliest free onset in reach leaves most for those after it.
  size_t next = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    while (next < onsets.size() && onsets[next] < events[i] - tolerance) ++next;
    if (next == onsets.size()) break;
    if (onsets[next] <= events[i] + tolerance) hit[i] = true, ++next;
  }
  return hit;
}

OnsetCount match_onsets(std::span<const double> events, std::span<const double> onsets, double tolerance) {
  auto hit = events_hit(events, onsets, tolerance);
  return {std::ssize(events), std::ssize(onsets), std::count(hit.begin(), hit.end(), true)};
}

}  // namespace mg::eval
