#include "moviegen/data/clip_tensor.h"

#include "moviegen/core/error.h"

namespace mg::data {

at::Tensor clip_tensor(const world::Clip& clip) {
  auto bytes = at::from_blob(const_cast<uint8_t*>(clip.rgb.data()), {clip.frames, clip.height, clip.width, 3}, at::kByte);
  return bytes.permute({3, 0, 1, 2}).to(at::kFloat).mul_(2.0f / 255).sub_(1).contiguous();
}

at::Tensor film_tensor(const std::vector<media::Image>& frames) {
  std::vector<at::Tensor> list;
  for (const auto& frame : frames) {
    auto bytes = at::from_blob(const_cast<uint8_t*>(frame.rgb.data()), {frame.height, frame.width, 3}, at::kByte);
    list.push_back(bytes.permute({2, 0, 1}).to(at::kFloat));
  }
  return at::stack(list, 1).mul_(2.0f / 255).sub_(1);
}

media::Image image_of(const at::Tensor& pixels, int64_t frame) {
  auto clip = pixels.dim() == 5 ? pixels.squeeze(0) : pixels;
  check(clip.dim() == 4 && clip.size(0) == 3 && frame < clip.size(1), "image_of: expected pixels [3,T,H,W] with more than {} frames", frame);
  auto picture = clip.select(1, frame).permute({1, 2, 0}).to(at::kFloat).add(1).mul(127.5f).round().clamp(0, 255).to(at::kByte).contiguous();
  media::Image image(static_cast<int>(picture.size(1)), static_cast<int>(picture.size(0)));
  std::copy_n(picture.data_ptr<uint8_t>(), image.rgb.size(), image.rgb.begin());
  return image;
}

std::vector<media::Image> images_of(const at::Tensor& pixels) {
  std::vector<media::Image> images;
  for (int64_t frame = 0; frame < pixels.size(pixels.dim() - 3); ++frame) images.push_back(image_of(pixels, frame));
  return images;
}

}  // namespace mg::data
