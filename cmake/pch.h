// The one precompiled header: what nearly every libtorch file needs. torch/torch.h in its place doubles the time of each
// file, because pending templates are instantiated anew in every one.
#pragma once
#include <torch/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>
#include <torch/utils.h>
