// moviegen inspect FILE: how a film or picture was made, from the record inside it or beside it.
#include <fmt/format.h>

#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/generate/record.h"

namespace mg::cli {
namespace {

Json media_facts(const std::string& path) {
  auto info = media::VideoReader(path).info();
  return {{"container", info.container}, {"codec", info.codec},           {"pixel_format", info.pixel_format}, {"width", info.width},
          {"height", info.height},       {"frame_rate", info.frame_rate}, {"duration_s", info.duration_s},     {"has_audio", info.has_audio}};
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

void print_table(const Json& record, const Json& facts) {
  auto row = [](const std::string& name, const std::string& value) { fmt::print("{:<22}{}\n", name, value); };
  row("made by", text_of(record.at("software").at("name")) + " " + text_of(record.at("software").at("version")));
  row("model", text_of(record.at("model").at("name")) + ", hash " + text_of(record.at("model").at("hash")));
  for (const auto& [name, value] : record.at("resolved").items())
    if (!(value.is_string() && value.get<std::string>().empty())) row(name, text_of(value));
  row("file", fmt::format("{}, {} {}, {}x{}", text_of(facts["container"]), text_of(facts["codec"]), text_of(facts["pixel_format"]),
                          facts["width"].dump(), facts["height"].dump()));
  if (double seconds = facts["duration_s"].get<double>(); seconds > 0)
    row("length", fmt::format("{:.2f} s at {:g} frames a second", seconds, facts["frame_rate"].get<double>()));
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
  auto* command = app.add_subcommand("inspect", "show how a film or picture was made");
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("file", *path, "MP4, GIF or picture written by moviegen")->required();
  command->add_flag("--json", *json, "print the generation record as JSON");
  command->callback([path, json, &action] { action = [path, json] { show(*path, *json); }; });
}

}  // namespace mg::cli
