// Lists of prompts for samples and evaluation.
#pragma once
#include <string>
#include <vector>

namespace mg::text {

// The prompts of a file, by the end of its name:
//   .csv    the column "prompt" of a table with a header (Movie Gen Video Bench with tags)
//   .jsonl  "video_prompt" or "prompt" of every line (Movie Gen Audio Bench)
//   else    one a line; what follows a tab (labels) is not read
// Empty ones are skipped. The file is looked for where it says, then in the program's own folder (tests/prompts/core.txt).
// Throws NotFound, DataError (no prompt, more than 10000, or a broken table).
std::vector<std::string> read_prompts(const std::string& file);

}  // namespace mg::text
