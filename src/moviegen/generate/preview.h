// A look at the film while it is being denoised. The latent of a half-done step is mostly noise, so the preview shows where
// the flow is heading: X_1 ≈ x + (1 − t)·u, with the velocity u read from the last two steps.
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
  // `times` is the schedule: steps + 1 flow times.
  explicit Preview(std::vector<double> times) : times_(std::move(times)) {}
  // Takes the latent after `step`; returns pictures when it is time for new ones (always at the last step).
  std::vector<media::Image> look(tae::Autoencoder& autoencoder, int step, const at::Tensor& latent_BCTHW);

 private:
  std::vector<double> times_;
  at::Tensor last_;
  std::chrono::steady_clock::time_point shown_{};
};

// The pictures side by side.
media::Image strip(const std::vector<media::Image>& images);

}  // namespace mg::generate
