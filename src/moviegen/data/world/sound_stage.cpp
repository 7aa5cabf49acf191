#include "moviegen/data/world/sound_stage.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/data/world/sound_words.h"
#include "moviegen/media/limiter.h"
#include "moviegen/media/sound.h"

namespace mg::world {
namespace {

constexpr double kMusicGain = 0.178;                    // −15 dB
constexpr double kTarget_lufs = -23, kPeak_db = -1, kPeakMargin_db = 0.4;  // meters interpolate otherwise than the limiter
constexpr double kMostGain_db = 15;                     // a quiet room stays a quiet room
constexpr double kMusicToDance = 0.85;                  // share of dances with music
constexpr double kSoundQuality = 7, kMusicQuality = 8;  // facts 10.6

double from_db(double db) { return std::pow(10, db / 20); }

double rms(const Stereo& mix) {
  double sum = 0;
  for (float x : mix) sum += static_cast<double>(x) * x;
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, mix.size())));
}

// 1 to 10: how wide the band is, less what clipping takes away.
double quality_of(const Take& take) {
  static constexpr std::array<std::pair<double, double>, 5> kBands = {{{20000, 8}, {15000, 7}, {10000, 6}, {7000, 5}, {5000, 4}}};
  double quality = 3;
  for (auto [hz, value] : kBands)
    if (take.bandwidth_hz >= hz) {
      quality = value;
      break;
    }
  return quality - (take.clipped > 0.02 ? 2 : take.clipped > 0.001 ? 1 : 0);
}

// Makes a good mix bad in one of three ways; returns the quality it has then.
double spoil(Generator& generator, Stereo& mix) {
  double amount = generator.uniform();  // 0 mild … 1 bad
  switch (generator.below(3)) {
    case 0: {  // narrow band: 8 kHz down to 4
      double hz = 8000 * std::pow(0.5, amount);
      for (int pass = 0; pass < 3; ++pass)
        for (size_t channel = 0; channel < 2; ++channel) {
          Biquad low = Biquad::low_pass(hz);
          for (size_t i = channel; i < mix.size(); i += 2) mix[i] = low(mix[i]);
        }
      break;
    }
    case 1: {  // clipped
      double peak = 1e-6;
      for (float x : mix) peak = std::max(peak, static_cast<double>(std::abs(x)));
      float limit_at = static_cast<float>(peak * from_db(-10 - 10 * amount));
      for (float& x : mix) x = std::clamp(x, -limit_at, limit_at);
      break;
    }
    default: {  // hiss
      double level = rms(mix) * from_db(-16 + 10 * amount) * std::sqrt(3.0);
      for (float& x : mix) x += static_cast<float>(level) * white(generator);
      break;
    }
  }
  return 4 - 2 * amount;
}

// To kTarget_lufs, but never louder by more than kMostGain_db; the limiter keeps the peaks.
void finish(Stereo& mix) {
  media::Sound sound{.sample_rate = kSoundRate, .channels = 2, .samples = std::move(mix)};
  double lufs = media::measure_loudness(sound).integrated_lufs;
  double gain = lufs > -70 ? from_db(std::min(kTarget_lufs - lufs, kMostGain_db)) : 1, peak = 0;
  for (float& x : sound.samples) x *= static_cast<float>(gain), peak = std::max(peak, static_cast<double>(std::abs(x)));
  const double ceiling = from_db(kPeak_db - kPeakMargin_db);
  if (peak < 0.7 * ceiling) {  // nor is there a peak between samples
    mix = std::move(sound.samples);
    return;
  }
  media::Limiter limiter(kSoundRate, 2, ceiling);
  mix = limiter.push(sound).samples;
  media::Sound rest = limiter.finish();
  mix.insert(mix.end(), rest.samples.begin(), rest.samples.end());
}

nlohmann::json music_json(const MusicPlan& music) {
  return {{"frame", 0}, {"time_s", 0.0}, {"sound", "music"}, {"class", "music"}, {"kind", name_of(SoundKind::kMusic)}, {"subject", ""}, {"x", 0.0},
          {"gain", kMusicGain}, {"visible", false}, {"loop", true}, {"mood", music.mood}, {"lead", music.lead}, {"tempo", music.tempo},
          {"beats_per_minute", music.beats_per_minute}};
}

}  // namespace

SoundStage::SoundStage(const std::string& pack_folder) : library_(SoundLibrary::open(pack_folder)), player_(library_->soundfont()) {}

std::optional<MusicPlan> SoundStage::music_of(const Scene& scene, const RenderOptions& options) const {
  if (library_->soundfont().empty() || scene.frames < 2 || options.music <= 0) return std::nullopt;
  Generator generator(scene.seed, "music");
  bool dances = std::any_of(scene.actors.begin(), scene.actors.end(), [](const Actor& actor) { return actor.track.motion->gait == Gait::kDance; });
  if (!generator.chance(dances ? std::max(options.music, kMusicToDance) : options.music)) return std::nullopt;
  return draw_music(generator, dances ? "dance" : "");
}

void SoundStage::record(const Scene& scene, const RenderOptions& options, Clip& clip) const {
  std::vector<SoundEvent> score = score_of(scene, options.surroundings);
  std::optional<MusicPlan> music = music_of(scene, options);
  clip.events = events_json(score, scene.fps);
  if (music) clip.events.push_back(music_json(*music));
  if (!options.sound) return;
  Generator words(scene.seed, "sound words");
  clip.sound_caption = {};
  clip.sound_caption.music = music ? 1 : 0;
  clip.sound_caption.sounds = sounds_in_words(score, words);
  if (music) clip.sound_caption.music_description = describe(*music, words);
  if (scene.frames > 1) mix(scene, options, score, music, clip);
}

void SoundStage::mix(const Scene& scene, const RenderOptions& options, const std::vector<SoundEvent>& score, const std::optional<MusicPlan>& music, Clip& clip) const {
  size_t frames = samples_of(scene.duration_s());
  Stereo out(2 * frames, 0.0f);
  Generator generator(scene.seed, "sound");
  double weight = 0, quality = 0;
  for (size_t i = 0; i < score.size(); ++i) {
    const SoundEvent& event = score[i];
    Generator own = generator.fork(std::to_string(i));
    std::shared_ptr<const Take> take = library_->take(*event.sound, own.next());
    if (event.loop()) add_loop(*take, event, own.uniform(), out);
    else add_shot(*take, event, event.rate * own.uniform(0.95, 1.05), out);
    weight += event.gain, quality += event.gain * quality_of(*take);
  }
  quality = weight > 0 ? quality / weight : kSoundQuality;
  if (music) {
    Stereo played = player_.play(compose(*music, scene.duration_s()), frames);
    double level = rms(played), gain = level > 0 ? kMusicGain * kTakeLevel / level : 0;
    for (size_t i = 0; i < out.size(); ++i) out[i] += static_cast<float>(gain) * played[i];
    quality = 0.7 * quality + 0.3 * kMusicQuality;
  }
  if (Generator poor = generator.fork("poor"); poor.chance(options.poor_sound)) quality = std::min(quality, spoil(poor, out));
  finish(out);
  clip.sound = std::move(out);
  clip.sound_caption.quality = std::round(2 * quality) / 2;
}

}  // namespace mg::world
