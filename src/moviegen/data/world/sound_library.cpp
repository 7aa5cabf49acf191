#include "moviegen/data/world/sound_library.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <mutex>
#include <unordered_map>

#include "moviegen/core/error.h"
#include "moviegen/data/world/sound_pack.h"
#include "moviegen/data/world/sound_synthesis.h"
#include "moviegen/media/sound.h"

namespace mg::world {
namespace {

constexpr int kShotVariations = 12, kLoopVariations = 3;  // of classes made by code
constexpr double kSeam_s = 0.3;                           // over which a loop's end runs into its start
constexpr double kMostPeak = 1.0;                         // of a normalised take
constexpr int64_t kMaxTakeFrames = 20 * kSoundRate;
constexpr const char* kDebianSoundfont = "/usr/share/sounds/sf2/TimGM6mb.sf2";

double rms(const Samples& samples, size_t from, size_t count) {
  double sum = 0;
  for (size_t i = from; i < from + count; ++i) sum += static_cast<double>(samples[i]) * samples[i];
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, count)));
}

double loudest_moment(const Samples& samples) {
  size_t window = std::min(samples.size(), samples_of(0.05));
  double most = 0;
  for (size_t from = 0; from + window <= samples.size(); from += std::max<size_t>(1, window / 2)) most = std::max(most, rms(samples, from, window));
  return most;
}

void normalise(Samples& samples, bool loop) {
  double level = loop ? rms(samples, 0, samples.size()) : loudest_moment(samples), peak = 0;
  for (float x : samples) peak = std::max(peak, static_cast<double>(std::abs(x)));
  if (level <= 0) return;
  double gain = std::min(kTakeLevel / level, (loop ? 4 : 1) * kMostPeak / peak);
  for (float& x : samples) x *= static_cast<float>(gain);
}

// The last part is laid over the first with equal power, so that the end runs into the start.
void join_ends(Samples& samples) {
  size_t seam = std::min(samples_of(kSeam_s), samples.size() / 3), kept = samples.size() - seam;
  for (size_t i = 0; i < seam; ++i) {
    double u = 0.5 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(seam);
    samples[i] = static_cast<float>(samples[i] * std::sin(u) + samples[kept + i] * std::cos(u));
  }
  samples.resize(kept);
}

class PackSounds final : public SoundLibrary {
 public:
  explicit PackSounds(SoundPack pack) : pack_(std::move(pack)) {
    if (pack_.soundfont.empty() && std::filesystem::exists(kDebianSoundfont)) pack_.soundfont = kDebianSoundfont;
    for (const SoundClass& sound : sound_classes()) {
      Takes& takes = classes_[sound.name];
      for (const Recording& recording : pack_.recordings)
        if (recording.sound == sound.name) takes.recordings.push_back(&recording);
      size_t count = !takes.recordings.empty() ? takes.recordings.size() : is_looped(sound.kind) ? kLoopVariations : kShotVariations;
      takes.slots = std::vector<Slot>(count);
    }
  }

  std::shared_ptr<const Take> take(const SoundClass& sound, uint64_t choice) const override {
    Takes& takes = classes_.at(sound.name);
    size_t index = choice % takes.slots.size();
    Slot& slot = takes.slots[index];
    std::lock_guard lock(slot.mutex);
    if (!slot.take) slot.take = std::make_shared<const Take>(make(sound, takes, index));
    return slot.take;
  }

  const std::string& soundfont() const override { return pack_.soundfont; }

 private:
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const Take> take;
  };
  struct Takes {
    std::vector<const Recording*> recordings;
    std::vector<Slot> slots;
  };

  static Take make(const SoundClass& sound, const Takes& takes, size_t index) {
    Take take;
    if (takes.recordings.empty()) {
      take.samples = synthesize(sound.name, Generator(index, sound.name));
    } else {
      const Recording& recording = *takes.recordings[index];
      take.samples = media::read_sound(recording.file, {.sample_rate = kSoundRate, .channels = 1}, kMaxTakeFrames).samples;
      take.bandwidth_hz = std::min(recording.source_rate, kSoundRate) / 2.0, take.clipped = recording.clipped;
      if (take.samples.size() < samples_of(0.02)) throw DataError("{}: a recording of {} samples", recording.file, take.samples.size());
    }
    bool loop = is_looped(sound.kind);
    if (loop) join_ends(take.samples);
    normalise(take.samples, loop);
    return take;
  }

  SoundPack pack_;
  mutable std::unordered_map<std::string_view, Takes> classes_;
};

}  // namespace

std::unique_ptr<SoundLibrary> SoundLibrary::open(const std::string& pack_folder) { return std::make_unique<PackSounds>(read_sound_pack(pack_folder)); }

}  // namespace mg::world
