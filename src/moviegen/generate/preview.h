// A look at the film while it is being denoised. The latent of a half-done step is mostly noise, so the preview shows where
// the flow is heading.
#pragma once
#include <ATen/core/Tensor.h>

#include <chrono>
#include <vector>

#include "moviegen/media/image.h"
#include "moviegen/tae/autoencoder.h"

namespace mg::generate {

// Pixels [3,T,H,W] in [−1,1] → T pictures.
std::vector<media::Image> to_images(const at::Tensor& pixels_CTHW);

class Preview {
 public:
  // Takes the data that a step predicts (flow::OnStep); returns pictures when it is time for new ones (always at the last step).
  std::vector<media::Image> look(tae::Autoencoder& autoencoder, const at::Tensor& data_BCTHW, bool is_last);

 private:
  std::chrono::steady_clock::time_point shown_{};
};

// The pictures side by side.
media::Image strip(const std::vector<media::Image>& images);

}  // namespace mg::generate
