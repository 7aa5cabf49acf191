// Pictures with their captions for the contrastive stage, drawn from the world. Everything is a function of seeds.
// B pairs · L text tokens
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "moviegen/core/random.h"
#include "moviegen/data/world/world.h"
#include "moviegen/text/tokenizer.h"

namespace mg::train {

struct Pairs {
  at::Tensor pixels_BCHW;     // bytes; float_pixels() makes them network input
  at::Tensor ids_BL, mask_BL;
  at::Tensor fits_BB;         // bool: is text (column) one of picture (row)'s captions
  std::vector<std::string> texts;

  at::Tensor float_pixels() const;  // [−1,1]
};

class PairSource {
 public:
  // `options` is made to ask for single frames.
  PairSource(std::shared_ptr<const world::World> world, world::RenderOptions options,
             std::shared_ptr<const text::SentencePieceTokenizer> tokenizer, int64_t max_tokens);
  // Batch `step` of the run with this seed: new scenes, each with one of its three captions.
  Pairs training_batch(uint64_t run_seed, int64_t step, int64_t count) const;
  // Held-out group `group`: scenes that training never draws, with their one-sentence captions.
  Pairs held_out_group(int64_t group, int64_t count) const;

 private:
  // `choose` draws the caption and the frame rate in front of it; without it: the one-sentence caption at 16.
  Pairs make(const std::vector<uint64_t>& seeds, Generator* choose) const;

  std::shared_ptr<const world::World> world_;
  world::RenderOptions options_;
  std::shared_ptr<const text::SentencePieceTokenizer> tokenizer_;
  int64_t max_tokens_;
};

// All captions of `scenes` training scenes. The pictures are drawn tiny, since only the words count.
std::vector<std::string> draw_captions(const world::World& world, world::RenderOptions options, int64_t scenes);

// The tokenizer kept at `path`; trains it on the world's captions first if there is none, so that a resumed run has the same.
std::shared_ptr<const text::SentencePieceTokenizer> open_or_train_tokenizer(const std::string& path, const world::World& world,
                                                                            const world::RenderOptions& options, int64_t scenes,
                                                                            int64_t vocabulary);

}  // namespace mg::train
