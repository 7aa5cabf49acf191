#include "moviegen/text/t5_encoder.h"

#include <cmath>

#include "moviegen/core/error.h"

namespace mg::text {
namespace {

constexpr double kNormEps = 1e-6;

// Empty module that only names a level of the key path ("layer.0.SelfAttention").
struct ScopeImpl : torch::nn::Module {};
TORCH_MODULE(Scope);

Tensor matrix(torch::nn::Module& scope, const std::string& name, int64_t out, int64_t in, double std) {
  Scope linear;
  scope.register_module(name, linear);
  return linear->register_parameter("weight", torch::randn({out, in}) * std);
}

struct BlockImpl : torch::nn::Module {
  BlockImpl(const T5Config& c, bool has_bias) {
    Scope layer0, layer1, attention, dense, layers;
    register_module("layer", layers);
    layers->register_module("0", layer0);
    layers->register_module("1", layer1);
    layer0->register_module("SelfAttention", attention);
    int64_t inner = c.num_heads * c.d_kv;
    double in = 1.0 / std::sqrt(static_cast<double>(c.d_model));
    q = matrix(*attention, "q", inner, c.d_model, in / std::sqrt(static_cast<double>(c.d_kv)));
    k = matrix(*attention, "k", inner, c.d_model, in);
    v = matrix(*attention, "v", inner, c.d_model, in);
    o = matrix(*attention, "o", c.d_model, inner, 1.0 / std::sqrt(static_cast<double>(inner)));
    if (has_bias) {
      Scope bias;
      attention->register_module("relative_attention_bias", bias);
      relative_bias = bias->register_parameter("weight", torch::zeros({c.relative_attention_num_buckets, c.num_heads}));
    }
    norm0 = norm_of(*layer0, c.d_model);
    layer1->register_module("DenseReluDense", dense);
    gated = c.feed_forward_proj != "relu";
    silu = c.feed_forward_proj == "gated-silu";
    if (gated) {
      wi = matrix(*dense, "wi_0", c.d_ff, c.d_model, in);
      wi_value = matrix(*dense, "wi_1", c.d_ff, c.d_model, in);
    } else {
      wi = matrix(*dense, "wi", c.d_ff, c.d_model, in);
    }
    wo = matrix(*dense, "wo", c.d_model, c.d_ff, 1.0 / std::sqrt(static_cast<double>(c.d_ff)));
    norm1 = norm_of(*layer1, c.d_model);
    heads = c.num_heads;
  }

  static Tensor norm_of(torch::nn::Module& scope, int64_t width) {
    Scope norm;
    scope.register_module("layer_norm", norm);
    return norm->register_parameter("weight", torch::ones({width}));
  }

  Tensor forward(Tensor x, const Tensor& mask, const Tensor& bias_NSL) {
    int64_t B = x.size(0), L = x.size(1);
    auto y = nn::rms_norm(x, norm0, kNormEps);
    auto qkv = nn::linears(y, {q, k, v});
    for (auto& part : qkv) part = part.view({B, L, heads, -1});
    x = x + nn::linear(nn::attention(qkv[0], qkv[1], qkv[2], mask, bias_NSL, 1.0).reshape({B, L, -1}), o);
    y = nn::rms_norm(x, norm1, kNormEps);
    if (!gated) return x + nn::linear(at::relu(nn::linear(y, wi)), wo);
    auto hidden = nn::linears(y, {wi, wi_value});
    return x + nn::linear((silu ? at::silu(hidden[0]) : at::gelu(hidden[0], "tanh")) * hidden[1], wo);
  }

