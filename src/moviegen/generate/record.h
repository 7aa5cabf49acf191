// The generation record: one JSON object that says how a film was made, enough to make it again. It goes into the file
// (MP4 tag, PNG iTXt) or beside it (sidecar), and `moviegen inspect` reads it back. Nothing in it depends on when, where or
// how fast the film was made, so equal requests give equal files.
#pragma once
#include <string>

#include "moviegen/generate/model_description.h"

namespace mg::generate {

inline constexpr int kRecordSchema = 1;

// `request` as asked, `resolved` as carried out; both are of one film.
Json make_record(const Request& request, const Request& resolved, const ModelDescription& model, const std::string& hash);
// One line for people: what it shows, with which seed.
std::string describe_record(const Json& record);
// FILE.json, where formats that hold no record keep it.
std::string sidecar_path(const std::string& path);
// The record in the file, or in its sidecar. Throws NotFound if there is none, DataError if it is not a record.
Json read_record(const std::string& path);

}  // namespace mg::generate
