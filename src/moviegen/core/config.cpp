#include "moviegen/core/config.h"

#include <filesystem>
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "moviegen/core/files.h"

namespace mg {
namespace {

constexpr int kMaxExtends = 8;

Json to_json(const toml::node& node) {
  if (auto* table = node.as_table()) {
    Json out = Json::object();
    for (auto&& [key, value] : *table) out[std::string(key.str())] = to_json(value);
    return out;
  }
  if (auto* array = node.as_array()) {
    Json out = Json::array();
    for (auto&& value : *array) out.push_back(to_json(value));
    return out;
  }
  if (auto value = node.value_exact<bool>()) return *value;
  if (auto value = node.value_exact<int64_t>()) return *value < 0 ? Json(*value) : Json(static_cast<uint64_t>(*value));
  if (auto value = node.value_exact<double>()) return *value;
  if (auto value = node.value_exact<std::string>()) return *value;
  throw DataError("TOML: dates and times are not used here; write them as strings");
}

void write_table(const Json& tree, const std::string& prefix, std::string& out) {
  for (const auto& [key, value] : tree.items())
    if (!value.is_object()) out += key + " = " + value.dump() + "\n";
  for (const auto& [key, value] : tree.items())
    if (value.is_object()) {
      out += "\n[" + prefix + key + "]\n";
      write_table(value, prefix + key + ".", out);
    }
}

Json read_with_base(const std::string& path, int depth) {
  if (depth > kMaxExtends) throw DataError("{}: more than {} levels of `extends`; is there a circle?", path, kMaxExtends);
  Json tree = parse_toml(read_text(path), path);
  auto extends = tree.find("extends");
  if (extends == tree.end()) return tree;
  if (!extends->is_string()) throw DataError("{}: `extends` must be the path of a TOML file, got {}", path, extends->dump());
  auto base_path = std::filesystem::path(path).parent_path() / extends->get<std::string>();
  tree.erase("extends");
  Json base = read_with_base(base_path.string(), depth + 1);
  merge_into(base, tree);
  return base;
}

}  // namespace

Json parse_toml(const std::string& text, const std::string& name) {
  try {
    return to_json(toml::parse(text, name));
  } catch (const toml::parse_error& error) {
    throw DataError("{}, line {}: {}", name, error.source().begin.line, error.description());
  }
}

Json read_toml(const std::string& path) { return read_with_base(path, 0); }

std::string to_toml(const Json& tree) {
  std::string out;
  write_table(tree, "", out);
  return out;
}

void merge_into(Json& base, const Json& over) {
  if (!base.is_object() || !over.is_object()) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.items()) merge_into(base[key], value);
}

void apply_set(Json& tree, const std::string& assignment) {
  auto equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos)
    throw UsageError("--set expects name=value, for example --set train.steps=100, got '{}'", assignment);
  std::string name = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  Json value;
  try {
    value = to_json(*toml::parse("v = " + text).get("v"));
  } catch (const toml::parse_error&) {
    value = text;
  }
  Json* node = &tree;
  for (size_t begin = 0;;) {
    size_t dot = name.find('.', begin);
    std::string key = name.substr(begin, dot == std::string::npos ? dot : dot - begin);
    if (!node->is_object() && !node->is_null()) throw UsageError("--set {}: '{}' is inside a plain value", assignment, key);
    node = &(*node)[key];
    if (dot == std::string::npos) break;
    begin = dot + 1;
  }
  *node = std::move(value);
}

void config_detail::throw_problems(const std::string& name, const std::vector<std::string>& problems) {
  std::string message = fmt::format("{}: {} problem{} in the settings", name, problems.size(), problems.size() == 1 ? "" : "s");
  for (const auto& problem : problems) message += "\n  " + problem;
  throw UsageError(message);
}

}  // namespace mg
