#include "moviegen/eval/sound_bench.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"

namespace mg::eval {
namespace {

constexpr int64_t kTriedPerClip = 1000; // held-out clips looked at for one that fits, before the world counts as unfit

// The next clip from `index` on that `fits`, without pictures; index moves past it.
std::optional<SoundItem> find_clip(const HeldOutClips& clips, int64_t& index, const std::function<bool(const SoundItem&)>& fits) {
  for (int64_t tried = 0; tried < kTriedPerClip; ++tried) {
    auto item = clips.render(index++, false);
    if (fits(item)) return item;
  }
  return std::nullopt;
}

SoundItem next_clip(const HeldOutClips& clips, int64_t& index, const std::function<bool(const SoundItem&)>& fits, const char* wanted) {
  if (auto item = find_clip(clips, index, fits)) return *std::move(item);
  throw DataError("eval sound: none of {} held-out clips of the world has {}", kTriedPerClip, wanted);
}

bool has_music(const SoundItem& item) { return item.caption.music >= 0.5; }
bool has_one_class(const SoundItem& item) { return !has_music(item) && sound_classes(item.events, false).size() == 1; }

// Something is seen to sound, and no more than `most` onsets are heard, seen or not.
std::function<bool(const SoundItem&)> has_visible_events(int64_t most) {
  return [most](const SoundItem& item) {
    auto heard = item.events;
    for (auto& event : heard) event.visible = true;
    bool is_sparse = most == 0 || std::ssize(visible_times(heard, item.duration_s)) <= most;
    return is_sparse && !has_music(item) && !visible_times(item.events, item.duration_s).empty();
  };
}

struct Readings {
  std::vector<ClipTruth> truths;
  std::vector<SoundReading> made, other, noise, coded, real;
};

// The soundtrack of another clip: the next one's, so that every soundtrack is used once.
std::vector<SoundReading> shifted(std::vector<SoundReading> readings) {
  if (!readings.empty()) std::rotate(readings.begin(), readings.begin() + 1, readings.end());
  return readings;
}

Readings read_clips(const HeldOutClips& clips, const SoundMaker& make, audio::SoundJudge* judge, const SoundBenchOptions& options,
                    const std::function<void(int64_t, const SoundItem&, const media::Sound&)>& on_clip, int64_t& index) {
  Readings readings;
  Generator generator(options.seed, "noise bursts");
  Progress progress("clips", options.clips);
  for (int64_t i = 0; i < options.clips; ++i) {
    if (options.cancel) options.cancel->throw_if_cancelled();
    auto item = next_clip(clips, index, has_visible_events(options.max_events), "few events, a visible one among them, and no music");
    readings.truths.push_back(truth_of(item));
    readings.real.push_back(read_soundtrack(item.sound, judge));
    if (options.codec) readings.coded.push_back(read_soundtrack(options.codec(item), judge));
    if (make) {
      item = clips.render(index - 1, true);
      auto sound = make(item);
      readings.made.push_back(read_soundtrack(sound, judge));
      if (on_clip) on_clip(i, item, sound);
    } else if (on_clip) {
      on_clip(i, item, item.sound);
    }
    auto count = std::ssize((make ? readings.made : readings.real).back().onsets_s);
    readings.noise.push_back(read_soundtrack(noise_bursts(count, item.duration_s, generator), judge));
    progress.update(i + 1);
  }
  readings.other = shifted(make ? readings.made : readings.real);
  return readings;
}

// True soundtracks of clips that no measure used, to compare distributions with.
std::vector<SoundReading> read_reference(const HeldOutClips& clips, audio::SoundJudge* judge, const SoundBenchOptions& options, int64_t& index) {
  std::vector<SoundReading> reference;
  if (!judge) return reference;
  for (int64_t i = 0; i < options.clips; ++i) {
    if (options.cancel) options.cancel->throw_if_cancelled();
    reference.push_back(read_soundtrack(next_clip(clips, index, has_visible_events(options.max_events), "few events, a visible one among them, and no music").sound, judge));
  }
  return reference;
}

struct TextReadings {
  std::vector<ClipTruth> named, music;  // what was asked for
  std::vector<SoundReading> named_made, named_real, music_made, music_real;
};

void read_request(const SoundItem& item, const SoundMaker& make, audio::SoundJudge* judge, std::vector<SoundReading>& made, std::vector<SoundReading>& real) {
  real.push_back(read_soundtrack(item.sound, judge));
  if (make) made.push_back(read_soundtrack(make(item), judge));
}

// Requests without pictures. Their captions are those of held-out clips, so that the wording is the world's own and the true
// soundtrack shows what the judge can hear at best.
TextReadings read_texts(const HeldOutClips& clips, const SoundMaker& make, audio::SoundJudge* judge, const SoundBenchOptions& options, int64_t& index) {
  TextReadings readings;
  Progress progress("prompts", options.prompts);
  for (int64_t i = 0; i < options.prompts; ++i) {
    if (options.cancel) options.cancel->throw_if_cancelled();
    auto named = next_clip(clips, index, has_one_class, "a single class of event and no music");
    readings.named.push_back(truth_of(named));
    read_request(named, make, judge, readings.named_made, readings.named_real);
    bool with_music = i % 2 == 0;
    auto music = find_clip(clips, index, [&](const SoundItem& item) { return has_music(item) == with_music; });
    if (music) {  // a world without a soundfont has none
      readings.music.push_back(truth_of(*music));
      read_request(*music, make, judge, readings.music_made, readings.music_real);
    }
    progress.update(i + 1);
  }
  return readings;
}

}  // namespace

SoundBench run_sound_bench(const HeldOutClips& clips, const SoundMaker& make, audio::SoundJudge* judge, const SoundBenchOptions& options,
                           const std::function<void(int64_t, const SoundItem&, const media::Sound&)>& on_clip) {
  SoundBench bench;
  int64_t index = 0;  // no clip is used twice
  auto readings = read_clips(clips, make, judge, options, on_clip, index);
  auto reference = read_reference(clips, judge, options, index);
  SoundScores scores(judge ? (*judge)->config.classes : std::vector<std::string>{}, readings.truths, reference, options.target_lufs, options.seed);
  if (make) bench.systems.push_back(scores.report("generated", readings.made));
  bench.systems.push_back(scores.report("of another clip", readings.other));
  bench.systems.push_back(scores.report("noise bursts", readings.noise));
  if (options.codec) bench.systems.push_back(scores.report("true, coded", readings.coded));
  bench.systems.push_back(scores.report("true", readings.real));
  if (!judge || options.prompts == 0) return bench;
  auto texts = read_texts(clips, make, judge, options, index);
  if (make) bench.texts.push_back(scores.text_report("generated", texts.named, texts.named_made, texts.music, texts.music_made));
  bench.texts.push_back(scores.text_report("true", texts.named, texts.named_real, texts.music, texts.music_real));
  return bench;
}

Json to_json(const SoundBench& bench) {
  auto by_class = [](const SystemReport& report) {
    Json classes = Json::object();
    for (const auto& [name, count] : report.by_class) classes[name] = {{"events", count.events}, {"hits", count.hits}};
    return classes;
  };
  Json systems = Json::array(), texts = Json::array();
  for (const auto& s : bench.systems)
    systems.push_back({{"name", s.name}, {"events", s.onsets.events}, {"onsets", s.onsets.onsets}, {"hits", s.onsets.hits},
                       {"event_share", to_json(s.event_share)}, {"onset_share", to_json(s.onset_share)}, {"f1", to_json(s.f1)},
                       {"top_class", to_json(s.top_class)}, {"mean_average_precision", to_json(s.mean_precision)}, {"quality", to_json(s.quality)},
                       {"loudness_share", to_json(s.loudness_share)}, {"by_class", by_class(s)}, {"frechet", std::isfinite(s.frechet) ? Json(s.frechet) : Json()}});
  for (const auto& t : bench.texts)
    texts.push_back({{"name", t.name}, {"named_class", to_json(t.named_class)}, {"music_obeyed", to_json(t.music_obeyed)}});
  return {{"systems", systems}, {"texts", texts}};
}

}  // namespace mg::eval
