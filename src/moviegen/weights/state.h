// Weights as named tensors, and strict loading into modules.
#pragma once
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <string>

namespace mg::weights {

using State = std::map<std::string, at::Tensor>;
using Metadata = std::map<std::string, std::string>;

// Reads a .safetensors file, or all shards of a .safetensors.index.json. Tensors own their memory and keep their dtype; those
// stored as int8 come out as f32.
State read_state(const std::string& path, Metadata* metadata = nullptr);
// Writes floating tensors as `dtype` ("f32", "bf16" or "int8"), others as they are. int8: matrices and kernels as whole numbers
// −127 to 127 with a scale for each row (NAME_scale, f32 [rows]), half the size of bf16; the smallest tensors, a seventh of the values, as bf16.
void write_state(const std::string& path, const State& state, const std::string& dtype = "f32", const Metadata& metadata = {});

// Parameters and buffers of a module, by key (sharing memory with it).
State state_of(const torch::nn::Module& module);
// Copies `state` into the module. Every missing, unexpected and wrongly shaped tensor is listed in one DataError;
// `name` (a file) leads the message. Nothing is changed when it throws.
void load_into(torch::nn::Module& module, const State& state, const std::string& name);

// The entries below "prefix", without it.
State with_prefix(const State& state, const std::string& prefix);

}  // namespace mg::weights
