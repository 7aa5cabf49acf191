// Losses of the temporal autoencoder (facts 1.4, 1.5). There is no perceptual network to lean on, so structure is asked
// for directly: gradients of the error at several scales, along time too, and structural similarity of small windows.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mg::train {

struct TaeLossWeights {
  double motion_gain = 0;   // ours
  double charbonnier = 1;
  double gradient = 0.5;    // ours: edges count about as much as levels
  double structure = 0.1;   // ours
  double kl = 1e-4;         // ours, of the mean over latent values: leaves noise of a few percent of a channel's spread
  double outlier = 1;       // the paper's 1e5 belongs to its own loss scale
  double adversarial = 0.1; // share of the reconstruction's gradient that the discriminator may add
};

template <class V>
void fields(V& v, TaeLossWeights& w) {
  v("motion_gain", w.motion_gain, "how much more errors count where the picture moves: 1 = twice as much");
  v("charbonnier", w.charbonnier, "weight of the smooth absolute error");
  v("gradient", w.gradient, "weight of the error's gradients over three scales and time");
  v("structure", w.structure, "weight of one minus structural similarity");
  v("kl", w.kl, "weight of the KL divergence per latent value");
  v("outlier", w.outlier, "weight of the outlier penalty");
  v("adversarial", w.adversarial, "gradient of the discriminator relative to that of the reconstruction");
}

// The error [B,3,T,H,W], (1 + gain · where_it_moves(target)) times as large: what moves is a small part of a picture and the part that is
// looked at.
at::Tensor with_motion_gain(const at::Tensor& error_BCTHW, const at::Tensor& target_BCTHW, double gain);
// Mean of √(e² + ε²) − ε. Every loss here is zero where reconstruction and target agree.
at::Tensor charbonnier_loss(const at::Tensor& error_BCTHW);
// Mean |∂x e| + |∂y e| over three scales of the error (averaged 2×2 from one to the next), plus mean |∂t e|.
at::Tensor gradient_loss(const at::Tensor& error_BCTHW);
// 1 − SSIM over 8×8 windows, half a window apart, channels and frames alike.
at::Tensor structure_loss(const at::Tensor& x_BCTHW, const at::Tensor& target_BCTHW);
// Mean KL divergence of N(mean, exp(log_variance)) from N(0, 1).
at::Tensor kl_loss(const at::Tensor& mean, const at::Tensor& log_variance);
// Mean over positions of max(‖x − mean‖ − r·‖std‖, 0), mean and std per frame and channel over the positions, norms over
// channels; frames fold into the batch.
at::Tensor outlier_penalty(const at::Tensor& latent_BCTHW, double r = 3);

// Hinge losses on patch logits.
at::Tensor discriminator_loss(const at::Tensor& real_logits, const at::Tensor& fake_logits);

}  // namespace mg::train
