// Configs: plain structs with one field list that serves TOML, JSON, --set, help and docs.
//
//   struct TaeConfig { int64_t latent_channels = 16; void check() const; };
//   template <class V> void fields(V& v, TaeConfig& c) { v("latent_channels", c.latent_channels, "channels of the latent"); }
//
//   Json tree = read_toml("recipes/models/mini.toml");   // `extends = "other.toml"` resolved
//   apply_set(tree, "tae.latent_channels=8");
//   auto config = config_from<ModelConfig>(tree, "mini.toml");   // strict: every unknown key and wrong type in one error
// Fields may be bool, int, int64_t, uint64_t, double, std::string, vectors of those, and structs with a field list.
#pragma once
#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "moviegen/core/error.h"

namespace mg {

using Json = nlohmann::json;

// Reads a TOML file to a JSON tree; `extends` (a path relative to the file) is read first and overridden key by key.
Json read_toml(const std::string& path);
Json parse_toml(const std::string& text, const std::string& name);
std::string to_toml(const Json& tree);
// Lays `over` on `base`: objects merge, everything else replaces.
void merge_into(Json& base, const Json& over);
// Applies "a.b=value"; the value is read as TOML, or as a plain string if it is none.
void apply_set(Json& tree, const std::string& assignment);

struct FieldHelp {
  std::string name, help, value;  // dotted name, one line, default as JSON text
};

namespace config_detail {

struct Probe {
  template <class T> void operator()(const char*, T&, const char*) {}
};
template <class T>
concept HasFields = std::is_class_v<T> && requires(Probe& v, T& c) { fields(v, c); };

template <class T>
bool assign(const Json& value, T& out) {
  if constexpr (std::same_as<T, bool>) {
    if (!value.is_boolean()) return false;
  } else if constexpr (std::integral<T>) {
    if (!value.is_number_integer() || (std::unsigned_integral<T> && !value.is_number_unsigned() && value.get<int64_t>() < 0))
      return false;
  } else if constexpr (std::floating_point<T>) {
    if (!value.is_number()) return false;
  } else if constexpr (std::same_as<T, std::string>) {
    if (!value.is_string()) return false;
  } else {  // vectors
    if (!value.is_array()) return false;
    T list;
    for (const Json& item : value) {
      typename T::value_type element{};
      if (!assign(item, element)) return false;
      list.push_back(std::move(element));
    }
    out = std::move(list);
    return true;
  }
  if constexpr (!std::same_as<T, std::vector<std::string>>) out = value.get<T>();
  return true;
}

struct Reader {
  const Json& tree;
  std::string where;
  std::vector<std::string>& problems;
  std::vector<std::string> known{};

  template <class T> void operator()(const char* name, T& field, const char*) {
    known.push_back(name);
    auto found = tree.find(name);
    if (found == tree.end()) return;
    if constexpr (HasFields<T>) {
      if (!found->is_object()) return problems.push_back(where + name + ": expected a table, got " + found->dump());
      Reader inner{*found, where + name + ".", problems};
      fields(inner, field);
      inner.finish();
    } else if (!assign(*found, field)) {
      problems.push_back(where + name + ": expected a value like " + Json(field).dump() + ", got " + found->dump());
    }
  }
  void finish() {
    for (const auto& [key, value] : tree.items()) {
      if (!key.empty() && key[0] == '_') continue;  // "_class_name" and the like
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        std::string list;
        for (const auto& name : known) list += (list.empty() ? "" : ", ") + name;
        problems.push_back(where + key + ": unknown key; known here: " + list);
      }
    }
  }
};

struct Writer {
  Json& tree;
  template <class T> void operator()(const char* name, T& field, const char*) {
    if constexpr (HasFields<T>) {
      tree[name] = Json::object();
      Writer inner{tree[name]};
      fields(inner, field);
    } else {
      tree[name] = field;
    }
  }
};

struct Lister {
  std::vector<FieldHelp>& list;
  std::string prefix;
  template <class T> void operator()(const char* name, T& field, const char* help) {
    if constexpr (HasFields<T>) {
      Lister inner{list, prefix + name + "."};
      fields(inner, field);
    } else {
      list.push_back({prefix + name, help, Json(field).dump()});
    }
  }
};

[[noreturn]] void throw_problems(const std::string& name, const std::vector<std::string>& problems);

}  // namespace config_detail

// Overlays `tree` on `config`; unknown keys and wrong types are all reported in one UsageError.
template <class T>
void read_config(const Json& tree, T& config, const std::string& name) {
  std::vector<std::string> problems;
  if (!tree.is_object()) throw UsageError("{}: expected a table of settings, got {}", name, tree.dump());
  config_detail::Reader reader{tree, "", problems};
  fields(reader, config);
  reader.finish();
  if (!problems.empty()) config_detail::throw_problems(name, problems);
  if constexpr (requires { config.check(); }) config.check();
}

template <class T>
T config_from(const Json& tree, const std::string& name) {
  T config;
  read_config(tree, config, name);
  return config;
}

template <class T>
Json config_to_json(const T& config) {
  Json tree = Json::object();
  config_detail::Writer writer{tree};
  fields(writer, const_cast<T&>(config));  // the field list takes a mutable reference; the writer only reads
  return tree;
}

template <class T>
std::vector<FieldHelp> list_fields(const T& config) {
  std::vector<FieldHelp> list;
  config_detail::Lister lister{list, ""};
  fields(lister, const_cast<T&>(config));
  return list;
}

}  // namespace mg
