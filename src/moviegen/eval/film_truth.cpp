#include "moviegen/eval/film_truth.h"

#include <algorithm>
#include <numeric>

#include "moviegen/data/world/props.h"

namespace mg::eval {
namespace {

std::string text_at(const Json& entry, const char* key) {
  auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::map<std::string, std::set<std::string>> words_of(const Json& labels) {
  std::map<std::string, std::set<std::string>> words;
  auto add = [&](const std::string& attribute, const std::string& word) {
    if (!word.empty()) words[attribute].insert(word);
  };
  for (const char* key : {"place", "time", "weather", "style"}) add(key, text_at(labels, key));
  if (auto camera = labels.find("camera"); camera != labels.end()) add("camera", text_at(*camera, "move"));
  if (auto subjects = labels.find("subjects"); subjects != labels.end() && subjects->is_array())
    for (const auto& subject : *subjects)
      for (const char* key : {"subject", "color", "motion", "direction"}) add(key, text_at(subject, key));
  for (const char* key : {"relation", "particles", "on"})
    if (auto word = text_at(labels, key); word != "none") add("extra", word);
  if (labels.value("count", 1) > 1) add("extra", "group");
  if (auto subjects = labels.find("subjects"); subjects != labels.end() && subjects->is_array())
    for (const auto& subject : *subjects) {
      add("extra", text_at(subject, "holds"));
      for (const auto& worn : subject.value("wears", Json::array())) add("extra", world::split_color(worn.get<std::string>()).second);
    }
  return words;
}

std::vector<std::vector<int64_t>> truths_of(const Json& labels, const std::vector<video::Attribute>& attributes) {
  auto words = words_of(labels);
  std::vector<std::vector<int64_t>> truths;
  for (const auto& attribute : attributes) {
    auto& list = truths.emplace_back();
    for (int64_t i = 0; i < std::ssize(attribute.values); ++i)
      if (words[attribute.name].count(attribute.values[static_cast<size_t>(i)])) list.push_back(i);
  }
  return truths;
}

bool is_right(std::span<const double> likely, std::span<const int64_t> truths) {
  if (truths.empty() || truths.size() > likely.size()) return false;
  std::vector<int64_t> order(likely.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return likely[static_cast<size_t>(a)] > likely[static_cast<size_t>(b)]; });
  std::set<int64_t> said(order.begin(), order.begin() + std::ssize(truths)), meant(truths.begin(), truths.end());
  return said == meant;
}

}  // namespace mg::eval
