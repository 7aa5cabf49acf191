// Joins the text encoders' outputs for cross-attention (facts sheet 2): each sequence has its own projection to the
// model width and its own norm, then all stand one after another as keys and values of every layer.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/moduledict.h>

#include "moviegen/nn/layers.h"

namespace mg::text {

using at::Tensor;

// Output of the encoders for a batch of prompts. Sequences are padded; masks are true where a token is.
struct Encoded {
  Tensor ul2_BLD, ul2_mask_BL;            // prompt level
  Tensor metaclip_BLD, metaclip_mask_BL;  // prompt level, aligned with pictures
  Tensor byt5_BLD, byt5_mask_BL;          // character level, quoted text only
};

// Widths of the three encoders.
struct TextWidths {
  int64_t ul2 = 256, metaclip = 256, byt5 = 128;
};

template <class V>
void fields(V& v, TextWidths& c) {
  v("ul2", c.ul2, "width of the prompt encoder");
  v("metaclip", c.metaclip, "width of the contrastive text tower");
  v("byt5", c.byt5, "width of the character encoder");
}

// Keys: ul2.proj.weight, ul2.norm.weight, metaclip.…, byt5.…
struct TextConditionerImpl : torch::nn::Module {
  TextConditionerImpl(const TextWidths& widths, int64_t model_width);
  // → tokens [B,L,D] and mask [B,L], L the sum of the three lengths.
  std::pair<Tensor, Tensor> forward(const Encoded& encoded);

 private:
  struct Branch {
    nn::Linear proj{nullptr};
    nn::RmsNorm norm{nullptr};
  };
  Branch make_branch(const std::string& name, int64_t width, int64_t model_width);
  Branch ul2_, metaclip_, byt5_;
};
TORCH_MODULE(TextConditioner);

}  // namespace mg::text
