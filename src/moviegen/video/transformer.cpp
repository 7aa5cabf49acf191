// Legend: B batch · C latent channels · T H W latent grid · S tokens · D width · L text tokens · N heads · K head width.
#include "moviegen/video/transformer.h"

#include "moviegen/core/error.h"
#include "moviegen/flow/preconditioning.h"
#include "moviegen/weights/model_folder.h"

namespace mg::video {
namespace {

constexpr const char* kPart = "transformer";
constexpr const char* kClass = "MovieGenTransformer3D";

// Single latents [B,T·H·W,D] ↔ tokens of p×p of them [B,T·H/p·W/p,p·p·D]. `grid` is the fine one, T, H, W.
Tensor gather_cells(const Tensor& h, std::array<int64_t, 3> grid, int64_t p) {
  return h.view({h.size(0), grid[0], grid[1] / p, p, grid[2] / p, p, -1}).transpose(3, 4).reshape({h.size(0), grid[0] * grid[1] * grid[2] / (p * p), -1});
}
Tensor scatter_cells(const Tensor& tokens, std::array<int64_t, 3> grid, int64_t p) {
  return tokens.view({tokens.size(0), grid[0], grid[1] / p, grid[2] / p, p, p, -1}).transpose(3, 4).reshape({tokens.size(0), grid[0] * grid[1] * grid[2], -1});
}

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

DetailLayerImpl::DetailLayerImpl(const TransformerConfig& c) {
  norm = register_module("norm", nn::RmsNorm(c.detail_width));
  feed_forward = register_module("feed_forward", nn::SwiGlu(c.detail_width, c.detail_feed_forward_width, true));
  modulation_table = register_parameter("modulation_table", torch::zeros({3, c.detail_width}));
  at::NoGradGuard no_grad;
  modulation_table[2] += 1;  // open from the start: what they lead to is zero
}

Tensor DetailLayerImpl::forward(const Tensor& h, const Tensor& modulation_B3D, std::array<int64_t, 3> grid) {
  auto m = (modulation_B3D + modulation_table).unbind(1);
  return nn::gated_residual(h, feed_forward(nn::rms_norm_modulate(h, norm->weight, m[0], m[1]), grid), m[2]);
}

DetailImpl::DetailImpl(const TransformerConfig& c) : patch(c.patch_size), channels(c.latent_channels), width(c.detail_width) {
  embed = register_module("embed", nn::Linear(channels, width));
  modulation = register_module("modulation", nn::Linear(c.width, 3 * width));
  merge = register_module("merge", nn::Linear(width * patch * patch, c.width));
  split = register_module("split", nn::Linear(c.width, width * patch * patch));
  register_module("in_layers", in_layers);
  register_module("out_layers", out_layers);
  for (int64_t i = 0; i < c.detail_layers; ++i) in_layers->push_back(DetailLayer(c)), out_layers->push_back(DetailLayer(c));
  out_norm = register_module("out_norm", nn::RmsNorm(width));
  out = register_module("out", nn::Linear(width, channels));
  modulation->zero_();
  merge->zero_();
  out->zero_();
}

DetailImpl::Seen DetailImpl::enter(const Tensor& x, const Tensor& time_BD) {
  std::array<int64_t, 3> grid{x.size(2), x.size(3), x.size(4)};
  Seen seen{embed(nn::patchify(x, 1)), modulation(at::silu(time_BD)).view({-1, 3, width}), {}};
  for (const auto& layer : *in_layers) seen.h_BSD = layer->as<DetailLayer>()->forward(seen.h_BSD, seen.modulation_B3D, grid);
  seen.tokens_BSD = merge(gather_cells(seen.h_BSD, grid, patch));
  return seen;
}

Tensor DetailImpl::leave(const Seen& seen, const Tensor& tokens_BSD, std::array<int64_t, 3> grid) {
  auto h = seen.h_BSD + scatter_cells(split(tokens_BSD), grid, patch);
  for (const auto& layer : *out_layers) h = layer->as<DetailLayer>()->forward(h, seen.modulation_B3D, grid);
  return nn::unpatchify(out(out_norm(h)), channels, grid, 1);
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
  if (c.detail_layers > 0) detail_ = register_module("detail", Detail(c));
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
  auto x_in = x_BCTHW * scale.in;
  auto h_BSD = patch_embed_(nn::patchify(x_in, config.patch_size));
  DetailImpl::Seen detail;
  if (!detail_.is_empty()) detail = detail_->enter(x_in, time_BD), h_BSD = h_BSD + detail.tokens_BSD;
  for (const auto& layer : *layers_)
    h_BSD = layer->as<Layer>()->forward(h_BSD + positions_SD, modulation_B6D, text_BLD, mask_BL, grid);
  auto end = out_table_ + time_BD.unsqueeze(1);
  auto y_BSD = nn::rms_norm_modulate(h_BSD, out_norm_->weight, end.select(1, 0), end.select(1, 1));
  auto v_BCTHW = nn::unpatchify(out_(y_BSD), config.latent_channels, grid, config.patch_size);
  if (!detail_.is_empty()) v_BCTHW = v_BCTHW + detail_->leave(detail, y_BSD, {x_in.size(2), x_in.size(3), x_in.size(4)});
  return x_BCTHW * scale.skip + v_BCTHW * scale.out;
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
  if (smaller->config.detail_layers == 0)
    for (const auto& [key, tensor] : weights::with_prefix(weights::state_of(*model), "detail.")) state["detail." + key] = tensor.detach().clone();
  weights::load_into(*model, state, name);
}

void save_transformer(const std::string& folder, const Transformer& model, const std::string& dtype) {
  weights::write_part(folder, kPart, kClass, config_to_json(model->config), weights::state_of(*model), dtype);
}

}  // namespace mg::video
