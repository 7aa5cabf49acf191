// A world of two things that sound: "high" and "low" tones of 0.2 s, each at a time of its own, with music (a chord) in every
// third clip.
#pragma once
#include <algorithm>
#include <cmath>

#include "moviegen/core/random.h"
#include "moviegen/data/world/world.h"

namespace mg::eval {

class SoundWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    Generator generator(seed, "sound world");
    world::Clip clip;
    clip.width = options.width, clip.height = options.height, clip.frames = options.frames, clip.fps = options.fps;
    if (options.pictures) clip.rgb.assign(static_cast<size_t>(clip.frames) * clip.width * clip.height * 3, 100);
    double duration = clip.frames / clip.fps, time = generator.uniform(0.2, 0.8) * duration;
    bool is_high = generator.chance(0.5), is_poor = generator.chance(0.3), has_music = seed % 3 == 0;
    clip.events = {{{"time_s", time}, {"sound", is_high ? "high" : "low"}, {"class", is_high ? "high" : "low"}, {"kind", "call"}, {"visible", true}, {"gain", 1.0}}};
    clip.sound_caption.quality = is_poor ? 3 : 8, clip.sound_caption.music = has_music ? 1 : 0;
    clip.sound_caption.sounds = is_high ? "a high tone" : "a low tone";
    if (has_music) clip.sound_caption.music_description = seed % 2 ? "calm music" : "epic music";
    if (!options.sound) return clip;
    auto frames = static_cast<size_t>(std::lround(duration * world::kSoundRate));
    clip.sound.resize(2 * frames);
    for (size_t i = 0; i < frames; ++i) {
      double t = static_cast<double>(i) / world::kSoundRate, since = t - time, value = 0.002 * generator.uniform(-1, 1);
      if (since >= 0 && since < 0.2) value += 0.4 * std::exp(-since / 0.08) * std::sin(2 * M_PI * (is_high ? 3000 : 300) * since);
      if (has_music) value += 0.1 * (std::sin(2 * M_PI * (seed % 2 ? 440 : 700) * t) + std::sin(2 * M_PI * 1100 * t));
      if (is_poor) value += 0.03 * generator.uniform(-1, 1);
      clip.sound[2 * i] = clip.sound[2 * i + 1] = static_cast<float>(value);
    }
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& options) const override { return render(seed, options); }
};

}  // namespace mg::eval
