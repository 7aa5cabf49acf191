// Encoding and decoding sound of any length with flat memory: pieces go in, what is final comes out. A piece is run with
// exactly the context that reaches it, so that the result is that of the whole at once (to rounding).
//
//   DacDecoderStream decoder(model);
//   for (auto& latents : pieces) write(decoder.push(latents));  // [B,1,S], perhaps S = 0
//   write(decoder.finish());
#pragma once
#include <functional>

#include "moviegen/audio/dac_vae.h"

namespace mg::audio {

inline constexpr int64_t kChunkLatents = 100;  // run at a time; the context on both sides comes on top

// A network over [B,C,S] whose output step t depends on input steps t − context to t + context alone, run piece by piece. One
// step is in_size values of the last axis of the input, and out_size of the output, which has out_channels.
class ChunkedRun {
 public:
  struct Spec {
    int64_t in_size, out_size, out_channels, context, chunk;
  };
  using Run = std::function<Tensor(const Tensor& input, int64_t first_step)>;
  ChunkedRun(const Spec& spec, Run run);
  Tensor push(const Tensor& piece);
  // `fill` makes the end of the input whole steps. Throws UsageError if nothing was pushed.
  Tensor finish(const std::function<Tensor(const Tensor&)>& fill);

 private:
  Tensor make(int64_t steps);  // the next steps
  Tensor joined(const std::vector<Tensor>& parts, const Tensor& like) const;
  int64_t held() const { return buffer_.defined() ? buffer_.size(2) / spec_.in_size : 0; }
  Spec spec_;
  Run run_;
  Tensor buffer_;               // input that is still needed
  int64_t first_ = 0, done_ = 0;  // step the buffer begins with; steps that were made
};

// Sound [B,1,S] → normalised latents [B,C,T].
class DacEncoderStream {
 public:
  explicit DacEncoderStream(const DacVae& model, int64_t chunk_latents = kChunkLatents);
  Tensor push(const Tensor& sound_BCS);
  Tensor finish();

 private:
  int64_t hop_;
  ChunkedRun run_;
};

// Normalised latents [B,C,T] → sound [B,1,hop·T]; the caller cuts what was filled up.
class DacDecoderStream {
 public:
  explicit DacDecoderStream(const DacVae& model, int64_t chunk_latents = kChunkLatents);
  Tensor push(const Tensor& latent_BCS);
  Tensor finish();

 private:
  ChunkedRun run_;
};

}  // namespace mg::audio
