// Legend: B batch · C latent channels · S latent steps · D width · L text tokens · E channels of an input · V frame features ·
// N heads · K head width.
#include "moviegen/audio/transformer.h"

#include <cmath>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/flow/preconditioning.h"
#include "moviegen/weights/model_folder.h"

namespace mg::audio {
namespace {

constexpr const char* kPart = "sound_transformer";
constexpr const char* kClass = "MovieGenAudioTransformer";
constexpr double kRotaryBase = 10000;

void expect_shape(const char* what, const Tensor& x, std::vector<int64_t> shape) {
  bool fits = x.defined() && x.dim() == static_cast<int64_t>(shape.size());
  for (size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] < 0 || shape[i] == x.size(static_cast<int64_t>(i));
  if (!fits)
    throw UsageError("sound transformer: {}: expected [{}] (-1 = any), got [{}]", what, fmt::join(shape, ","),
                     x.defined() ? fmt::format("{}", fmt::join(x.sizes().vec(), ",")) : "nothing");
}

}  // namespace

Tensor rotary_turns(int64_t steps, int64_t head_width) {
  auto rates = at::exp(at::arange(head_width / 2, at::kFloat) * (-2 * std::log(kRotaryBase) / static_cast<double>(head_width)));
  auto angles = at::arange(steps, at::kFloat).unsqueeze(1) * rates;
  return at::stack({angles.cos(), angles.sin()});
}

Tensor rotate(const Tensor& x, const Tensor& turns) {
  auto cosine = turns.select(0, 0).unsqueeze(1), sine = turns.select(0, 1).unsqueeze(1);  // [S,1,K/2]
  auto half = x.chunk(2, -1);
  return at::cat({half[0] * cosine - half[1] * sine, half[1] * cosine + half[0] * sine}, -1);
}

AttentionImpl::AttentionImpl(const TransformerConfig& c) : heads(c.num_heads) {
  q = register_module("q", nn::Linear(c.width, c.width, false));
  k = register_module("k", nn::Linear(c.width, c.width, false));
  v = register_module("v", nn::Linear(c.width, c.width, false));
  out = register_module("out", nn::Linear(c.width, c.width, false));
  if (!c.query_key_norm) return;
  q_norm = register_module("q_norm", nn::RmsNorm(c.head_width()));
  k_norm = register_module("k_norm", nn::RmsNorm(c.head_width()));
}

Tensor AttentionImpl::split(const Tensor& x, const nn::RmsNorm& norm) const {
  auto x_BSNK = x.view({x.size(0), x.size(1), heads, -1});
  return norm.is_empty() ? x_BSNK : nn::rms_norm(x_BSNK, norm->weight, norm->eps);
}

Tensor AttentionImpl::self(const Tensor& x, const Tensor& turns) {
  auto qkv = nn::linears(x, {q->weight, k->weight, v->weight});
  auto q_BSNK = rotate(split(qkv[0], q_norm), turns), k_BSNK = rotate(split(qkv[1], k_norm), turns);
  return out(nn::attention(q_BSNK, k_BSNK, split(qkv[2], nullptr)).reshape(x.sizes()));
}

TextMemory AttentionImpl::read(const Tensor& text) {
  auto kv = nn::linears(text, {k->weight, v->weight});
  return {split(kv[0], k_norm), split(kv[1], nullptr)};
}

Tensor AttentionImpl::cross(const Tensor& x, const TextMemory& text, const Tensor& mask) {
  return out(nn::attention(split(q(x), q_norm), text.keys_BLNK, text.values_BLNK, mask).reshape(x.sizes()));
}

FeedForwardImpl::FeedForwardImpl(const TransformerConfig& c) : is_gated(c.feed_forward == "swiglu") {
  w_in = register_module("w_in", nn::Linear(c.width, (is_gated ? 2 : 1) * c.feed_forward_width, false));
  w_out = register_module("w_out", nn::Linear(c.feed_forward_width, c.width, false));
}

Tensor FeedForwardImpl::forward(const Tensor& x) { return w_out(is_gated ? nn::swiglu(w_in(x)) : at::gelu(w_in(x), "tanh")); }

LayerImpl::LayerImpl(const TransformerConfig& c) {
  attention_norm = register_module("attention_norm", nn::RmsNorm(c.width));
  attention = register_module("attention", Attention(c));
  cross_norm = register_module("cross_norm", nn::RmsNorm(c.width));
  cross_attention = register_module("cross_attention", Attention(c));
  feed_forward_norm = register_module("feed_forward_norm", nn::RmsNorm(c.width));
  feed_forward = register_module("feed_forward", FeedForward(c));
  modulation_table = register_parameter("modulation_table", torch::zeros({6, c.width}));
}

Tensor LayerImpl::forward(Tensor h, const Tensor& modulation_B6D, const Memory& memory, const TextMemory& text) {
  auto m = (modulation_B6D + modulation_table).unbind(1);
  auto x = nn::rms_norm_modulate(h, attention_norm->weight, m[0], m[1]);
  h = nn::gated_residual(h, attention->self(x, memory.turns), m[2]);
  h = h + cross_attention->cross(cross_norm(h), text, memory.text_mask_BL);
  x = nn::rms_norm_modulate(h, feed_forward_norm->weight, m[3], m[4]);
  return nn::gated_residual(h, feed_forward(x), m[5]);
}

TransformerImpl::TransformerImpl(const TransformerConfig& c) : config(c) {
  c.check();
  latent_in_ = register_module("latent_in", nn::Linear(c.input_channels(), c.width));
  video_in_ = register_module("video_in", nn::Linear(c.video_width, c.width, false));
  video_norm_ = register_module("video_norm", nn::RmsNorm(c.width));
  video_gate_ = register_parameter("video_gate", torch::full({1}, std::atanh(c.video_gate)));
  video_null_ = register_parameter("video_null", torch::zeros({c.width}));
  text_in_ = register_module("text_in", nn::Linear(c.text_width, c.width, false));
  text_norm_ = register_module("text_norm", nn::RmsNorm(c.width));
  time_embed_ = register_module("time_embed", nn::TimestepEmbedding(c.width));
  modulation_ = register_module("modulation", nn::Linear(c.width, 6 * c.width));
  register_module("layers", layers_);
  for (int64_t i = 0; i < c.num_layers; ++i) layers_->push_back(Layer(c));
  out_norm_ = register_module("out_norm", nn::RmsNorm(c.width));
  out_table_ = register_parameter("out_table", torch::zeros({2, c.width}));
  out_ = register_module("out", nn::Linear(c.width, c.latent_channels));
  modulation_->zero_();  // as in the video transformer: a layer starts as the identity
  out_->zero_();
}

Tensor TransformerImpl::video_tokens(const Conditions& c) {
  if (!c.video_BSV.defined()) return video_null_.view({1, 1, -1});
  expect_shape("frame features", c.video_BSV, {c.mask_BS.size(0), c.mask_BS.size(1), config.video_width});
  auto video_BSD = video_norm_(video_in_(c.video_BSV)) * at::tanh(video_gate_);
  if (!c.has_video_B.defined()) return video_BSD;
  auto has_video = c.has_video_B.view({-1, 1, 1});
  return video_BSD * has_video + video_null_ * (1 - has_video);
}

Memory TransformerImpl::condition(const Conditions& c) {
  expect_shape("mask", c.mask_BS, {-1, -1});
  expect_shape("given latents", c.given_BCS, {c.mask_BS.size(0), config.latent_channels, c.mask_BS.size(1)});
  expect_shape("text", c.text_BLE, {c.mask_BS.size(0), -1, config.text_width});
  Memory memory{at::cat({c.given_BCS.transpose(1, 2), c.mask_BS.unsqueeze(2)}, 2), video_tokens(c), rotary_turns(c.mask_BS.size(1), config.head_width()), {}, c.text_mask_BL};
  auto text_BLD = text_norm_(text_in_(c.text_BLE));
  for (const auto& layer : *layers_) memory.text.push_back(layer->as<Layer>()->cross_attention->read(text_BLD));
  return memory;
}

Tensor TransformerImpl::forward(const Tensor& x_BCS, const Tensor& t_B, const Memory& memory) {
  expect_shape("latents", x_BCS, {memory.given_BSE.size(0), config.latent_channels, memory.given_BSE.size(1)});
  auto time_BD = time_embed_(t_B);
  auto modulation_B6D = modulation_(at::silu(time_BD)).view({-1, 6, config.width});
  auto scale = flow::preconditioning(t_B, 3, config.preconditioned);
  auto h_BSD = latent_in_(at::cat({(x_BCS * scale.in).transpose(1, 2), memory.given_BSE}, 2)) + memory.video_BSD;
  for (size_t i = 0; i < layers_->size(); ++i) h_BSD = layers_[i]->as<Layer>()->forward(h_BSD, modulation_B6D, memory, memory.text[i]);
  auto end = out_table_ + time_BD.unsqueeze(1);
  auto y_BSD = nn::rms_norm_modulate(h_BSD, out_norm_->weight, end.select(1, 0), end.select(1, 1));
  return x_BCS * scale.skip + out_(y_BSD).transpose(1, 2) * scale.out;
}

Transformer load_transformer(const std::string& folder) {
  auto where = folder + "/" + kPart;
  auto config = config_from<TransformerConfig>(weights::read_part_config(folder, kPart, kClass), where + "/config.json");
  auto state = weights::read_part_state(folder, kPart);
  int64_t present = 0, expected = parameter_count(config);
  for (const auto& [key, tensor] : state) present += tensor.numel();
  if (expected != present)  // a forged config could ask for terabytes
    throw DataError("{}: config.json describes {} parameters, but the weights hold {}", where, expected, present);
  Transformer model(config);
  weights::load_into(*model, state, where);
  model->eval();
  return model;
}

void save_transformer(const std::string& folder, const Transformer& model, const std::string& dtype) {
  weights::write_part(folder, kPart, kClass, config_to_json(model->config), weights::state_of(*model), dtype);
}

}  // namespace mg::audio
