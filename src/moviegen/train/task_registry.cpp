// Which tasks there are. The trainer itself knows none of them: it is handed a factory.
#include "moviegen/train/tasks/tasks.h"
#include "moviegen/train/trainer.h"

namespace mg::train {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Task> (*make)(const TaskContext& context);
};

constexpr Entry kTasks[] = {
    {"tae", make_tae_task},
    {"contrastive", make_contrastive_task},
    {"text-to-video", make_text_to_video_task},
    {"sound-codec", make_sound_codec_task},
    {"sound", make_sound_task},
    {"sound-judge", make_sound_judge_task},
    {"video-judge", make_video_judge_task},
};

}  // namespace

std::unique_ptr<Task> make_task(const std::string& name, const TaskContext& context) {
  std::string known;
  for (const auto& entry : kTasks) {
    if (name == entry.name) return entry.make(context);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw UsageError("{}: unknown task '{}'; tasks: {}", context.recipe, name, known);
}

std::string run_training(const RunOptions& options) { return run_training(options, make_task); }

}  // namespace mg::train
