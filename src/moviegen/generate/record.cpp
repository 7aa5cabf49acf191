#include "moviegen/generate/record.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/core/random.h"
#include "moviegen/nn/ops.h"
#include "moviegen/text/sanitize.h"

namespace mg::generate {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
constexpr size_t kBlockBytes = 64 << 10, kMaxBlocks = 4096;
constexpr size_t kCommentBytes = 300;

const char* compute_name() {
  switch (nn::compute()) {
    case nn::Compute::kBf16: return "bf16";
    case nn::Compute::kAten: return "aten";
    default: return "f32";
  }
}

uint64_t mix_block(uint64_t state, std::span<const char> block) {
  size_t at = 0;
  for (; at + 8 <= block.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, block.data() + at, 8);
    state = std::rotl(state ^ word, 27) * 0x9e3779b97f4a7c15ULL;
  }
  for (; at < block.size(); ++at) state = (state ^ static_cast<unsigned char>(block[at])) * 0x100000001b3ULL;
  return mix_bits(state);
}

bool decides_the_film(const fs::path& file) {
  auto ending = file.extension();
  return ending == ".safetensors" || ending == ".json" || ending == ".model";
}

// Prompts may hold what JSON cannot; the record holds them as they are read.
Json request_to_json(Request request) {
  request.prompt = text::sanitize(request.prompt);
  request.negative_prompt = text::sanitize(request.negative_prompt);
  request.sound_prompt = text::sanitize(request.sound_prompt);
  return config_to_json(request);
}

Json parse_record(const std::string& text, const std::string& path) {
  Json record = Json::parse(text, nullptr, false);
  if (!record.is_object() || !record.contains("schema_version")) throw DataError("{}: its generation record is damaged", path);
  return record;
}

}  // namespace

// Files in name order; of each its name, its size, and up to 4096 evenly spaced blocks of 64 KiB: every byte of a file up to
// 256 MiB, a sample of larger ones, so that even a 60 GB model is named in a second.
std::string model_hash(const std::string& folder) {
  std::vector<fs::path> files;
  for (const char* part : {"rewriter", "scheduler", "sound_codec", "sound_frame_encoder", "sound_ranker", "sound_scheduler", "sound_text_encoder", "sound_tokenizer", "sound_transformer",
                           "text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "transformer", "vae"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::path(folder) / part, error))
      if (entry.is_regular_file() && decides_the_film(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  uint64_t state = 0;
  for (const auto& path : files) {
    auto name = path.lexically_relative(folder).string();
    state = mix_block(state, {name.data(), name.size()});
    MappedFile file(path.string());
    auto bytes = file.bytes();
    state = mix_bits(state ^ bytes.size());
    size_t blocks = (bytes.size() + kBlockBytes - 1) / kBlockBytes, taken = std::min(blocks, kMaxBlocks);
    for (size_t i = 0; i < taken; ++i) {
      size_t begin = i * blocks / taken * kBlockBytes;
      state = mix_block(state, bytes.subspan(begin, std::min(kBlockBytes, bytes.size() - begin)));
    }
  }
  return fmt::format("{:016x}", state);
}

Json make_record(const Request& request, const Request& resolved, const ModelDescription& model, const std::string& hash) {
  Json carried_out = request_to_json(resolved);
  carried_out["emulated_steps"] = model.defaults.emulated_steps;
  carried_out["compute"] = compute_name();
  return {{"schema_version", kRecordSchema},
          {"software", {{"name", "moviegen"}, {"version", MG_VERSION}}},
          {"digital_source_type", kSourceType},
          {"model", {{"name", model.name}, {"hash", hash}}},
          {"seed", resolved.seed},
          {"request", request_to_json(request)},
          {"resolved", carried_out}};
}

std::string describe_record(const Json& record) {
  std::string prompt = record.at("resolved").at("prompt").get<std::string>();
  if (prompt.size() > kCommentBytes) {
    size_t end = kCommentBytes;
    while (end > 0 && (static_cast<unsigned char>(prompt[end]) & 0xC0) == 0x80) --end;  // not inside a character
    prompt = prompt.substr(0, end) + "...";
  }
  return fmt::format("{} (made by moviegen {}, model {}, seed {})", prompt.empty() ? "no prompt" : prompt, MG_VERSION,
                     record.at("model").at("name").get<std::string>(), record.at("seed").get<int64_t>());
}

std::string sidecar_path(const std::string& path) { return path + ".json"; }

Json read_record(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw NotFound("{}: no such file", path);
  try {
    return parse_record(media::read_generation(path), path);
  } catch (const NotFound&) {
    if (!fs::is_regular_file(sidecar_path(path), error))
      throw NotFound("{}: it holds no generation record, and there is no {} beside it", path, sidecar_path(path));
  }
  return parse_record(read_text(sidecar_path(path)), sidecar_path(path));
}

}  // namespace mg::generate
