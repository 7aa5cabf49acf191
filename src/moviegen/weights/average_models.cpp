#include "moviegen/weights/average_models.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/weights/join_models.h"
#include "moviegen/weights/model_folder.h"

namespace mg::weights {
namespace {

namespace fs = std::filesystem;

Json config_of(const std::string& model, const std::string& part) {
  auto path = model + "/" + part + "/config.json";
  Json config = Json::parse(read_text(path), nullptr, false);
  if (!config.is_object() || !config.contains("_class_name")) throw DataError("{}: expected a JSON object with \"_class_name\"", path);
  return config;
}

bool has_weights(const std::string& model, const std::string& part) {
  if (!fs::is_regular_file(model + "/" + part + "/config.json")) return false;
  for (const auto& entry : fs::directory_iterator(model + "/" + part))
    if (entry.path().extension() == ".safetensors") return true;
  return false;
}

std::vector<std::string> common_parts(const std::vector<std::string>& models) {
  std::vector<std::string> parts;
  for (const auto& entry : fs::directory_iterator(models[0])) {
    auto part = entry.path().filename().string();
    if (entry.is_directory() && std::all_of(models.begin(), models.end(), [&](const std::string& model) { return has_weights(model, part); })) parts.push_back(part);
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

State mean_state(const std::vector<std::string>& models, const std::vector<double>& shares, const std::string& part) {
  State mean;
  Json config = config_of(models[0], part);
  for (size_t i = 0; i < models.size(); ++i) {
    if (config_of(models[i], part) != config) throw DataError("{}/{}: its config is not that of {}; only like can be averaged", models[i], part, models[0]);
    State state = read_part_state(models[i], part);
    if (i > 0 && state.size() != mean.size()) throw DataError("{}/{}: {} tensors, {} in {}", models[i], part, state.size(), mean.size(), models[0]);
    for (auto& [key, tensor] : state) {
      auto scaled = tensor.is_floating_point() ? tensor.to(at::kDouble) * shares[i] : tensor;
      if (i == 0) {
        mean[key] = scaled;
        continue;
      }
      auto found = mean.find(key);
      if (found == mean.end() || found->second.sizes() != scaled.sizes()) throw DataError("{}/{}: tensor '{}' is missing or of another shape in {}", models[i], part, key, models[0]);
      if (tensor.is_floating_point()) found->second += scaled;
    }
  }
  for (auto& [key, tensor] : mean)
    if (tensor.is_floating_point()) tensor = tensor.to(at::kFloat);
  return mean;
}

std::vector<double> normalised(std::vector<double> shares, size_t models) {
  if (shares.empty()) shares.assign(models, 1);
  if (shares.size() != models) throw UsageError("average: {} shares for {} models", shares.size(), models);
  for (double share : shares)
    if (!(share > 0 && share < 1e9)) throw UsageError("average: shares must be above 0, got {}", share);
  double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (auto& share : shares) share /= sum;
  return shares;
}

}  // namespace

std::vector<std::string> average_models(const AverageOptions& options, const std::string& folder) {
  if (options.models.size() < 2) throw UsageError("average: expected at least two models, got {}", options.models.size());
  if (fs::exists(folder)) throw UsageError("{}: exists; choose another folder", folder);
  auto shares = normalised(options.shares, options.models.size());
  std::vector<std::string> models;
  for (const auto& model : options.models) models.push_back(resolve_model(model));
  auto parts = options.parts.empty() ? common_parts(models) : options.parts;
  if (parts.empty()) throw DataError("average: the models have no part with weights in common");
  for (const auto& part : parts)
    for (const auto& model : models)
      if (fs::path(part).filename() != part || !has_weights(model, part)) throw NotFound("{}: has no part '{}' with weights", model, part);
  auto unfinished = temporary_for(folder);
  try {
    join_models({{models[0], {}}}, unfinished);
    for (const auto& part : parts) {
      Json config = config_of(models[0], part);
      auto class_name = config["_class_name"].get<std::string>();
      config.erase("_class_name");
      write_part(unfinished, part, class_name, config, mean_state(models, shares, part), options.dtype);
    }
    fs::rename(unfinished, folder);
  } catch (...) {
    std::error_code error;
    fs::remove_all(unfinished, error);
    throw;
  }
  return parts;
}

}  // namespace mg::weights
