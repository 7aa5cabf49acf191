#include "moviegen/text/prompt_file.h"

#include <filesystem>
#include <fstream>

#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"

namespace mg::text {

std::vector<std::string> read_prompts(const std::string& file) {
  namespace fs = std::filesystem;
  constexpr size_t kMost = 10000;
  auto path = fs::path(file).is_absolute() || fs::exists(file) ? fs::path(file) : fs::path(program_folder()) / file;
  std::ifstream lines(path);
  if (!lines || fs::is_directory(path)) throw NotFound("list of prompts: {} was not found", file);
  std::vector<std::string> prompts;
  for (std::string line; std::getline(lines, line);) {
    auto prompt = line.substr(0, line.find('\t'));
    if (!prompt.empty()) prompts.push_back(prompt);
    if (prompts.size() > kMost) throw DataError("{}: more than {} prompts", path.string(), kMost);
  }
  if (prompts.empty()) throw DataError("{}: expected one prompt a line, found none", path.string());
  return prompts;
}

}  // namespace mg::text
