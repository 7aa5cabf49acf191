#include "moviegen/generate/requests_file.h"

#include "moviegen/core/files.h"

namespace mg::generate {
namespace {

RequestLine read_line(const std::string& text, int number, const std::string& path, const Request& defaults) {
  RequestLine line{.number = number, .request = defaults};
  std::string where = fmt::format("{}, line {}", path, number);
  try {
    Json tree = Json::parse(text, nullptr, false);
    if (!tree.is_object()) throw UsageError("{}: expected one JSON object", where);
    if (auto output = tree.find("output"); output != tree.end()) {
      if (!output->is_string()) throw UsageError("{}: output: expected a file name, got {}", where, output->dump());
      line.output = output->get<std::string>();
      tree.erase(output);
    }
    read_config(tree, line.request, where);
  } catch (const UsageError& error) {
    line.error = error.what();
    if (!line.error.starts_with(where)) line.error = where + ": " + line.error;
  }
  return line;
}

}  // namespace

std::vector<RequestLine> read_requests(const std::string& path, const Request& defaults) {
  std::string text = read_text(path);
  std::vector<RequestLine> lines;
  int number = 0;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(read_line(line, number, path, defaults));
  }
  if (lines.empty()) throw DataError("{}: no requests; expected one JSON object a line", path);
  return lines;
}

}  // namespace mg::generate
