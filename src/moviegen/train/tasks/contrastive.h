// The contrastive stage: an image tower and a text tower learn to find each other's half of a rendered picture and its
// caption (InfoNCE; MetaCLIP's role, facts sheet 2). The text tower then conditions the transformers, the image tower serves
// identity, sound and measures. The stage also trains the tokenizer every encoder shares, on captions of the same world.
#pragma once
#include <memory>
#include <string>

#include "moviegen/data/world_settings.h"
#include "moviegen/text/contrastive.h"
#include "moviegen/train/task.h"

namespace mg::train {

struct ContrastiveSettings {
  data::WorldSettings world;
  std::string pair = "mini";       // preset of the two towers
  std::string ul2 = "mini", byt5 = "byte-mini";  // presets of the encoders exported beside them, untrained
  int64_t batch = 96;              // pairs a step: every other pair is a negative
  int64_t caption_scenes = 6000;   // scenes whose captions train the tokenizer
  int64_t vocabulary = 2000;       // pieces at most; the towers have a few rows more
  int64_t held_out_groups = 8;     // groups of 32 pairs that validation retrieves within
  std::string dtype = "f32";       // of the exported weights
  void check() const;
};

template <class V>
void fields(V& v, ContrastiveSettings& c) {
  v("world", c.world, "which clips the world makes");
  v("pair", c.pair, "preset of the image and text tower");
  v("ul2", c.ul2, "preset of the prompt encoder exported untrained");
  v("byt5", c.byt5, "preset of the character encoder exported untrained");
  v("batch", c.batch, "pairs of picture and caption a step");
  v("caption_scenes", c.caption_scenes, "scenes whose captions train the tokenizer");
  v("vocabulary", c.vocabulary, "largest vocabulary of the tokenizer");
  v("held_out_groups", c.held_out_groups, "groups of 32 held-out pairs for validation");
  v("dtype", c.dtype, "precision of exported weights: f32 or bf16");
}

// The task on a world of the caller's; make_contrastive_task (tasks.h) opens the settings' own.
std::unique_ptr<Task> make_contrastive_task_on(const TaskContext& context, std::shared_ptr<const world::World> world);

}  // namespace mg::train
