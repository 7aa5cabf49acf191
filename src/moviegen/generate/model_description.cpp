#include "moviegen/generate/model_description.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/weights/model_folder.h"

namespace mg::generate {
namespace {

namespace fs = std::filesystem;
constexpr int64_t kDefaultSide = 128, kDefaultFrames = 32;  // the mini model's format (docs/decisions)

ModelDefaults read_defaults(const std::string& folder) {
  auto path = fs::path(folder) / "scheduler" / "scheduler_config.json";
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  Json tree = Json::parse(read_text(path.string()), nullptr, false);
  if (tree.is_discarded()) throw DataError("{}: not JSON", path.string());
  return config_from<ModelDefaults>(tree, path.string());
}

double bytes_of_weights(const std::string& folder) {
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".safetensors") bytes += static_cast<double>(entry.file_size());
  return bytes;
}

ModelDescription read_description(const std::string& folder) {
  ModelDescription model;
  model.folder = folder;
  model.name = fs::weakly_canonical(folder).filename().string();
  model.transformer = config_from<video::TransformerConfig>(weights::read_part_config(folder, "transformer", "MovieGenTransformer3D"),
                                                            folder + "/transformer/config.json");
  model.autoencoder = config_from<tae::TaeConfig>(weights::read_part_config(folder, "vae", "MovieGenTae"), folder + "/vae/config.json");
  if (model.transformer.latent_channels != model.autoencoder.latent_channels)
    throw DataError("{}: the transformer has {} latent channels, the autoencoder {}", folder, model.transformer.latent_channels,
                    model.autoencoder.latent_channels);
  model.defaults = read_defaults(folder);
  auto& frames = model.defaults.num_frames;
  frames = frames ? frames : std::min(kDefaultFrames, model.max_frames());
  model.weight_file_bytes = bytes_of_weights(folder);
  return model;
}

}  // namespace

void ModelDefaults::check() const {
  for (const auto& size : sizes) parse_size(size, "sizes");
  // The names and ranges are those of a request.
  Request{.num_frames = num_frames, .fps = fps, .num_inference_steps = num_inference_steps, .guidance_scale = guidance_scale,
          .guidance_start = guidance_start, .guidance_end = guidance_end, .churn = churn, .schedule = schedule, .solver = solver}.check();
  if (emulated_steps < 1 || emulated_steps > 100000 || max_frames < 0 || fps < 1 || num_inference_steps < 1 || guidance_scale <= 0 || guidance_start < 0 || guidance_end < 0 || churn < 0)
    throw UsageError("emulated_steps, fps, num_inference_steps and guidance_scale must be above 0, max_frames, guidance_start, guidance_end and churn at least 0");
}

std::pair<int64_t, int64_t> ModelDescription::default_size() const {
  if (!defaults.sizes.empty()) return parse_size(defaults.sizes.front(), "sizes");
  auto side = [&](int64_t largest) { return std::min(kDefaultSide / unit() * unit(), largest); };
  return {side(max_width()), side(max_height())};
}

ModelDescription describe_model(const std::string& model) {
  std::string folder = weights::resolve_model(model);
  try {
    return read_description(folder);
  } catch (const UsageError& error) {
    throw DataError(error.what());  // a wrong setting in a model's own files is bad data, not wrong use
  }
}

std::pair<int64_t, int64_t> parse_size(const std::string& text, const std::string& who) {
  int64_t width = 0, height = 0;
  const char* end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, width);
  bool ok = first.ec == std::errc() && first.ptr != end && (*first.ptr == 'x' || *first.ptr == 'X');
  if (ok) {
    auto second = std::from_chars(first.ptr + 1, end, height);
    ok = second.ec == std::errc() && second.ptr == end && width > 0 && height > 0;
  }
  if (!ok) throw UsageError("{}: expected WIDTHxHEIGHT, for example 160x96, got '{}'", who, text);
  return {width, height};
}

}  // namespace mg::generate
