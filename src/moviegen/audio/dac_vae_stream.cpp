#include "moviegen/audio/dac_vae_stream.h"

#include "moviegen/core/error.h"

namespace mg::audio {

ChunkedRun::ChunkedRun(const Spec& spec, Run run) : spec_(spec), run_(std::move(run)) {
  if (spec.chunk < 1) throw UsageError("sound codec: chunks have at least one latent, got {}", spec.chunk);
}

Tensor ChunkedRun::push(const Tensor& piece) {
  at::NoGradGuard no_grad;
  if (buffer_.defined() && (piece.size(0) != buffer_.size(0) || piece.size(1) != buffer_.size(1)))
    throw UsageError("sound codec: a piece of {}×{} follows one of {}×{}", piece.size(0), piece.size(1), buffer_.size(0), buffer_.size(1));
  buffer_ = buffer_.defined() ? at::cat({buffer_, piece}, 2) : piece.clone();
  std::vector<Tensor> parts;
  while (first_ + held() - spec_.context - done_ >= spec_.chunk) parts.push_back(make(spec_.chunk));
  return joined(parts, piece);
}

Tensor ChunkedRun::finish(const std::function<Tensor(const Tensor&)>& fill) {
  at::NoGradGuard no_grad;
  if (!buffer_.defined()) throw UsageError("sound codec: the stream ends before it began");
  buffer_ = fill(buffer_);
  std::vector<Tensor> parts;
  while (int64_t left = first_ + held() - done_) parts.push_back(make(std::min(left, spec_.chunk)));
  auto rest = joined(parts, buffer_);
  buffer_ = Tensor(), first_ = done_ = 0;
  return rest;
}

Tensor ChunkedRun::make(int64_t steps) {
  int64_t end = std::min(done_ + steps + spec_.context, first_ + held());
  auto made = run_(buffer_.narrow(2, 0, (end - first_) * spec_.in_size), first_).narrow(2, (done_ - first_) * spec_.out_size, steps * spec_.out_size);
  done_ += steps;
  int64_t drop = std::max<int64_t>(done_ - spec_.context - first_, 0);
  buffer_ = buffer_.narrow(2, drop * spec_.in_size, buffer_.size(2) - drop * spec_.in_size).clone();
  first_ += drop;
  return made;
}

Tensor ChunkedRun::joined(const std::vector<Tensor>& parts, const Tensor& like) const {
  return parts.empty() ? at::empty({like.size(0), spec_.out_channels, 0}, like.options()) : at::cat(parts, 2);
}

DacEncoderStream::DacEncoderStream(const DacVae& model, int64_t chunk)
    : hop_(model->config.hop()), run_({hop_, 1, model->config.latent_channels, encoder_context(model->config), chunk},
                                      [m = DacVae(model)](const Tensor& sound, int64_t) mutable { return m->latents(sound); }) {}

Tensor DacEncoderStream::push(const Tensor& sound) {
  check_sound(sound);
  return run_.push(sound);
}

Tensor DacEncoderStream::finish() {
  return run_.finish([this](const Tensor& rest) { return pad_to_hop(rest, hop_); });
}

DacDecoderStream::DacDecoderStream(const DacVae& model, int64_t chunk)
    : run_({1, model->config.hop(), 1, decoder_context(model->config), chunk}, [m = DacVae(model)](const Tensor& latent, int64_t first) mutable {
        return m->decode(latent, latent.size(2) * m->config.hop(), first);
      }) {}

Tensor DacDecoderStream::push(const Tensor& latent) { return run_.push(latent); }

Tensor DacDecoderStream::finish() {
  return run_.finish([](const Tensor& rest) { return rest; });
}

}  // namespace mg::audio
