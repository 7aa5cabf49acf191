#include "moviegen/weights/model_folder.h"

#include <cstdlib>
#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"

namespace mg::weights {
namespace {

namespace fs = std::filesystem;
constexpr const char* kWeightsNames[] = {"diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors.index.json",
                                         "model.safetensors", "model.safetensors.index.json"};

Json read_json(const std::string& path) {
  Json tree = Json::parse(read_text(path), nullptr, false);
  if (!tree.is_object()) throw DataError("{}: expected a JSON object", path);
  return tree;
}

// Text encoders use another file name than the rest, a habit of the format.
std::string weights_name(const std::string& part) {
  return part.starts_with("text_encoder") ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
}

}  // namespace

std::string resolve_model(const std::string& name) {
  std::vector<fs::path> places = {name};
  if (const char* extra = std::getenv("MOVIEGEN_MODELS"); extra && *extra) places.push_back(fs::path(extra) / name);
  places.push_back(fs::path(data_folder()) / "models" / name);
  if (auto program = program_folder(); !program.empty()) places.push_back(fs::path(program) / "models" / name);
  std::string looked;
  for (const auto& place : places) {
    std::error_code error;
    if (fs::is_regular_file(place / "model_index.json", error)) return place.string();
    looked += "\n  " + (place / "model_index.json").string();
  }
  throw NotFound("model '{}' was not found; looked for:{}", name, looked);
}

bool has_part(const std::string& folder, const std::string& part) {
  std::error_code error;
  return fs::is_regular_file(fs::path(folder) / part / "config.json", error);
}

Json read_part_config(const std::string& folder, const std::string& part, const std::string& class_name) {
  std::string path = (fs::path(folder) / part / "config.json").string();
  Json config = read_json(path);
  if (config.value("_class_name", Json()) != class_name)
    throw DataError("{}: expected _class_name \"{}\", got {}", path, class_name, config.value("_class_name", Json()).dump());
  return config;
}

State read_part_state(const std::string& folder, const std::string& part) {
  for (const char* name : kWeightsNames) {
    auto path = fs::path(folder) / part / name;
    std::error_code error;
    if (fs::is_regular_file(path, error)) return read_state(path.string());
  }
  throw NotFound("{}: no weights; expected {} or {}", (fs::path(folder) / part).string(), kWeightsNames[0], kWeightsNames[2]);
}

void write_part_config(const std::string& folder, const std::string& part, const std::string& class_name, Json config) {
  make_folder(folder + "/" + part);
  config["_class_name"] = class_name;
  write_text(folder + "/" + part + "/config.json", config.dump(2) + "\n");
  auto index_path = folder + "/model_index.json";
  std::error_code error;
  Json index = fs::is_regular_file(index_path, error) ? read_json(index_path) : Json{{"_class_name", "MovieGenPipeline"}};
  index[part] = {"moviegen", class_name};
  write_text(index_path, index.dump(2) + "\n");
}

void write_part(const std::string& folder, const std::string& part, const std::string& class_name, Json config,
                const State& state, const std::string& dtype) {
  auto place = fs::path(folder) / part;
  make_folder(place.string());
  write_state((place / weights_name(part)).string(), state, dtype, {{"format", "pt"}});
  write_part_config(folder, part, class_name, std::move(config));
}

}  // namespace mg::weights
