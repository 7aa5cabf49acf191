#include "moviegen/eval/sound_clips.h"

#include <algorithm>
#include <set>

namespace mg::eval {
namespace {

std::vector<media::Image> frames_of(const world::Clip& clip) {
  std::vector<media::Image> frames;
  for (int i = 0; i < clip.frames; ++i) {
    media::Image frame(clip.width, clip.height);
    auto bytes = std::ssize(frame.rgb);
    std::copy_n(clip.rgb.begin() + i * bytes, bytes, frame.rgb.begin());
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace

HeldOutClips::HeldOutClips(std::shared_ptr<const world::World> world, data::WorldSettings settings, ClipShape shape)
    : world_(std::move(world)), settings_(std::move(settings)), shape_(shape) {}

SoundItem HeldOutClips::render(int64_t index, bool with_pictures) const {
  auto options = settings_.render(shape_.side, shape_.side, shape_.frames);
  options.pictures = with_pictures, options.sound = true;
  SoundItem item{.seed = data::kEvaluationSeeds + static_cast<uint64_t>(index)};
  auto clip = world_->render(item.seed, options);
  if (clip.sound.empty()) throw DataError("eval sound: clip {} of the world is silent; render its sound with a newer asset pack", item.seed);
  if (with_pictures) item.frames = frames_of(clip);
  item.fps = clip.fps, item.duration_s = static_cast<double>(clip.frames) / clip.fps;
  item.caption = clip.sound_caption;
  item.events = read_events(clip.events);
  item.sound = {.sample_rate = world::kSoundRate, .channels = 2, .samples = std::move(clip.sound)};
  return item;
}

std::vector<std::string> sound_classes(const std::vector<SoundEvent>& events, bool loops_too) {
  std::set<std::string> names;
  for (const auto& event : events)
    if (event.gain >= kAudibleGain && (loops_too || !event.loop)) names.insert(event.sound_class);
  return {names.begin(), names.end()};
}

}  // namespace mg::eval
