// What a sound model makes of held-out clips, for the samples of a run.
#pragma once
#include <string>

#include "moviegen/audio/dac_vae.h"
#include "moviegen/audio/sound_generator.h"
#include "moviegen/train/tasks/sound_batches.h"

namespace mg::train {

// Sound for the first `count` held-out clips of a bucket: <bucket>-<clip>.wav, <bucket>-captions.txt, and <bucket>-sheet.png with
// a row a clip: spectrograms of its own sound and of what was made, with a line where something happens in the picture.
void write_sound_samples(const std::string& folder, audio::SoundModel& model, audio::DacVae& codec, const SoundBucket& bucket, int64_t count,
                         double fps);

}  // namespace mg::train
