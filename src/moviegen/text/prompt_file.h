// Lists of prompts for samples and evaluation.
#pragma once
#include <string>
#include <vector>

namespace mg::text {

// One prompt a line; what follows a tab (labels) is not read, empty lines are skipped. The file is looked for where it says,
// then in the program's own folder (tests/prompts/core.txt). Throws NotFound, DataError (no prompt, or more than 10000).
std::vector<std::string> read_prompts(const std::string& file);

}  // namespace mg::text
