// The T5 encoder: one class for UL2, T5 and ByT5 (facts sheet 2, 12.2). Key names are those of the public T5EncoderModel
// checkpoints, so that they load by name. Easy to get wrong: attention logits are not scaled by 1/√K, and the relative
// position bias of layer 0 serves all layers.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <string>

#include "moviegen/nn/layers.h"

namespace mg::text {

using at::Tensor;

struct T5Config {
  int64_t vocab_size = 2048;
  int64_t d_model = 256;
  int64_t d_kv = 64;
  int64_t d_ff = 640;
  int64_t num_layers = 3;
  int64_t num_heads = 4;
  int64_t relative_attention_num_buckets = 32;
  int64_t relative_attention_max_distance = 128;
  std::string feed_forward_proj = "gated-gelu";  // relu, gated-gelu, gated-silu
  void check() const;
};

template <class V>
void fields(V& v, T5Config& c) {
  v("vocab_size", c.vocab_size, "rows of the embedding");
  v("d_model", c.d_model, "width");
  v("d_kv", c.d_kv, "width of a head");
  v("d_ff", c.d_ff, "feed-forward width");
  v("num_layers", c.num_layers, "layers");
  v("num_heads", c.num_heads, "attention heads");
  v("relative_attention_num_buckets", c.relative_attention_num_buckets, "buckets of relative position");
  v("relative_attention_max_distance", c.relative_attention_max_distance, "distance where the last bucket begins");
  v("feed_forward_proj", c.feed_forward_proj, "relu, gated-gelu or gated-silu");
}

// "mini", "byte-mini", "ul2", "t5-base", "byt5-small", "byt5-base".
T5Config t5_preset(const std::string& name);
int64_t parameter_count(const T5Config& config);

// Bucket of a relative position (key − query), bidirectional.
int64_t relative_position_bucket(int64_t relative_position, int64_t buckets, int64_t max_distance);

struct T5EncoderImpl : torch::nn::Module {
  explicit T5EncoderImpl(const T5Config& config);
  // ids [B,L], mask [B,L] bool (true = token) → [B,L,D].
  Tensor forward(const Tensor& ids_BL, const Tensor& mask_BL);
  T5Config config;

 private:
  Tensor position_bias(int64_t length);
  Tensor embedding_, relative_bias_;
  torch::nn::ModuleList blocks_;
  Tensor final_norm_;
};
TORCH_MODULE(T5Encoder);

}  // namespace mg::text
