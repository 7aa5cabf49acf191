#include "moviegen/weights/state.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/weights/safetensors.h"

namespace mg::weights {
namespace {

constexpr size_t kMaxListed = 40;  // problems named in one error

at::ScalarType torch_dtype(const std::string& dtype, const std::string& who) {
  static const std::map<std::string, at::ScalarType> known = {
      {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
      {"I32", at::kInt},    {"I16", at::kShort}, {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};
  auto found = known.find(dtype);
  if (found == known.end()) throw DataError("{}: dtype {} cannot be used here", who, dtype);
  return found->second;
}

std::string safetensors_dtype(at::ScalarType type) {
  switch (type) {
    case at::kDouble: return "F64";
    case at::kFloat: return "F32";
    case at::kHalf: return "F16";
    case at::kBFloat16: return "BF16";
    case at::kLong: return "I64";
    case at::kInt: return "I32";
    case at::kChar: return "I8";
    case at::kByte: return "U8";
    case at::kBool: return "BOOL";
    default: throw InternalError("no safetensors dtype for {}", c10::toString(type));
  }
}

void read_file(const std::string& path, State& state, Metadata* metadata) {
  SafetensorsFile file(path);
  for (const auto& [name, view] : file.tensors()) {
    auto tensor = at::empty(view.shape, torch_dtype(view.dtype, path + ": tensor '" + name + "'"));
    if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
    if (!state.emplace(name, tensor).second) throw DataError("{}: tensor '{}' stands in two shards", path, name);
  }
  if (metadata) metadata->insert(file.metadata().begin(), file.metadata().end());
}

constexpr const char* kScale = "_scale";
constexpr int64_t kLeastInt8Values = 4096;  // smaller tensors are not worth a scale
constexpr double kKeptShare = 0.15;         // of the values, in the smallest matrices, stays bf16: rounding next to the pixels shows as a pattern of dots

bool is_matrix(const at::Tensor& x) { return x.is_floating_point() && x.dim() >= 2; }

// Values of the smallest matrix that is stored as int8.
int64_t least_int8_values(const State& state) {
  std::map<int64_t, int64_t> values;  // by size of the matrix
  double all = 0, smaller = 0;
  for (const auto& [name, tensor] : state)
    if (is_matrix(tensor)) values[tensor.numel()] += tensor.numel(), all += static_cast<double>(tensor.numel());
  for (const auto& [size, count] : values) {
    smaller += static_cast<double>(count);
    if (smaller > kKeptShare * all) return std::max(size, kLeastInt8Values);
  }
  return kLeastInt8Values;
}

// Rows of the first axis scaled to whole numbers, and their scales.
std::pair<at::Tensor, at::Tensor> to_int8(const at::Tensor& x) {
  auto rows = x.to(at::kFloat).flatten(1);
  auto scale = rows.abs().amax(1).div(127).clamp_min(1e-30);
  return {rows.div(scale.unsqueeze(1)).round().to(at::kChar).view(x.sizes()).contiguous(), scale.contiguous()};
}

// Undoes to_int8 wherever a tensor has a scale.
void widen_int8(State& state) {
  for (auto& [name, tensor] : state) {
    auto found = state.find(name + kScale);
    if (tensor.scalar_type() != at::kChar || found == state.end()) continue;
    const auto& scale = found->second;
    if (tensor.dim() < 2 || scale.scalar_type() != at::kFloat || scale.dim() != 1 || scale.size(0) != tensor.size(0))
      throw DataError("tensor '{}': expected f32 scales [{}] of its rows, got {}", name, tensor.dim() ? tensor.size(0) : 0, c10::toString(scale.scalar_type()));
    tensor = tensor.to(at::kFloat).flatten(1).mul(scale.unsqueeze(1)).view(tensor.sizes());
    state.erase(found);
  }
}

std::string shape_text(at::IntArrayRef shape) { return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), "×")); }

}  // namespace

