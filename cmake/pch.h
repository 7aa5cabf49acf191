// The one precompiled header: libtorch takes 20 s to parse, so every target that uses it shares this.
#pragma once
#include <torch/torch.h>
