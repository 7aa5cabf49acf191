#include "moviegen/text/contrastive.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::text {
namespace {

// Only names a level of the key path.
struct ScopeImpl : torch::nn::Module {};
TORCH_MODULE(Scope);

Tensor add(torch::nn::Module& at, const std::string& scope_name, const std::string& key, Tensor value) {
  if (scope_name.empty()) return at.register_parameter(key, std::move(value));
  auto children = at.named_children();
  auto* existing = children.find(scope_name);
  std::shared_ptr<torch::nn::Module> scope = existing ? *existing : at.register_module<ScopeImpl>(scope_name, std::make_shared<ScopeImpl>());
  return scope->register_parameter(key, std::move(value));
}

// Pre-norm residual block: attention, then GELU feed-forward four times as wide.
struct ResidualBlockImpl : torch::nn::Module {
  ResidualBlockImpl(int64_t width, int64_t heads_) : heads(heads_) {
    double in = 1 / std::sqrt(static_cast<double>(width));
    ln1_weight = add(*this, "ln_1", "weight", torch::ones({width}));
    ln1_bias = add(*this, "ln_1", "bias", torch::zeros({width}));
    in_proj_weight = add(*this, "attn", "in_proj_weight", torch::randn({3 * width, width}) * in);
    in_proj_bias = add(*this, "attn", "in_proj_bias", torch::zeros({3 * width}));
    auto attn = named_children()["attn"];
    out_proj_weight = add(*attn, "out_proj", "weight", torch::randn({width, width}) * in * 0.5);
    out_proj_bias = add(*attn, "out_proj", "bias", torch::zeros({width}));
    ln2_weight = add(*this, "ln_2", "weight", torch::ones({width}));
    ln2_bias = add(*this, "ln_2", "bias", torch::zeros({width}));
    Scope mlp;
    register_module("mlp", mlp);
    fc_weight = add(*mlp, "c_fc", "weight", torch::randn({4 * width, width}) * in);
    fc_bias = add(*mlp, "c_fc", "bias", torch::zeros({4 * width}));
    proj_weight = add(*mlp, "c_proj", "weight", torch::randn({width, 4 * width}) * in * 0.25);
    proj_bias = add(*mlp, "c_proj", "bias", torch::zeros({width}));
  }

  Tensor forward(Tensor x, const Tensor& mask) {
    int64_t B = x.size(0), L = x.size(1), D = x.size(2);
    auto y = at::layer_norm(x, {D}, ln1_weight, ln1_bias);
    auto parts = nn::linear(y, in_proj_weight, in_proj_bias).view({B, L, 3, heads, D / heads}).unbind(2);
    x = x + nn::linear(nn::attention(parts[0], parts[1], parts[2], mask).reshape({B, L, D}), out_proj_weight, out_proj_bias);
    y = at::layer_norm(x, {D}, ln2_weight, ln2_bias);
    return x + nn::linear(at::gelu(nn::linear(y, fc_weight, fc_bias)), proj_weight, proj_bias);
  }

  int64_t heads;
  Tensor ln1_weight, ln1_bias, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias;
  Tensor ln2_weight, ln2_bias, fc_weight, fc_bias, proj_weight, proj_bias;
};
TORCH_MODULE(ResidualBlock);

int64_t block_parameters(int64_t width) { return 12 * width * width + 13 * width; }

torch::nn::ModuleList make_blocks(torch::nn::Module& owner, int64_t layers, int64_t width, int64_t heads) {
  Scope transformer;
  owner.register_module("transformer", transformer);
  torch::nn::ModuleList blocks;
  transformer->register_module("resblocks", blocks);
  for (int64_t i = 0; i < layers; ++i) blocks->push_back(ResidualBlock(width, heads));
  return blocks;
}

Tensor run(const torch::nn::ModuleList& blocks, Tensor x, const Tensor& mask) {
  for (const auto& block : *blocks) x = block->as<ResidualBlock>()->forward(x, mask);
  return x;
}

Tensor unit(const Tensor& x) { return x / x.norm(2, -1, true).clamp_min(1e-8); }

}  // namespace

void ContrastiveConfig::check() const {
  // Far above every published size, and small enough that products of the sizes do not overflow.
  auto bounded = [](const char* field, int64_t value, int64_t most) {
    if (value < 1 || value > most) throw UsageError("contrastive pair: {}: expected 1 to {}, got {}", field, most, value);
  };
  bounded("embed_dim", embed_dim, 1 << 16);
  bounded("vocab_size", vocab_size, 1 << 20);
  bounded("context_length", context_length, 1 << 16);
  bounded("text_width", text_width, 1 << 16);
  bounded("text_layers", text_layers, 1 << 10);
  bounded("text_heads", text_heads, text_width);
  bounded("image_size", image_size, 1 << 13);
  bounded("patch_size", patch_size, image_size);
  bounded("vision_width", vision_width, 1 << 16);
  bounded("vision_layers", vision_layers, 1 << 10);
  bounded("vision_heads", vision_heads, vision_width);
  if (text_width % text_heads || vision_width % vision_heads || image_size % patch_size)
    throw UsageError("contrastive pair: widths must be multiples of their heads, the picture of its patches");
}

