// What a clip's labels say about a film, in the words and order of the video judge.
#pragma once
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "moviegen/core/config.h"
#include "moviegen/video/video_judge.h"

namespace mg::eval {

// Every word that the labels say about each attribute, by its name; what is missing or empty says nothing.
std::map<std::string, std::set<std::string>> words_of(const Json& labels);
// For each attribute the true values, as indices into its list; without those the list lacks.
std::vector<std::vector<int64_t>> truths_of(const Json& labels, const std::vector<video::Attribute>& attributes);
// As many of the likeliest values as are true are exactly those. Nothing true, nothing right.
bool is_right(std::span<const double> likely, std::span<const int64_t> truths);

}  // namespace mg::eval
