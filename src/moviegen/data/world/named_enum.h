// Names of enumerations: the value of a name, by name_of() over all values.
#pragma once
#include <string>
#include <string_view>

#include "moviegen/core/error.h"

namespace mg::world {

// `last` is the last value, `what` the kind for the message ("camera move"). Throws NotFound listing the names.
template <class Enum>
Enum named_enum(std::string_view name, Enum last, const char* what) {
  std::string known;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    auto value = static_cast<Enum>(i);
    if (name == name_of(value)) return value;
    known += (known.empty() ? "" : ", ") + std::string(name_of(value));
  }
  throw NotFound("there is no {} '{}'; known: {}", what, name, known);
}

}  // namespace mg::world