ContrastiveConfig contrastive_preset(const std::string& name) {
  ContrastiveConfig c;
  if (name == "mini") return c;
  if (name != "metaclip-h14") throw UsageError("contrastive preset: expected mini or metaclip-h14, got '{}'", name);
  c.embed_dim = 1024, c.vocab_size = 49408, c.context_length = 256;
  c.text_width = 1024, c.text_layers = 24, c.text_heads = 16;
  c.image_size = 224, c.patch_size = 14, c.vision_width = 1280, c.vision_layers = 32, c.vision_heads = 16;
  return c;
}

int64_t text_parameter_count(const ContrastiveConfig& c) {
  return (c.vocab_size + c.context_length) * c.text_width + c.text_layers * block_parameters(c.text_width) + 2 * c.text_width +
         c.text_width * c.embed_dim;
}

int64_t image_parameter_count(const ContrastiveConfig& c) {
  int64_t side = c.image_size / c.patch_size;
  return (3 * c.patch_size * c.patch_size + 1 + side * side + 1) * c.vision_width + c.vision_layers * block_parameters(c.vision_width) +
         4 * c.vision_width + c.vision_width * c.embed_dim;
}

TextTowerImpl::TextTowerImpl(const ContrastiveConfig& c) : config(c) {
  c.check();
  token_embedding = add(*this, "token_embedding", "weight", torch::randn({c.vocab_size, c.text_width}) * 0.02);
  positional_embedding = register_parameter("positional_embedding", torch::randn({c.context_length, c.text_width}) * 0.01);
  resblocks = make_blocks(*this, c.text_layers, c.text_width, c.text_heads);
  ln_final_weight = add(*this, "ln_final", "weight", torch::ones({c.text_width}));
  ln_final_bias = add(*this, "ln_final", "bias", torch::zeros({c.text_width}));
  text_projection = register_parameter("text_projection", torch::randn({c.text_width, c.embed_dim}) / std::sqrt(static_cast<double>(c.text_width)));
}

std::pair<Tensor, Tensor> TextTowerImpl::forward(const Tensor& ids, const Tensor& mask) {
  if (ids.size(1) > config.context_length) throw UsageError("contrastive text: at most {} tokens, got {}", config.context_length, ids.size(1));
  auto x = at::embedding(token_embedding, ids) + positional_embedding.narrow(0, 0, ids.size(1));
  x = at::layer_norm(run(resblocks, x, mask), {config.text_width}, ln_final_weight, ln_final_bias);
  auto last = (mask.sum(1) - 1).clamp_min(0);
  auto pooled = x.index({at::arange(x.size(0)), last});
  return {x, unit(pooled.matmul(text_projection))};
}

ImageTowerImpl::ImageTowerImpl(const ContrastiveConfig& c) : config(c) {
  c.check();
  int64_t side = c.image_size / c.patch_size, w = c.vision_width;
  double scale = 1 / std::sqrt(static_cast<double>(w));
  conv1_weight = add(*this, "conv1", "weight", torch::randn({w, 3, c.patch_size, c.patch_size}) / std::sqrt(3.0 * static_cast<double>(c.patch_size * c.patch_size)));
  class_embedding = register_parameter("class_embedding", torch::randn({w}) * scale);
  positional_embedding = register_parameter("positional_embedding", torch::randn({side * side + 1, w}) * scale);
  ln_pre_weight = add(*this, "ln_pre", "weight", torch::ones({w}));
  ln_pre_bias = add(*this, "ln_pre", "bias", torch::zeros({w}));
  resblocks = make_blocks(*this, c.vision_layers, w, c.vision_heads);
  ln_post_weight = add(*this, "ln_post", "weight", torch::ones({w}));
  ln_post_bias = add(*this, "ln_post", "bias", torch::zeros({w}));
  proj = register_parameter("proj", torch::randn({w, c.embed_dim}) * scale);
}

Tensor ImageTowerImpl::forward(const Tensor& pixels) {
  if (pixels.dim() != 4 || pixels.size(1) != 3 || pixels.size(2) != config.image_size || pixels.size(3) != config.image_size)
    throw UsageError("contrastive image: expected [B,3,{0},{0}], got [{1}]", config.image_size, fmt::join(pixels.sizes().begin(), pixels.sizes().end(), ","));
  int64_t B = pixels.size(0), w = config.vision_width, p = config.patch_size, side = config.image_size / p;
  // The convolution's stride is its size, so it is one product over the patches' pixels.
  auto pixels_BSK = pixels.view({B, 3, side, p, side, p}).permute({0, 2, 4, 1, 3, 5}).reshape({B, side * side, 3 * p * p});
  auto patches = nn::linear(pixels_BSK, conv1_weight.flatten(1));
  auto x = at::cat({class_embedding.view({1, 1, w}).expand({B, 1, w}), patches}, 1) + positional_embedding;
  x = run(resblocks, at::layer_norm(x, {w}, ln_pre_weight, ln_pre_bias), Tensor());
  return unit(at::layer_norm(x.select(1, 0), {w}, ln_post_weight, ln_post_bias).matmul(proj));
}

Tensor contrastive_loss(const Tensor& image, const Tensor& text, const Tensor& logit_scale, const Tensor& fits) {
  auto logits = logit_scale * image.matmul(text.t());
  auto target = fits.defined() ? fits.to(logits.scalar_type()) : at::eye(image.size(0), logits.options());
  // Cross entropy against all that fits, evenly shared, picture → text and text → picture.
  auto towards = [&](int64_t axis) { return -(logits.log_softmax(axis) * (target / target.sum(axis, true))).sum(axis).mean(); };
  return (towards(1) + towards(0)) / 2;
}

}  // namespace mg::text
