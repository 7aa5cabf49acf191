// The training stages. Each reads its own [task_settings] table strictly and throws UsageError for what it does not know.
#pragma once
#include <memory>

#include "moviegen/train/task.h"

namespace mg::train {

std::unique_ptr<Task> make_tae_task(const TaskContext& context);            // pixels ↔ latents: the temporal autoencoder
std::unique_ptr<Task> make_contrastive_task(const TaskContext& context);    // the image-text pair behind MetaCLIP's place
std::unique_ptr<Task> make_text_to_video_task(const TaskContext& context);  // the transformer, by flow matching on latents
std::unique_ptr<Task> make_sound_task(const TaskContext& context);          // sound for films, by flow matching on sound latents
std::unique_ptr<Task> make_sound_judge_task(const TaskContext& context);    // what listens: classes, music and quality of a sound
std::unique_ptr<Task> make_video_judge_task(const TaskContext& context);    // what watches: who, where and doing what in a film
std::unique_ptr<Task> make_sound_codec_task(const TaskContext& context);    // waveform ↔ latents: DAC-VAE

}  // namespace mg::train
