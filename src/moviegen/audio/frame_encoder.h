// Frames → features for sound: [F,3,H,W] in [−1,1] → [F,V]. A small convolutional network (strided stages of depthwise
// convolutions and feed-forwards, after ConvNeXt, Liu et al. 2022) that trains along with the sound transformer.
// Differs from the paper, which takes pooled MetaCLIP embeddings: the last grid (4×4 in mini) is not pooled but flattened, so
// that where a foot or a ball is survives, and with it when they touch the ground; and a frame is seen beside what has
// changed since an earlier one, for a bark is seen in how a body swells. Any picture is first shrunk to a small square by
// area, whatever its shape.
#pragma once
#include <torch/nn/modules/container/modulelist.h>

#include <functional>
#include <string>
#include <vector>

#include "moviegen/nn/layers.h"
#include "moviegen/text/contrastive.h"

namespace mg::audio {

using at::Tensor;

struct FrameEncoderConfig {
  int64_t image_size = 64;                   // side of the square it sees
  std::vector<int64_t> strides{8, 2};        // of each stage; the first one cuts the picture into patches
  std::vector<int64_t> widths{64, 128};
  std::vector<int64_t> blocks{2, 2};
  int64_t features = 256;                    // V
  bool sees_change = true;                   // a frame and its difference to an earlier one; otherwise the frame alone
  void check() const;
  int64_t grid() const;                      // side of the last grid
};

template <class V>
void fields(V& v, FrameEncoderConfig& c) {
  v("image_size", c.image_size, "side of the square picture it sees");
  v("strides", c.strides, "stride of each stage");
  v("widths", c.widths, "channels of each stage");
  v("blocks", c.blocks, "residual blocks of each stage");
  v("features", c.features, "width of a frame's features");
  v("sees_change", c.sees_change, "sees what has changed since an earlier frame");
}

int64_t parameter_count(const FrameEncoderConfig& config);
// Matrix and convolution FLOPs of one frame.
double forward_flops(const FrameEncoderConfig& config);

// x + SwiGLU(norm(depthwise 3×3(x))) on a grid [F,H,W,D]. Keys: conv [9,D], norm, feed_forward.w_in, feed_forward.w_out.
struct FrameBlockImpl : torch::nn::Module {
  explicit FrameBlockImpl(int64_t width);
  Tensor forward(const Tensor& x_FHWD);
  Tensor conv;
  nn::RmsNorm norm{nullptr};
  nn::SwiGlu feed_forward{nullptr};
};
TORCH_MODULE(FrameBlock);

struct FrameEncoderImpl : torch::nn::Module {
  explicit FrameEncoderImpl(const FrameEncoderConfig& config);
  // Frames of any size and for each an earlier one, [F,3,H,W] → [F,V]. Throws UsageError for other shapes.
  Tensor forward(const Tensor& pixels_F3HW, const Tensor& earlier_F3HW);
  FrameEncoderConfig config;

 private:
  torch::nn::ModuleList merges_, merge_norms_, blocks_;
  nn::RmsNorm out_norm_{nullptr};
  nn::Linear out_{nullptr};
};
TORCH_MODULE(FrameEncoder);

// How long before a frame the earlier one lies, at least: one frame at 16 a second, two at 24 to 30.
inline constexpr double kChange_s = 0.05;
// The earlier frame of each: the newest that is kChange_s older, or else the first one.
std::vector<int64_t> earlier_frames(const std::vector<double>& times_s);

// Shrinks (or enlarges, by repetition) to side × side: every new pixel is the mean of the area it covers.
Tensor resize_area(const Tensor& pixels_F3HW, int64_t side);

// What makes features of frames: the encoder above, or for the paper's sizes the image tower of the contrastive pair.
using FrameFeatures = std::function<Tensor(const Tensor& pixels_F3HW, const Tensor& earlier_F3HW)>;
FrameFeatures features_by(FrameEncoder encoder);
FrameFeatures features_by(text::ImageTower tower);

// Model-folder part "sound_frame_encoder", class "MovieGenFrameEncoder".
FrameEncoder load_frame_encoder(const std::string& folder);
void save_frame_encoder(const std::string& folder, const FrameEncoder& encoder, const std::string& dtype);

}  // namespace mg::audio