State read_state(const std::string& path, Metadata* metadata) {
  State state;
  if (!path.ends_with(".index.json")) {
    read_file(path, state, metadata);
    widen_int8(state);
    return state;
  }
  auto tree = nlohmann::json::parse(read_text(path), nullptr, false);
  if (!tree.is_object() || !tree.contains("weight_map") || !tree["weight_map"].is_object())
    throw DataError("{}: expected a JSON object with a weight_map", path);
  std::set<std::string> shards;
  for (const auto& [key, shard] : tree["weight_map"].items()) {
    std::string name = shard.is_string() ? shard.get<std::string>() : "";
    if (name.empty() || name.find('/') != std::string::npos || name[0] == '.')
      throw DataError("{}: weight_map names the shard {}, expected a plain file name", path, shard.dump());
    shards.insert(name);
  }
  for (const auto& shard : shards) read_file((std::filesystem::path(path).parent_path() / shard).string(), state, metadata);
  widen_int8(state);
  return state;
}

void write_state(const std::string& path, const State& state, const std::string& dtype, const Metadata& metadata) {
  if (dtype != "f32" && dtype != "bf16" && dtype != "int8") throw UsageError("dtype: expected f32, bf16 or int8, got '{}'", dtype);
  auto target = dtype == "f32" ? at::kFloat : at::kBFloat16;
  State kept;  // keeps converted tensors alive while views point into them
  std::map<std::string, TensorView> views;
  auto add = [&](const std::string& name, const at::Tensor& ready) {
    kept[name] = ready;
    views[name] = {safetensors_dtype(ready.scalar_type()), ready.sizes().vec(),
                   {static_cast<const char*>(ready.data_ptr()), static_cast<size_t>(ready.nbytes())}};
  };
  int64_t least = least_int8_values(state);
  for (const auto& [name, tensor] : state) {
    auto plain = tensor.detach().to(at::kCPU);
    if (dtype == "int8" && is_matrix(plain) && plain.numel() >= least) {
      auto [whole, scale] = to_int8(plain);
      add(name, whole), add(name + kScale, scale);
    } else {
      add(name, plain.to(plain.is_floating_point() ? target : plain.scalar_type()).contiguous());
    }
  }
  write_safetensors(path, views, metadata);
}

State state_of(const torch::nn::Module& module) {
  State state;
  for (const auto& item : module.named_parameters()) state[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) state[item.key()] = item.value();
  return state;
}

void load_into(torch::nn::Module& module, const State& state, const std::string& name) {
  State own = state_of(module);
  std::vector<std::string> problems;
  for (const auto& [key, tensor] : own) {
    auto found = state.find(key);
    if (found == state.end())
      problems.push_back(fmt::format("missing '{}' {}", key, shape_text(tensor.sizes())));
    else if (found->second.sizes() != tensor.sizes())
      problems.push_back(fmt::format("'{}' is {}, the model expects {}", key, shape_text(found->second.sizes()), shape_text(tensor.sizes())));
  }
  for (const auto& [key, tensor] : state)
    if (!own.contains(key)) problems.push_back(fmt::format("unexpected '{}' {}", key, shape_text(tensor.sizes())));
  if (!problems.empty()) {
    std::string message = fmt::format("{}: the weights do not fit the model, {} problem{}:", name, problems.size(), problems.size() == 1 ? "" : "s");
    for (size_t i = 0; i < std::min(problems.size(), kMaxListed); ++i) message += "\n  " + problems[i];
    if (problems.size() > kMaxListed) message += fmt::format("\n  and {} more", problems.size() - kMaxListed);
    throw DataError(message);
  }
  at::NoGradGuard no_grad;
  for (auto& [key, tensor] : own) tensor.copy_(state.at(key));
}

State with_prefix(const State& state, const std::string& prefix) {
  State out;
  for (const auto& [key, tensor] : state)
    if (key.starts_with(prefix)) out[key.substr(prefix.size())] = tensor;
  return out;
}

}  // namespace mg::weights
