// Legend: B batch · C latent channels · T H W latent grid · S tokens · D width · L text tokens · N heads · K head width.
#include "moviegen/video/transformer.h"

#include "moviegen/core/error.h"
#include "moviegen/flow/preconditioning.h"
#include "moviegen/weights/model_folder.h"

namespace mg::video {
namespace {

constexpr const char* kPart = "transformer";
constexpr const char* kClass = "MovieGenTransformer3D";

}  // namespace

AttentionImpl::AttentionImpl(const TransformerConfig& c) : heads(c.num_heads) {
  q = register_module("q", nn::Linear(c.width, c.width, false));
  k = register_module("k", nn::Linear(c.width, c.width, false));
  v = register_module("v", nn::Linear(c.width, c.width, false));
  out = register_module("out", nn::Linear(c.width, c.width, false));
  if (!c.query_key_norm) return;
  q_norm = register_module("q_norm", nn::RmsNorm(c.head_width()));
  k_norm = register_module("k_norm", nn::RmsNorm(c.head_width()));
}

Tensor AttentionImpl::forward(const Tensor& x_BSD, const Tensor& memory_BLD, const Tensor& mask_BL) {
  auto split = [&](const Tensor& y) { return y.view({y.size(0), y.size(1), heads, -1}); };
  bool self = x_BSD.is_same(memory_BLD);
  auto from_x = nn::linears(x_BSD, self ? std::vector{q->weight, k->weight, v->weight} : std::vector{q->weight});
  auto from_memory = self ? std::vector{from_x[1], from_x[2]} : nn::linears(memory_BLD, {k->weight, v->weight});
  auto q_BSNK = split(from_x[0]), k_BLNK = split(from_memory[0]), v_BLNK = split(from_memory[1]);
  if (!q_norm.is_empty()) q_BSNK = q_norm(q_BSNK), k_BLNK = k_norm(k_BLNK);
  return out(nn::attention(q_BSNK, k_BLNK, v_BLNK, mask_BL).reshape(x_BSD.sizes()));
}

LayerImpl::LayerImpl(const TransformerConfig& c) {
  attention_norm = register_module("attention_norm", nn::RmsNorm(c.width));
  attention = register_module("attention", Attention(c));
  cross_norm = register_module("cross_norm", nn::RmsNorm(c.width));
  cross_attention = register_module("cross_attention", Attention(c));
  feed_forward_norm = register_module("feed_forward_norm", nn::RmsNorm(c.width));
  feed_forward = register_module("feed_forward", nn::SwiGlu(c.width, c.feed_forward_width, c.feed_forward_conv));
  modulation_table = register_parameter("modulation_table", torch::zeros({6, c.width}));
}

Tensor LayerImpl::forward(Tensor h, const Tensor& modulation_B6D, const Tensor& text_BLD, const Tensor& mask_BL, std::array<int64_t, 3> grid) {
  auto m = (modulation_B6D + modulation_table).unbind(1);
  auto x = nn::rms_norm_modulate(h, attention_norm->weight, m[0], m[1]);
  h = nn::gated_residual(h, attention(x, x, Tensor()), m[2]);
  h = h + cross_attention(cross_norm(h), text_BLD, mask_BL);
  x = nn::rms_norm_modulate(h, feed_forward_norm->weight, m[3], m[4]);
  return nn::gated_residual(h, feed_forward(x, grid), m[5]);
}

TransformerImpl::TransformerImpl(const TransformerConfig& c) : config(c) {
  c.check();
  conditioner = register_module("conditioner", text::TextConditioner(c.text, c.width));
  patch_embed_ = register_module("patch_embed", nn::Linear(c.token_values(), c.width));
  positions_ = register_module("positions", nn::FactorizedPositions(c.width, c.max_frames, c.max_rows, c.max_columns));
  time_embed_ = register_module("time_embed", nn::TimestepEmbedding(c.width));
  modulation_ = register_module("modulation", nn::Linear(c.width, 6 * c.width));
  register_module("layers", layers_);
  for (int64_t i = 0; i < c.num_layers; ++i) layers_->push_back(Layer(c));
  out_norm_ = register_module("out_norm", nn::RmsNorm(c.width));
  out_table_ = register_parameter("out_table", torch::zeros({2, c.width}));
  out_ = register_module("out", nn::Linear(c.width, c.token_values()));
  modulation_->zero_();  // facts 3.4: modulation and final projection start at zero, so a layer starts as the identity
  out_->zero_();
}

Tensor TransformerImpl::forward(const Tensor& x_BCTHW, const Tensor& t_B, const Tensor& text_BLD, const Tensor& mask_BL) {
  if (x_BCTHW.dim() != 5 || x_BCTHW.size(1) != config.latent_channels)
    throw UsageError("transformer: expected latents [B,{},T,H,W], got [{}]", config.latent_channels,
                     fmt::join(x_BCTHW.sizes().begin(), x_BCTHW.sizes().end(), ","));
  auto tokens = token_grid(config, x_BCTHW.size(2), x_BCTHW.size(3), x_BCTHW.size(4));
  std::array<int64_t, 3> grid{tokens.frames, tokens.rows, tokens.columns};
  auto positions_SD = positions_(grid);
  auto time_BD = time_embed_(t_B);
  auto modulation_B6D = modulation_(at::silu(time_BD)).view({-1, 6, config.width});
  auto scale = flow::preconditioning(t_B, 5, config.preconditioned);
  auto h_BSD = patch_embed_(nn::patchify(x_BCTHW * scale.in, config.patch_size));
  for (const auto& layer : *layers_)
    h_BSD = layer->as<Layer>()->forward(h_BSD + positions_SD, modulation_B6D, text_BLD, mask_BL, grid);
  auto end = out_table_ + time_BD.unsqueeze(1);
  auto y_BSD = nn::rms_norm_modulate(h_BSD, out_norm_->weight, end.select(1, 0), end.select(1, 1));
  return x_BCTHW * scale.skip + nn::unpatchify(out_(y_BSD), config.latent_channels, grid, config.patch_size) * scale.out;
}

Transformer load_transformer(const std::string& folder) {
  Transformer model(config_from<TransformerConfig>(weights::read_part_config(folder, kPart, kClass), folder + "/transformer/config.json"));
  weights::load_into(*model, weights::read_part_state(folder, kPart), folder + "/transformer");
  model->eval();
  return model;
}

void load_grown(Transformer& model, const Transformer& smaller, const std::string& name) {
  int64_t given = smaller->config.num_layers, layers = model->config.num_layers;
  auto state = weights::state_of(*smaller);
  int64_t values = model->config.token_values() - smaller->config.token_values();
  if (values > 0 && model->config.patch_size == smaller->config.patch_size) {  // those of further channels, which come last
    state["patch_embed.weight"] = at::constant_pad_nd(state.at("patch_embed.weight").detach(), {0, values});
    state["out.weight"] = at::constant_pad_nd(state.at("out.weight").detach(), {0, 0, 0, values});
    state["out.bias"] = at::constant_pad_nd(state.at("out.bias").detach(), {0, values});
  }
  if (given < layers) {
    auto own = weights::state_of(*model);
    std::map<int64_t, int64_t> from;
    for (int64_t i = 0; i < given; ++i) from[i * layers / given] = i;
    for (const auto& [key, tensor] : weights::with_prefix(state, "layers.")) state.erase("layers." + key);
    for (int64_t i = 0; i < layers; ++i) {
      auto prefix = fmt::format("layers.{}.", i);
      bool is_fresh = !from.contains(i);
      for (const auto& [key, tensor] : is_fresh ? weights::with_prefix(own, prefix) : weights::with_prefix(weights::state_of(*smaller), fmt::format("layers.{}.", from[i]))) {
        bool is_last = key.ends_with("attention.out.weight") || key.ends_with("feed_forward.w_out.weight");  // of a branch
        state[prefix + key] = is_fresh && is_last ? at::zeros_like(tensor) : tensor.detach().clone();
      }
    }
    for (const char* table : {"t", "h", "w"}) {
      auto& tensor = state[fmt::format("positions.table_{}", table)];
      tensor = tensor.detach() * (static_cast<double>(given) / static_cast<double>(layers));
    }
  }
  weights::load_into(*model, state, name);
}

void save_transformer(const std::string& folder, const Transformer& model, const std::string& dtype) {
  weights::write_part(folder, kPart, kClass, config_to_json(model->config), weights::state_of(*model), dtype);
}

}  // namespace mg::video
