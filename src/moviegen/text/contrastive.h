// A contrastive text/image pair in MetaCLIP's role (facts sheet 2): the text tower conditions the transformers, the image
// tower gives identity tokens, per-frame features for sound and features for measures. Key names follow the public
// layout (transformer.resblocks.N.attn.in_proj_weight, visual.conv1.weight, …).
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <string>

#include "moviegen/nn/layers.h"

namespace mg::text {

using at::Tensor;

struct ContrastiveConfig {
  int64_t embed_dim = 256;
  int64_t vocab_size = 2048;
  int64_t context_length = 256;  // long prompts (facts 2: 77 → 256)
  int64_t text_width = 256, text_layers = 3, text_heads = 4;
  int64_t image_size = 128, patch_size = 16;
  int64_t vision_width = 256, vision_layers = 5, vision_heads = 4;
  void check() const;
};

template <class V>
void fields(V& v, ContrastiveConfig& c) {
  v("embed_dim", c.embed_dim, "width of the joint embedding");
  v("vocab_size", c.vocab_size, "rows of the token embedding");
  v("context_length", c.context_length, "longest text in tokens");
  v("text_width", c.text_width, "width of the text tower");
  v("text_layers", c.text_layers, "layers of the text tower");
  v("text_heads", c.text_heads, "heads of the text tower");
  v("image_size", c.image_size, "side of the picture the image tower sees");
  v("patch_size", c.patch_size, "side of its patches");
  v("vision_width", c.vision_width, "width of the image tower");
  v("vision_layers", c.vision_layers, "layers of the image tower");
  v("vision_heads", c.vision_heads, "heads of the image tower");
}

// "mini" or "metaclip-h14" (facts 12.2, with the long context); throws UsageError.
ContrastiveConfig contrastive_preset(const std::string& name);
int64_t text_parameter_count(const ContrastiveConfig& config);
int64_t image_parameter_count(const ContrastiveConfig& config);

struct TextTowerImpl : torch::nn::Module {
  explicit TextTowerImpl(const ContrastiveConfig& config);
  // ids, mask [B,L] → tokens [B,L,width] and joint embedding [B,embed_dim] (read at the last token, normalised).
  std::pair<Tensor, Tensor> forward(const Tensor& ids_BL, const Tensor& mask_BL);
  ContrastiveConfig config;
  torch::nn::ModuleList resblocks;
  Tensor token_embedding, positional_embedding, ln_final_weight, ln_final_bias, text_projection;
};
TORCH_MODULE(TextTower);

struct ImageTowerImpl : torch::nn::Module {
  explicit ImageTowerImpl(const ContrastiveConfig& config);
  // Pictures [B,3,size,size] in [−1,1] → joint embedding [B,embed_dim], normalised.
  Tensor forward(const Tensor& pixels_BCHW);
  ContrastiveConfig config;
  torch::nn::ModuleList resblocks;
  Tensor conv1_weight, class_embedding, positional_embedding, ln_pre_weight, ln_pre_bias, ln_post_weight, ln_post_bias, proj;
};
TORCH_MODULE(ImageTower);

// Symmetric InfoNCE over a batch of pairs; embeddings [B,D] normalised, logit_scale a positive factor. `fits` [B,B] bool says
// which text (column) is true of which picture (row), so that equal captions are no negatives; undefined = the diagonal.
Tensor contrastive_loss(const Tensor& image_BD, const Tensor& text_BD, const Tensor& logit_scale, const Tensor& fits_BB = {});

}  // namespace mg::text
