// Sixty-four bits of a module's weights, as hexadecimal text: enough to notice that what was made with it is out of date.
#pragma once
#include <torch/nn/module.h>

#include <string>

namespace mg::weights {

std::string fingerprint(const torch::nn::Module& module);

}  // namespace mg::weights
