// Prompts as people send them → clean UTF-8: invalid bytes become U+FFFD, control characters become spaces, runs of
// spaces collapse, ends are trimmed, and only the first kMaxPromptBytes are read (cut at a character).
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace mg::text {

inline constexpr size_t kMaxPromptBytes = 32768;

std::string sanitize(std::string_view prompt);
// The strings between double quotes (straight or curly), joined by a space: the letters that should appear in the picture.
std::string quoted_text(std::string_view sanitized);

}  // namespace mg::text
