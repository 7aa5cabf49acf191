#include "moviegen/text/prompt_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/paths.h"

namespace mg::text {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMost = 10000, kMostBytes = 64 << 20;

// Records of RFC 4180: fields may be quoted, and then hold commas, line ends and doubled quotes.
std::vector<std::vector<std::string>> parse_csv(const std::string& text, const std::string& name) {
  std::vector<std::vector<std::string>> records(1, std::vector<std::string>(1));
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    auto& field = records.back().back();
    if (is_quoted) {
      if (c != '"') field += c;
      else if (i + 1 < text.size() && text[i + 1] == '"') field += '"', ++i;
      else is_quoted = false;
    } else if (c == '"' && field.empty()) {
      is_quoted = true;
    } else if (c == ',') {
      records.back().emplace_back();
    } else if (c == '\n') {
      records.emplace_back(1);
    } else if (c != '\r') {
      field += c;
    }
  }
  if (is_quoted) throw DataError("{}: a quoted field has no end", name);
  return records;
}

std::vector<std::string> prompts_of_csv(const std::string& text, const std::string& name) {
  auto records = parse_csv(text, name);
  auto& header = records.front();
  if (header[0].starts_with("\xEF\xBB\xBF")) header[0].erase(0, 3);
  auto column = static_cast<size_t>(std::find(header.begin(), header.end(), "prompt") - header.begin());
  if (column == header.size()) throw DataError("{}: expected a column named \"prompt\" in its first line", name);
  std::vector<std::string> prompts;
  for (size_t i = 1; i < records.size(); ++i)
    if (column < records[i].size()) prompts.push_back(records[i][column]);
  return prompts;
}

std::vector<std::string> prompts_of_jsonl(const std::string& text, const std::string& name) {
  std::vector<std::string> prompts;
  std::istringstream lines(text);
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto object = Json::parse(line, nullptr, false);
    auto take = [&](const char* key) {
      bool has = object.is_object() && object.contains(key) && object[key].is_string();
      if (has) prompts.push_back(object[key].get<std::string>());
      return has;
    };
    if (!take("video_prompt") && !take("prompt")) throw DataError("{}, line {}: expected a JSON object with \"video_prompt\" or \"prompt\"", name, number);
  }
  return prompts;
}

std::vector<std::string> prompts_of_lines(const std::string& text) {
  std::vector<std::string> prompts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    prompts.push_back(line.substr(0, line.find('\t')));
  }
  return prompts;
}

}  // namespace

std::vector<std::string> read_prompts(const std::string& file) {
  auto path = fs::path(file).is_absolute() || fs::exists(file) ? fs::path(file) : fs::path(program_folder()) / file;
  std::ifstream stream(path, std::ios::binary);
  if (!stream || fs::is_directory(path)) throw NotFound("list of prompts: {} was not found", file);
  std::string text(kMostBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > kMostBytes) throw DataError("{}: larger than {} MB", path.string(), kMostBytes >> 20);
  auto extension = path.extension();
  auto prompts = extension == ".csv" ? prompts_of_csv(text, path.string()) : extension == ".jsonl" ? prompts_of_jsonl(text, path.string()) : prompts_of_lines(text);
  std::erase(prompts, "");
  if (prompts.size() > kMost) throw DataError("{}: more than {} prompts", path.string(), kMost);
  if (prompts.empty()) throw DataError("{}: expected one prompt a line, found none", path.string());
  return prompts;
}

}  // namespace mg::text
