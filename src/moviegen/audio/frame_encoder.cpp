// Legend: F frames · H W grid · D channels · V features.
#include "moviegen/audio/frame_encoder.h"

#include <algorithm>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/weights/model_folder.h"

namespace mg::audio {
namespace {

constexpr const char* kPart = "sound_frame_encoder";
constexpr const char* kClass = "MovieGenFrameEncoder";
constexpr int64_t kMatrices = 3;  // of a block, width × width: gate, value, out

// [F,H,W,D] → [F,H/s,W/s,s·s·D].
Tensor space_to_depth(const Tensor& x, int64_t s) {
  int64_t F = x.size(0), H = x.size(1) / s, W = x.size(2) / s;
  return x.view({F, H, s, W, s, x.size(3)}).permute({0, 1, 3, 2, 4, 5}).reshape({F, H, W, -1});
}

// Share of input pixel i in output pixel o: [out, in], rows sum to one.
Tensor area_shares(int64_t in, int64_t out) {
  auto shares = torch::zeros({out, in});
  float* values = shares.data_ptr<float>();
  double step = static_cast<double>(in) / static_cast<double>(out);
  for (int64_t o = 0; o < out; ++o) {
    double begin = static_cast<double>(o) * step, end = begin + step;
    for (auto i = static_cast<int64_t>(begin); i < in && static_cast<double>(i) < end; ++i) {
      double covered = std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i));
      if (covered > 0) values[o * in + i] = static_cast<float>(covered / step);
    }
  }
  return shares;
}

}  // namespace

void FrameEncoderConfig::check() const {
  size_t n = strides.size();
  if (n < 1 || n > 8 || widths.size() != n || blocks.size() != n)
    throw UsageError("frame encoder: strides, widths and blocks need one entry a stage, 1 to 8; got {}, {} and {}", n, widths.size(), blocks.size());
  if (image_size < 1 || image_size > 1024 || features < 1 || features > (1 << 16))
    throw UsageError("frame encoder: image_size must be 1 to 1024 and features 1 to {}, got {} and {}", 1 << 16, image_size, features);
  int64_t side = image_size;
  for (size_t k = 0; k < n; ++k) {
    if (strides[k] < 1 || strides[k] > 64 || side % strides[k] || widths[k] < 1 || widths[k] > (1 << 13) || blocks[k] < 0 || blocks[k] > 64)
      throw UsageError("frame encoder: stage {} is out of range: stride {} of a grid of {}, width {}, {} blocks", k, strides[k], side, widths[k],
                       blocks[k]);
    side /= strides[k];
  }
}

int64_t FrameEncoderConfig::grid() const {
  int64_t side = image_size;
  for (int64_t stride : strides) side /= stride;
  return side;
}

int64_t parameter_count(const FrameEncoderConfig& c) {
  int64_t total = 0, channels = c.sees_change ? 6 : 3;
  for (size_t k = 0; k < c.widths.size(); ++k) {
    int64_t d = c.widths[k];
    total += c.strides[k] * c.strides[k] * channels * d + d + d + c.blocks[k] * (9 * d + d + kMatrices * d * d);
    channels = d;
  }
  int64_t flat = c.grid() * c.grid() * channels;
  return total + flat + flat * c.features + c.features;
}

double forward_flops(const FrameEncoderConfig& c) {
  double total = 0;
  int64_t side = c.image_size, channels = c.sees_change ? 6 : 3;
  for (size_t k = 0; k < c.widths.size(); ++k) {
    side /= c.strides[k];
    int64_t d = c.widths[k], merge = c.strides[k] * c.strides[k] * channels * d, block = 9 * d + kMatrices * d * d;
    total += 2.0 * static_cast<double>(side * side) * static_cast<double>(merge + c.blocks[k] * block);
    channels = d;
  }
  return total + 2.0 * static_cast<double>(side * side * channels * c.features);
}

FrameBlockImpl::FrameBlockImpl(int64_t width) {
  auto start = torch::zeros({9, width});
  start.select(0, 4) += 1;  // the identity, as everywhere here
  conv = register_parameter("conv", start);
  norm = register_module("norm", nn::RmsNorm(width));
  feed_forward = register_module("feed_forward", nn::SwiGlu(width, width));
}

Tensor FrameBlockImpl::forward(const Tensor& x) {
  auto taps = at::constant_pad_nd(conv, {0, 0, 9, 9});  // the middle plane of a 3×3×3 kernel: a grid of one frame each
  return x + feed_forward(norm(nn::depthwise_conv(x.unsqueeze(1), taps).squeeze(1)));
}

