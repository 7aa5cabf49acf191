// moviegen inspect FILE: how a film, picture or soundtrack was made, from the record inside it or beside it.
#include <fmt/format.h>

#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/generate/record.h"
#include "moviegen/media/sound.h"

namespace mg::cli {
namespace {

// Facts of the picture, if there is one, and of the sound tracks.
Json media_facts(const std::string& path) {
  Json facts, tracks = Json::array();
  for (const auto& track : media::sound_tracks(path))
    tracks.push_back({{"codec", track.codec}, {"sample_rate", track.sample_rate}, {"channels", track.channels}, {"duration_s", track.duration_s}});
  try {
    auto info = media::VideoReader(path).info();
    facts = {{"container", info.container}, {"codec", info.codec},           {"pixel_format", info.pixel_format}, {"width", info.width},
             {"height", info.height},       {"frame_rate", info.frame_rate}, {"duration_s", info.duration_s},     {"has_audio", info.has_audio}};
  } catch (const DataError&) {
    if (tracks.empty()) throw;  // neither picture nor sound
  }
  facts["sound_tracks"] = tracks;
  return facts;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

void row(const std::string& name, const std::string& value) { fmt::print("{:<28}{}\n", name, value); }

void print_fields(const std::string& prefix, const Json& fields) {
  for (const auto& [name, value] : fields.items()) {
    if (value.is_string() && value.get<std::string>().empty()) continue;
    if (value.is_object()) print_fields(prefix + name + ".", value);
    else row(prefix + name, text_of(value));
  }
}

// A film has a model and a request of its own; a soundtrack made for another film has the part "sound" alone.
void print_table(const Json& record, const Json& facts) {
  row("made by", text_of(record.at("software").at("name")) + " " + text_of(record.at("software").at("version")));
  if (record.contains("model") || !record.contains("sound")) {
    row("model", text_of(record.at("model").at("name")) + ", hash " + text_of(record.at("model").at("hash")));
    print_fields("", record.at("resolved"));
  }
  if (record.contains("sound")) print_fields("sound.", record.at("sound"));
  if (facts.contains("codec")) {
    row("file", fmt::format("{}, {} {}, {}x{}", text_of(facts["container"]), text_of(facts["codec"]), text_of(facts["pixel_format"]),
                            facts["width"].dump(), facts["height"].dump()));
    if (double seconds = facts["duration_s"].get<double>(); seconds > 0)
      row("length", fmt::format("{:.2f} s at {:g} frames a second", seconds, facts["frame_rate"].get<double>()));
  }
  for (const auto& track : facts["sound_tracks"])
    row("sound track", fmt::format("{}, {} Hz, {} channel{}", text_of(track["codec"]), track["sample_rate"].dump(), track["channels"].dump(),
                                   track["channels"] == 1 ? "" : "s"));
}

void show(const std::string& path, bool json) {
  auto record = generate::read_record(path);
  auto facts = media_facts(path);
  if (!json) {
    try {
      return print_table(record, facts);
    } catch (const Json::exception& error) {
      throw DataError("{}: its generation record lacks what every record has: {}", path, error.what());
    }
  }
  record["media"] = facts;
  fmt::print("{}\n", record.dump(2));
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("inspect", "show how a film, picture or soundtrack was made");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("file", *path, "film, picture or sound written by moviegen")->required();
  command->add_flag("--json", *json, "print the generation record as JSON");
  command->callback([path, json, &action] { action = [path, json] { show(*path, *json); }; });
}

}  // namespace mg::cli
