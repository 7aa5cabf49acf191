// Weights as named tensors, and strict loading into modules.
#pragma once
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <string>

namespace mg::weights {

using State = std::map<std::string, at::Tensor>;
using Metadata = std::map<std::string, std::string>;

// Reads a .safetensors file, or all shards of a .safetensors.index.json. Tensors own their memory and keep their dtype.
State read_state(const std::string& path, Metadata* metadata = nullptr);
// Writes floating tensors as `dtype` ("f32" or "bf16"), others as they are.
void write_state(const std::string& path, const State& state, const std::string& dtype = "f32", const Metadata& metadata = {});

// Parameters and buffers of a module, by key (sharing memory with it).
State state_of(const torch::nn::Module& module);
// Copies `state` into the module. Every missing, unexpected and wrongly shaped tensor is listed in one DataError;
// `name` (a file) leads the message. Nothing is changed when it throws.
void load_into(torch::nn::Module& module, const State& state, const std::string& name);

// The entries below "prefix", without it.
State with_prefix(const State& state, const std::string& prefix);

}  // namespace mg::weights