FrameEncoderImpl::FrameEncoderImpl(const FrameEncoderConfig& c) : config(c) {
  c.check();
  register_module("merges", merges_);
  register_module("merge_norms", merge_norms_);
  register_module("blocks", blocks_);
  int64_t channels = c.sees_change ? 6 : 3;
  for (size_t k = 0; k < c.widths.size(); ++k) {
    merges_->push_back(nn::Linear(c.strides[k] * c.strides[k] * channels, c.widths[k]));
    merge_norms_->push_back(nn::RmsNorm(c.widths[k]));
    torch::nn::ModuleList stage;
    for (int64_t i = 0; i < c.blocks[k]; ++i) stage->push_back(FrameBlock(c.widths[k]));
    blocks_->push_back(stage);
    channels = c.widths[k];
  }
  int64_t flat = c.grid() * c.grid() * channels;
  out_norm_ = register_module("out_norm", nn::RmsNorm(flat));
  out_ = register_module("out", nn::Linear(flat, c.features));
}

Tensor FrameEncoderImpl::forward(const Tensor& pixels, const Tensor& earlier) {
  if (pixels.dim() != 4 || pixels.size(1) != 3 || pixels.numel() == 0 || earlier.sizes() != pixels.sizes())
    throw UsageError("frame encoder: expected frames [F,3,H,W] and as many earlier ones, got [{}] and [{}]", fmt::join(pixels.sizes().vec(), ","),
                     fmt::join(earlier.sizes().vec(), ","));
  auto small = resize_area(pixels, config.image_size);
  if (config.sees_change) small = at::cat({small, small - resize_area(earlier, config.image_size)}, 1);
  auto x_FHWD = small.permute({0, 2, 3, 1}).contiguous();
  for (size_t k = 0; k < config.strides.size(); ++k) {
    x_FHWD = merges_[k]->as<nn::Linear>()->forward(space_to_depth(x_FHWD, config.strides[k]));
    x_FHWD = merge_norms_[k]->as<nn::RmsNorm>()->forward(x_FHWD);
    for (const auto& block : *blocks_[k]->as<torch::nn::ModuleList>()) x_FHWD = block->as<FrameBlock>()->forward(x_FHWD);
  }
  return out_(out_norm_(x_FHWD.flatten(1)));
}

std::vector<int64_t> earlier_frames(const std::vector<double>& times_s) {
  std::vector<int64_t> earlier;
  int64_t candidate = 0;
  for (double time : times_s) {
    while (candidate + 1 < std::ssize(earlier) && times_s[static_cast<size_t>(candidate + 1)] <= time - kChange_s) ++candidate;
    earlier.push_back(candidate);
  }
  return earlier;
}

Tensor resize_area(const Tensor& pixels, int64_t side) {
  if (pixels.size(2) == side && pixels.size(3) == side) return pixels;
  auto rows = area_shares(pixels.size(2), side), columns = area_shares(pixels.size(3), side);
  return at::matmul(rows, at::matmul(pixels, columns.t()));
}

FrameFeatures features_by(FrameEncoder encoder) {
  return [encoder](const Tensor& pixels, const Tensor& earlier) mutable { return encoder(pixels, earlier); };
}

FrameFeatures features_by(text::ImageTower tower) {
  return [tower](const Tensor& pixels, const Tensor&) mutable { return tower(resize_area(pixels, tower->config.image_size)); };
}

FrameEncoder load_frame_encoder(const std::string& folder) {
  auto where = folder + "/" + kPart;
  auto config = config_from<FrameEncoderConfig>(weights::read_part_config(folder, kPart, kClass), where + "/config.json");
  auto state = weights::read_part_state(folder, kPart);
  int64_t present = 0, expected = parameter_count(config);
  for (const auto& [key, tensor] : state) present += tensor.numel();
  if (expected != present) throw DataError("{}: config.json describes {} parameters, but the weights hold {}", where, expected, present);
  FrameEncoder encoder(config);
  weights::load_into(*encoder, state, where);
  encoder->eval();
  return encoder;
}

void save_frame_encoder(const std::string& folder, const FrameEncoder& encoder, const std::string& dtype) {
  weights::write_part(folder, kPart, kClass, config_to_json(encoder->config), weights::state_of(*encoder), dtype);
}

}  // namespace mg::audio
