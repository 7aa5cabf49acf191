#include "moviegen/generate/preview.h"

#include <cstring>

namespace mg::generate {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(300);
constexpr int kShortSide = 64;  // latents are tiny; enlarged they can be recognised

std::vector<media::Image> enlarge(const std::vector<media::Image>& images) {
  std::vector<media::Image> out;
  for (const auto& image : images) {
    int factor = std::max(1, kShortSide / std::min(image.width, image.height));
    out.push_back(media::resize(image, image.width * factor, image.height * factor));
  }
  return out;
}

}  // namespace

std::vector<media::Image> to_images(const at::Tensor& pixels_CTHW) {
  auto bytes_THWC = pixels_CTHW.add(1).mul_(127.5).round_().clamp_(0, 255).to(at::kByte).permute({1, 2, 3, 0}).contiguous();
  std::vector<media::Image> images;
  for (int64_t t = 0; t < bytes_THWC.size(0); ++t) {
    auto& image = images.emplace_back(static_cast<int>(bytes_THWC.size(2)), static_cast<int>(bytes_THWC.size(1)));
    std::memcpy(image.rgb.data(), bytes_THWC.select(0, t).data_ptr<uint8_t>(), image.rgb.size());
  }
  return images;
}

std::vector<media::Image> Preview::look(tae::Autoencoder& autoencoder, const at::Tensor& data, bool is_last) {
  auto now = std::chrono::steady_clock::now();
  if (!is_last && now - shown_ < kInterval) return {};
  shown_ = now;
  return enlarge(to_images(autoencoder->preview(data)[0]));
}

media::Image strip(const std::vector<media::Image>& images) { return media::grid(images, static_cast<int>(images.size())); }

}  // namespace mg::generate