  Tensor q, k, v, o, relative_bias, norm0, wi, wi_value, wo, norm1;
  int64_t heads;
  bool gated, silu;
};
TORCH_MODULE(Block);

}  // namespace

void T5Config::check() const {
  // Far above every published size, and small enough that products of the sizes do not overflow.
  auto bounded = [](const char* field, int64_t value, int64_t most) {
    if (value < 1 || value > most) throw UsageError("t5: {}: expected 1 to {}, got {}", field, most, value);
  };
  bounded("vocab_size", vocab_size, 1 << 20);
  bounded("d_model", d_model, 1 << 16);
  bounded("d_kv", d_kv, 1 << 12);
  bounded("d_ff", d_ff, 1 << 18);
  bounded("num_layers", num_layers, 1 << 10);
  bounded("num_heads", num_heads, 1 << 10);
  bounded("relative_attention_num_buckets", relative_attention_num_buckets, 1 << 16);
  bounded("relative_attention_max_distance", relative_attention_max_distance, 1 << 20);
  if (relative_attention_num_buckets < 4 || relative_attention_num_buckets % 4)
    throw UsageError("t5: relative_attention_num_buckets: expected a multiple of 4, got {}", relative_attention_num_buckets);
  if (relative_attention_max_distance <= relative_attention_num_buckets / 4)
    throw UsageError("t5: relative_attention_max_distance: expected more than a quarter of the buckets, got {}", relative_attention_max_distance);
  if (feed_forward_proj != "relu" && feed_forward_proj != "gated-gelu" && feed_forward_proj != "gated-silu")
    throw UsageError("t5: feed_forward_proj: expected relu, gated-gelu or gated-silu, got '{}'", feed_forward_proj);
}

T5Config t5_preset(const std::string& name) {
  T5Config c;
  auto shape = [&](int64_t vocab, int64_t width, int64_t kv, int64_t ff, int64_t layers, int64_t heads, const char* proj) {
    c.vocab_size = vocab, c.d_model = width, c.d_kv = kv, c.d_ff = ff, c.num_layers = layers, c.num_heads = heads;
    c.feed_forward_proj = proj;
    return c;
  };
  if (name == "mini") return c;  // the defaults
  if (name == "byte-mini") return shape(259, 128, 32, 320, 2, 4, "gated-gelu");
  if (name == "ul2") return shape(32128, 4096, 256, 16384, 32, 16, "gated-silu");      // facts 12.2
  if (name == "t5-base") return shape(32128, 768, 64, 3072, 12, 12, "relu");
  if (name == "byt5-small") return shape(384, 1472, 64, 3584, 12, 6, "gated-gelu");
  if (name == "byt5-base") return shape(384, 1536, 64, 3968, 18, 12, "gated-gelu");
  throw UsageError("t5 preset: expected mini, byte-mini, ul2, t5-base, byt5-small or byt5-base, got '{}'", name);
}

int64_t parameter_count(const T5Config& c) {
  int64_t inner = c.num_heads * c.d_kv, wi = c.feed_forward_proj == "relu" ? 1 : 2;
  int64_t block = 4 * c.d_model * inner + (wi + 1) * c.d_model * c.d_ff + 2 * c.d_model;
  return c.vocab_size * c.d_model + c.num_layers * block + c.relative_attention_num_buckets * c.num_heads + c.d_model;
}

int64_t relative_position_bucket(int64_t relative_position, int64_t buckets, int64_t max_distance) {
  int64_t half = buckets / 2, offset = relative_position > 0 ? half : 0;
  int64_t distance = std::abs(relative_position), exact = half / 2;
  if (distance < exact) return offset + distance;
  double scale = std::log(static_cast<double>(distance) / static_cast<double>(exact)) /
                 std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  return offset + std::min(half - 1, exact + static_cast<int64_t>(scale * static_cast<double>(half - exact)));
}

T5EncoderImpl::T5EncoderImpl(const T5Config& c) : config(c) {
  c.check();
  Scope shared, encoder, final_norm;
  register_module("shared", shared);
  embedding_ = shared->register_parameter("weight", torch::randn({c.vocab_size, c.d_model}));
  register_module("encoder", encoder);
  encoder->register_module("block", blocks_);
  for (int64_t i = 0; i < c.num_layers; ++i) blocks_->push_back(Block(c, i == 0));
  relative_bias_ = blocks_->ptr(0)->as<Block>()->relative_bias;
  encoder->register_module("final_layer_norm", final_norm);
  final_norm_ = final_norm->register_parameter("weight", torch::ones({c.d_model}));
}

// The bias depends on the distance alone: one row per distance, then a window of them for each query.
Tensor T5EncoderImpl::position_bias(int64_t length) {
  std::vector<int64_t> buckets;
  for (int64_t distance = 1 - length; distance < length; ++distance)
    buckets.push_back(relative_position_bucket(distance, config.relative_attention_num_buckets, config.relative_attention_max_distance));
  auto rows = at::embedding(relative_bias_, at::tensor(buckets, relative_bias_.options().dtype(at::kLong)));  // [2L−1, N]
  return rows.t().unfold(1, length, 1).flip({1}).contiguous();                                                // [N, L, L]
}

Tensor T5EncoderImpl::forward(const Tensor& ids, const Tensor& mask) {
  auto x = at::embedding(embedding_, ids);
  auto bias = position_bias(ids.size(1));
  for (const auto& block : *blocks_) x = block->as<Block>()->forward(x, mask, bias);
  return nn::rms_norm(x, final_norm_, kNormEps);
}

}  // namespace mg::text
